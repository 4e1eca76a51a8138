// The real API as a process of its own, on a free port of loopback with a data folder of its own.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const SIGHTLINE = fileURLToPath(new URL('../../.venv/bin/sightline', import.meta.url));
const PATIENCE_MS = 60_000;

async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  await once(probe, 'close');
  return port;
}

function environment(folder, port, settings) {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('SIGHTLINE_'));
  return {
    ...Object.fromEntries(kept),
    SIGHTLINE_DATA_DIR: folder,
    SIGHTLINE_PORT: String(port),
    COLUMNS: '200',
    ...settings,
  };
}

async function untilReady(baseUrl, child) {
  const giveUp = Date.now() + PATIENCE_MS;
  while (Date.now() < giveUp) {
    if (child.exitCode !== null) throw new Error(`the API ended with ${child.exitCode}`);
    const answer = await fetch(`${baseUrl}/health/ready`).catch(() => undefined);
    if (answer?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('the API is not ready');
}

/**
 * Start the API with one empty tenant, and stop it with `stop()`.
 *
 * @param {Record<string, string>} [settings] More variables of the process.
 */
export async function startApi(settings = {}) {
  const folder = await mkdtemp(path.join(tmpdir(), 'sightline-web-'));
  const port = await freePort();
  const env = environment(folder, port, settings);
  const command = async (...words) => (await promisify(execFile)(SIGHTLINE, words, { env })).stdout;
  await command('tenants', 'create', 'acme');
  const admin = (await command('keys', 'create', '--tenant', 'acme', '--role', 'admin')).trim();
  let child;
  const api = {
    baseUrl: `http://127.0.0.1:${port}`,
    /** A new key of the tenant. */
    async key(role) {
      const answer = await fetch(`${api.baseUrl}/api/v1/keys`, {
        method: 'POST',
        headers: { authorization: `Bearer ${admin}`, 'content-type': 'application/json' },
        body: JSON.stringify({ name: role, role }),
      });
      return (await answer.json()).key;
    },
    async start() {
      child = spawn(SIGHTLINE, ['serve'], { env, stdio: 'ignore' });
      process.once('exit', () => child.kill('SIGKILL'));
      await untilReady(api.baseUrl, child);
    },
    async end() {
      if (!child || child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
    async stop() {
      await api.end();
      await rm(folder, { recursive: true, force: true });
    },
  };
  await api.start();
  return api;
}
