import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { afterAll, expect, test } from 'vitest';
import type { Ask } from '../src/api/ask';
import { asCurl, asTypeScript } from '../src/query/as-code';
import { healthAsk, pairAsk, retainedAsk } from '../src/query/narrower';

const ASKS: Ask[] = [
  { path: '/api/v1/portfolio/health', query: { city: 'Chicago', limit: 100, grade: '' } },
  { method: 'POST', path: '/api/v1/portfolio/compare', body: { property_ids: [1, 2] } },
  { path: '/api/v1/events', query: { event_type: 'signup', limit: 100 } },
  { path: '/api/v1/events', query: { filters: '{"property":"plan","op":"eq","value":"pro"}' } },
  {
    path: '/api/v1/metrics/summary',
    query: { start_date: '2026-01-01', end_date: '2026-01-31', metrics: 'events,active_users' },
  },
  healthAsk(854),
  pairAsk(854, 885),
  retainedAsk({ target: { event_type: null } }, '2026-11-23T00:00:00Z', 1),
];

const folder = mkdtempSync(path.join(import.meta.dirname, '.compiled-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('what is copied as TypeScript compiles against the SDK', () => {
  const files = ASKS.map((ask, index) => {
    const file = path.join(folder, `${index}.ts`);
    writeFileSync(file, `${asTypeScript(ask, 'http://127.0.0.1:8000')}\nexport {};\n`);
    return file;
  });
  const program = ts.createProgram(files, {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    lib: ['lib.es2023.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts', 'lib.dom.asynciterable.d.ts'],
    types: ['node'],
    paths: { '@sightline/sdk': [path.join(import.meta.dirname, '../../packages/sdk/src/index.ts')] },
    strict: true,
    noEmit: true,
    skipLibCheck: true,
  });
  const told = ts.getPreEmitDiagnostics(program).map((one) => ts.flattenDiagnosticMessageText(one.messageText, '\n'));
  expect(told).toEqual([]);
});

test('every question is one of the SDK, without what has no value', () => {
  const [first, second] = ASKS as [Ask, Ask];
  expect(asTypeScript(first, 'http://h')).toContain(`const answer = await client.request({
  path: "/api/v1/portfolio/health",
  query: {
    city: "Chicago",
    limit: 100
  }
});`);
  expect(asTypeScript(second, 'http://h')).toContain('method: "POST"');
  expect(ASKS.map((ask) => asTypeScript(ask, 'http://h')).filter((code) => code.includes('fetch('))).toEqual([]);
});

test('curl and code name the variable of the key, quote what the shell would read, and leave out what is empty', () => {
  const [first, second] = ASKS as [Ask, Ask];
  expect(asCurl(first, 'http://h')).toBe(
    `curl -s -H "Authorization: Bearer $KEY" \\\n  'http://h/api/v1/portfolio/health?city=Chicago&limit=100'`,
  );
  expect(asCurl({ ...second, body: { name: "it's" } }, 'http://h')).toContain(`-d '{"name":"it'\\''s"}'`);
});
