/** A browser that notes everything that goes wrong in a page. */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { inject } from 'vitest';

export const BASE = inject('base');
export const SEEN = path.join(import.meta.dirname, 'seen');
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf-8');
const PLACES = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

export type Scheme = 'light' | 'dark';

export async function launch(): Promise<Browser> {
  mkdirSync(SEEN, { recursive: true });
  const executablePath = PLACES.find((place) => place && existsSync(place));
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'] });
}

export interface Watched {
  page: Page;
  context: BrowserContext;
  /** Console errors, uncaught exceptions and failed requests so far. */
  problems: string[];
  /** Hosts that were asked for anything. */
  hosts: Set<string>;
  /** Every address that was asked for. */
  addresses: string[];
}

/** A fresh context; with a credential it is signed in as the sign-in page would have left it. */
export async function watched(
  browser: Browser,
  given: { scheme?: Scheme; width?: number; tenant?: string; credential?: string } = {},
): Promise<Watched> {
  const { scheme = 'light', width = 1440, tenant = 'demo', credential } = given;
  const context = await browser.newContext({
    viewport: { width, height: 900 },
    colorScheme: scheme,
    reducedMotion: 'reduce',
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  if (credential)
    await context.addInitScript(
      (session) => sessionStorage.setItem('sightline.session', session),
      signedIn(tenant, credential),
    );
  const page = await context.newPage();
  const noted: Watched = { page, context, problems: [], hosts: new Set(), addresses: [] };
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') noted.problems.push(message.text());
  });
  page.on('pageerror', (error) => noted.problems.push(error.message));
  page.on('request', (request) => {
    if (request.url().startsWith('data:')) return;
    noted.hosts.add(new URL(request.url()).host);
    noted.addresses.push(request.url());
  });
  return noted;
}

function signedIn(tenant: string, credential: string): string {
  return JSON.stringify({ active: tenant, workspaces: [{ tenant, name: 'test', kind: 'api_key', credential }] });
}

/** Open an address below /app and wait until everything that it asked for is there. */
export async function open({ page }: Watched, address: string): Promise<void> {
  await page.goto(`${BASE}/app/${address}`, { waitUntil: 'networkidle' });
  await page.locator('main h1').waitFor();
}

/** What axe finds against WCAG 2.2 AA and best practice, in words. */
export async function violations(page: Page): Promise<string[]> {
  const found = await page.evaluate(`(async () => {
    ${AXE};
    const { violations } = await axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice'] });
    return violations.map((one) => one.id + ': ' + one.nodes.map((node) => node.target + ' ' + (node.any[0]?.message ?? '')).slice(0, 3).join(' | '));
  })()`);
  return found as string[];
}

/** An answer of the API, as a tenant. */
export async function asked<T>(key: string, address: string, body?: unknown): Promise<T> {
  const response = await fetch(BASE + address, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  if (response.status === 503) {
    await new Promise((resolve) => setTimeout(resolve, 500));
    return asked(key, address, body);
  }
  if (!response.ok) throw new Error(`${address}: ${response.status} ${await response.text()}`);
  return (await response.json()) as T;
}

/** Wait until the scores and places of a workspace are made, seconds after its first start. */
export async function ranked(key: string): Promise<void> {
  for (let round = 0; round < 60; round++) {
    const { ranking } = await asked<{ ranking: { current: boolean } }>(
      key,
      '/api/v1/portfolio/health?limit=1&summary=false',
    );
    if (ranking.current) return;
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
  throw new Error('the ranking is not made in time');
}
