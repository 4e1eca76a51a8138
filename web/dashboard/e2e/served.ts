/**
 * The real process with the demo workspace, and a second one in the same store that has two brands and nothing else.
 *
 * SIGHTLINE_TEST_SERVED=address,key,key names one that runs already and is left running.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  export interface ProvidedContext {
    base: string;
    demoKey: string;
    secondKey: string;
  }
}

const ROOT = path.join(import.meta.dirname, '../../..');
const COMMAND = path.join(ROOT, '.venv/bin/sightline');
const DEMO_KEY = 'a-key-of-the-browser-tests';
const id = (number: number) => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
const SITES = {
  brands: [
    { id: id(1), name: 'Northwind' },
    { id: id(2), name: 'Southwind' },
  ],
  organizations: [{ id: id(3), brand_id: id(2), name: 'Southwind Harbour' }],
  locations: [{ id: id(4), organization_id: id(3), name: 'Pier 9' }],
  electric_sensors: [{ id: id(5), duid: 'PIER9', name: 'Panel', location_id: id(4) }],
  circuits: [1, 2].map((number) => ({
    id: id(5 + number),
    sensor_id: id(5),
    name: `Circuit ${number}`,
    circuit_number: number,
  })),
};
const PATIENCE_MILLISECONDS = 100_000;

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const running = process.env.SIGHTLINE_TEST_SERVED?.split(',');
  if (running) {
    const [base = '', demoKey = '', secondKey = ''] = running;
    provideAll(project, base, demoKey, secondKey);
    return async () => {};
  }
  const folder = mkdtempSync(path.join(tmpdir(), 'sightline-e2e-'));
  const port = await freePort();
  const environment = {
    ...withoutSettings(),
    SIGHTLINE_DATA_DIR: path.join(folder, 'data'),
    SIGHTLINE_PORT: String(port),
    SIGHTLINE_DEMO_KEY: DEMO_KEY,
    SIGHTLINE_LOG_LEVEL: 'warning',
  };
  const secondKey = second(environment, folder);
  const server = spawn(COMMAND, ['demo'], { cwd: ROOT, env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
  await announced(server);
  provideAll(project, `http://127.0.0.1:${port}`, DEMO_KEY, secondKey);
  return async () => {
    const ended = new Promise((resolve) => server.once('exit', resolve));
    server.kill('SIGTERM');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
}

function provideAll(project: TestProject, base: string, demoKey: string, secondKey: string): void {
  project.provide('base', base);
  project.provide('demoKey', demoKey);
  project.provide('secondKey', secondKey);
}

function withoutSettings(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('SIGHTLINE_') && name !== 'PYTHONDONTWRITEBYTECODE',
  );
  return Object.fromEntries(kept) as NodeJS.ProcessEnv;
}

/** A workspace with brands alone; the key that opens it. */
function second(env: NodeJS.ProcessEnv, folder: string): string {
  const command = (...given: string[]) =>
    execFileSync(COMMAND, given, { cwd: ROOT, env, encoding: 'utf-8', stdio: ['ignore', 'pipe', 'inherit'] });
  command('tenants', 'create', 'second', '--name', 'Second');
  const sites = path.join(folder, 'sites.json');
  writeFileSync(sites, JSON.stringify(SITES));
  command('import', 'sites', sites, '--tenant', 'second');
  return command('keys', 'create', '--tenant', 'second', '--name', 'browser', '--role', 'operator').trim();
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

function announced(server: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = '';
    const timer = setTimeout(() => reject(new Error(`not ready in time: ${said}`)), PATIENCE_MILLISECONDS);
    const hear = (chunk: Buffer) => {
      said += chunk;
      if (!said.includes('Sightline is ready')) return;
      clearTimeout(timer);
      resolve();
    };
    server.stdout?.on('data', hear);
    server.stderr?.on('data', hear);
    server.once('exit', (code) => reject(new Error(`it ended with ${code}: ${said}`)));
  });
}
