import { execFileSync } from 'node:child_process';
import path from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { asked, BASE, launch, open, ranked, SEEN, violations, watched } from './browser';

const KEY = inject('demoKey');

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
  await ranked(inject('demoKey'));
});
afterAll(() => browser.close());

interface Listed {
  items: { id: number; name: string; score: number }[];
  summary: { roll_up: { score: number; properties: number }; under_performers: number; outliers: number };
}

test('a wrong key is told so, a right one opens exactly the view of the address', async () => {
  const { page, context, addresses } = await watched(browser);
  await page.goto(`${BASE}/app/portfolio/?city=Chicago`);
  const key = page.getByLabel('API key or access token');
  await key.fill('not-a-key');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByText('This key or token is not valid.').waitFor();
  await key.fill(KEY);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByText('134 of 1,200 properties').waitFor();
  expect(new URL(page.url()).search).toBe('?city=Chicago');
  expect(addresses.filter((one) => one.includes(KEY))).toEqual([]);
  expect(await page.evaluate(() => JSON.stringify(localStorage))).not.toContain(KEY);
  await page.getByLabel('Workspace').selectOption('-');
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  expect(await page.evaluate(() => JSON.stringify(sessionStorage))).not.toContain(KEY);
  await context.close();
});

test('the figures of a city are those that the API tells', async () => {
  const { page, context } = await watched(browser, { credential: KEY });
  await page.goto(`${BASE}/app/portfolio/?city=Chicago`);
  const told = await asked<Listed>(KEY, '/api/v1/portfolio/health?city=Chicago&sort=score&limit=5');
  const { roll_up, under_performers, outliers } = told.summary;
  await page.getByText(`${roll_up.properties} of 1,200 properties`).waitFor();
  const tile = (title: string) =>
    page
      .locator('.tile', { hasText: title })
      .locator('.figure')
      .evaluate((one) => one.firstChild?.textContent);
  expect(await tile('Score by area')).toBe(roll_up.score.toFixed(1));
  expect(await tile('Under-performers')).toBe(String(under_performers));
  expect(await tile('Outliers')).toBe(String(outliers));
  const names = await page.locator('tbody th[scope=row] a').allTextContents();
  expect(names.slice(0, 5)).toEqual(told.items.map((one) => one.name));
  await context.close();
});

test('from the worst of a city over its reasons to a comparison and other weights', async () => {
  const seen = await watched(browser, { credential: KEY });
  const { page } = seen;
  await open(seen, 'portfolio/');
  await page.getByLabel('City', { exact: true }).selectOption('Chicago');
  await page.getByText('134 of 1,200 properties').waitFor();
  const worst = page.locator('tbody th[scope=row] a').first();
  expect(await worst.textContent()).toBe('Sample Center 854');
  await page.locator('tbody input[type=checkbox]').nth(0).check();
  await page.locator('tbody input[type=checkbox]').nth(1).check();
  expect(new URL(page.url()).search).toBe('?city=Chicago&pick=854,885');
  await worst.click();
  await page.getByText('50 at market −29.21 = 20.79').waitFor();
  await page.getByText('Renewal rate, year to date costs 8.3 points: 64.1 against 75.2 percent.').first().waitFor();
  await page.goBack();
  await page.getByText('134 of 1,200 properties').waitFor();
  await page.getByRole('link', { name: 'Compare 2' }).click();
  await page.getByText('no: Sample Tower 885 may be higher').waitFor();
  await page.goBack();
  await page.getByRole('link', { name: 'Change weights' }).click();
  await page.getByRole('heading', { name: 'Who moves furthest' }).waitFor();
  await page.getByLabel('Occupancy').fill('0');
  await page.locator('.tile', { hasText: 'Score by area' }).getByText('was 49.9').waitFor();
  await page.waitForURL(/occupancy_rate=0/);
  const shared = page.url();
  const other = await watched(browser, { credential: KEY });
  await other.page.goto(shared);
  const tile = (page: typeof other.page) =>
    page.locator('.tile', { hasText: 'Score by area' }).locator('.figure').textContent();
  await other.page.getByRole('heading', { name: 'Who moves furthest' }).waitFor();
  await page.waitForLoadState('networkidle');
  await other.page.waitForLoadState('networkidle');
  expect(await tile(other.page)).toBe(await tile(page));
  expect([...seen.problems, ...other.problems]).toEqual([]);
  await seen.context.close();
  await other.context.close();
});

test('the query behind a figure, copied as curl, answers that figure', async () => {
  const seen = await watched(browser, { credential: KEY });
  const { page } = seen;
  await open(seen, 'portfolio/?city=Boston');
  await page.locator('.tile', { hasText: 'Score by area' }).locator('.figure').click();
  await page.getByRole('button', { name: 'Copy curl' }).click();
  await page.getByRole('button', { name: 'Copied curl' }).waitFor();
  const command = await page.evaluate(() => navigator.clipboard.readText());
  expect(command).not.toContain(KEY);
  const told = JSON.parse(execFileSync('bash', ['-c', command], { env: { ...process.env, KEY }, encoding: 'utf-8' }));
  await page.keyboard.press('Escape');
  const shown = await page
    .locator('.tile', { hasText: 'Score by area' })
    .locator('.figure')
    .evaluate((one) => one.firstChild?.textContent);
  expect(shown).toBe(told.summary.roll_up.score.toFixed(1));
  await seen.context.close();
});

