import { existsSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { AnalyticsClient } from '@sightline/sdk';
import { build } from 'esbuild';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startApi } from './api.mjs';

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const present = existsSync(CHROMIUM);
if (!present) console.warn(`no browser at ${CHROMIUM}: what the SDK does when a page is left was NOT tried`);

let api: Awaited<ReturnType<typeof startApi>>;
let browser: Browser;
let pages: Server;
let origin: string;
let key: string;

beforeAll(async () => {
  if (!present) return;
  const entry = {
    contents: "export * from '@sightline/sdk'",
    resolveDir: fileURLToPath(new URL('.', import.meta.url)),
  };
  const built = await build({ stdin: entry, bundle: true, write: false, format: 'iife', globalName: 'Sightline' });
  const script = built.outputFiles[0]?.text ?? '';
  pages = createServer((_, answer) => {
    answer.setHeader('content-type', 'text/html');
    answer.end(`<!doctype html><title>Page</title><script>${script}</script>`);
  });
  await new Promise<void>((resolve) => pages.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(pages.address() as AddressInfo).port}`;
  api = await startApi({ SIGHTLINE_CORS_ORIGINS: origin });
  key = await api.key('operator');
  browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-gpu'] });
});
afterAll(async () => {
  await browser?.close();
  pages?.close();
  await api?.stop();
});

/** A page of another origin than the API's, on which events were tracked and none was sent yet. */
async function tracked(context: BrowserContext, type: string, count: number, size: number): Promise<Page> {
  const page = await context.newPage();
  await page.goto(origin);
  await page.evaluate(
    async ({ baseUrl, apiKey, type, count, size }) => {
      const { AnalyticsClient: Client } = (
        globalThis as unknown as { Sightline: { AnalyticsClient: typeof AnalyticsClient } }
      ).Sightline;
      const client = new Client({ apiKey, baseUrl, flushAt: 1_000, flushIntervalMs: 600_000 });
      for (let n = 0; n < count; n++)
        await client.trackEvent({ user_id: 'u', event_type: type, properties: { n, pad: 'x'.repeat(size) } });
    },
    { baseUrl: api.baseUrl, apiKey: key, type, count, size },
  );
  return page;
}

async function arrived(event_type: string): Promise<number[]> {
  const found: number[] = [];
  const client = new AnalyticsClient({ apiKey: key, baseUrl: api.baseUrl });
  for await (const { properties } of client.getEvents({ event_type })) found.push(Number(properties.n));
  return found.sort((one, other) => one - other);
}

const numbers = (count: number) => Array.from({ length: count }, (_, n) => n);
const within = { timeout: 20_000, interval: 200 };

test.skipIf(!present).each(['closed', 'left'])(
  'a page that is %s has sent what it had, across origins',
  async (how) => {
    const context = await browser.newContext();
    const page = await tracked(context, how, 5, 8_000);
    if (how === 'closed') await page.close({ runBeforeUnload: true });
    else await page.goto('about:blank');
    await expect.poll(() => arrived(how), within).toEqual(numbers(5));
    await context.close();
  },
);

test.skipIf(!present)('what is too much for a page that is left is sent by the next, and counts once', async () => {
  const context = await browser.newContext();
  const page = await tracked(context, 'much', 30, 7_000);
  await page.goto('about:blank');
  await expect.poll(async () => (await arrived('much')).length, within).toBeGreaterThan(0);
  expect((await arrived('much')).length).toBeLessThan(30);
  const next = await tracked(context, 'next', 1, 1);
  await expect.poll(() => arrived('much'), within).toEqual(numbers(30));
  const left = await next.evaluate(() => Object.values(localStorage).join(''));
  expect(left).not.toContain('much');
  await context.close();
});
