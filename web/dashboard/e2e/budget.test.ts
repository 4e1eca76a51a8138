import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';

const OUT = path.join(import.meta.dirname, '../out');
/** What a browser fetches before a page works: its scripts and styles under gzip. [bytes] */
const FIRST_LOAD = 180_000;
/** The whole export, nothing packed. [bytes] */
const EXPORT = 2_500_000;

const files = readdirSync(OUT, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
const pages = files.filter((one) => one.name === 'index.html').map((one) => path.join(one.parentPath, one.name));

test.each(pages.map((page) => [path.relative(OUT, page), page]))('%s loads little', (_, page) => {
  const html = readFileSync(page, 'utf-8');
  const named = [...html.matchAll(/(?:src|href)="\/app\/(_next\/[^"]+\.(?:js|css))"/g)].map(
    ([, name]) => name as string,
  );
  const scripts = [...new Set(named)].filter((name) => !html.includes(`${name}" noModule`));
  const bytes = scripts.reduce((sum, name) => sum + gzipSync(readFileSync(path.join(OUT, name))).length, 0);
  expect(scripts.length).toBeGreaterThan(2);
  expect(bytes).toBeLessThan(FIRST_LOAD);
});

test('the export stays small', () => {
  const bytes = files.reduce((sum, one) => sum + readFileSync(path.join(one.parentPath, one.name)).length, 0);
  expect(bytes).toBeLessThan(EXPORT);
});

test('no page asks a foreign host for anything', () => {
  for (const page of pages) {
    const html = readFileSync(page, 'utf-8');
    expect([...html.matchAll(/(?:src|href)="(https?:)?\/\//g)]).toEqual([]);
  }
});