test('events load on while one scrolls, and a type filters them', async () => {
  const seen = await watched(browser, { credential: KEY });
  const { page } = seen;
  await open(seen, 'dashboard/');
  const box = page.getByRole('region', { name: 'Recent events' });
  await page.getByText('100 events so far').waitFor();
  await box.evaluate((one) => one.scrollTo(0, 1e6));
  await page.getByText(/[2-9]00 events so far/).waitFor();
  await page.getByLabel('Type').fill('signup');
  await page.waitForLoadState('networkidle');
  await box.locator('tbody td:nth-child(2)', { hasText: 'signup' }).first().waitFor();
  const types = await box.locator('tbody tr:not(.spacer) td:nth-child(2)').allTextContents();
  expect(new Set(types)).toEqual(new Set(['signup']));
  expect(new URL(page.url()).search).toBe('?event_type=signup');
  await box.locator('tbody button').first().click();
  await page.getByText('It is in lists and figures.').waitFor();
  expect(seen.problems).toEqual([]);
  await seen.context.close();
});

test('the energy page chooses the only brand by itself', async () => {
  const seen = await watched(browser, { credential: KEY });
  const { page } = seen;
  await open(seen, 'energy/');
  await page.getByRole('heading', { name: 'Energy: DemoBrand' }).waitFor();
  const { items } = await asked<{ items: { id: string }[] }>(KEY, '/api/v1/brands');
  expect(items).toHaveLength(1);
  expect(new URL(page.url()).search).toBe(`?level=brand&id=${items[0]?.id}`);
  expect(await page.getByRole('button', { name: 'All brands' }).count()).toBe(0);
  expect(seen.problems).toEqual([]);
  await seen.context.close();
});

test('of several brands of a workspace one is chosen, and no other workspace is seen', async () => {
  const key = inject('secondKey');
  const seen = await watched(browser, { tenant: 'second', credential: key });
  const { page } = seen;
  await open(seen, 'energy/');
  const rows = page.getByRole('region', { name: 'Brands' }).locator('tbody tr');
  await rows.first().waitFor();
  expect(await rows.evaluateAll((all) => all.map((row) => [...row.children].map((cell) => cell.textContent)))).toEqual([
    ['Northwind', '0', '0', '0'],
    ['Southwind', '1', '1', '2'],
  ]);
  for (const scheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: scheme });
    await page.screenshot({ path: path.join(SEEN, `energy-brands-${scheme}.png`) });
    expect(await violations(page)).toEqual([]);
  }
  await page.getByRole('button', { name: 'Southwind' }).focus();
  await page.keyboard.press('Enter');
  await page.getByText('No circuit reported in this window.').waitFor();
  expect(new URL(page.url()).search).toBe('?level=brand&id=00000000-0000-4000-8000-000000000002');
  await page.getByRole('button', { name: 'All brands' }).click();
  await page.getByRole('heading', { name: 'Which brand?' }).waitFor();
  expect(seen.problems).toEqual([]);
  await seen.context.close();
});

test('a workspace without brands says how to bring them in, and a list that fails can be asked for again', async () => {
  const seen = await watched(browser, { credential: KEY });
  const { page } = seen;
  await page.route('**/api/v1/brands?*', (route) => route.abort());
  await page.goto(`${BASE}/app/energy/`);
  await page.getByText('Could not load the brands').waitFor();
  await page.unroute('**/api/v1/brands?*');
  await page.route('**/api/v1/brands?*', (route) => route.fulfill({ json: { items: [], next_cursor: null } }));
  await page.getByRole('button', { name: 'Try again' }).click();
  await page.getByText('This workspace has no brands yet.').waitFor();
  await seen.context.close();
});

test('two workspaces stay apart, and one switches between them', async () => {
  const seen = await watched(browser, { credential: KEY });
  const { page } = seen;
  await open(seen, 'portfolio/');
  await page.getByText('1,200 of 1,200 properties').waitFor();
  await page.getByLabel('Workspace').selectOption('+');
  await page.getByLabel('API key or access token').fill(inject('secondKey'));
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByText('This workspace has no properties yet.').waitFor();
  expect(await page.getByText('Sample Center').count()).toBe(0);
  await page.getByLabel('Workspace').selectOption('demo');
  await page.getByText('1,200 of 1,200 properties').waitFor();
  expect(await page.getByText('no properties yet').count()).toBe(0);
  await seen.context.close();
});

test('a credential that ends asks for another and keeps the view; a silent API is told and asked again', async () => {
  const seen = await watched(browser, { credential: 'gone-since' });
  const { page } = seen;
  await page.goto(`${BASE}/app/property/?id=1`);
  await page.getByText('The credential of workspace demo is no longer valid.').waitFor();
  await page.getByLabel('API key or access token').fill(KEY);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { name: 'Willis Tower' }).waitFor();
  await page.route('**/api/v1/jobs', (route) => route.abort());
  await page.getByRole('link', { name: 'Data quality' }).click();
  await page.getByText('The API cannot be reached from here.').waitFor();
  await page.unroute('**/api/v1/jobs');
  await page.getByRole('button', { name: 'Try again' }).click();
  await page.getByText('score portfolio').first().waitFor();
  await seen.context.close();
});
