import { execFileSync } from 'node:child_process';
import path from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { asked, BASE, launch, open, ranked, SEEN, violations, type Watched, watched } from './browser';

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

/** The answer behind a figure of a table, by the curl that its dialog copies. */
async function behind<T>({ page }: Watched, name: RegExp): Promise<T> {
  const figure = page.getByRole('button', { name }).first();
  await figure.focus();
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Copy curl' }).click();
  await page.getByRole('button', { name: 'Copied curl' }).waitFor();
  const command = await page.evaluate(() => navigator.clipboard.readText());
  await page.keyboard.press('Escape');
  expect(await figure.evaluate((one) => one === document.activeElement)).toBe(true);
  return JSON.parse(execFileSync('bash', ['-c', command], { env: { ...process.env, KEY }, encoding: 'utf-8' })) as T;
}

const shown = async ({ page }: Watched, name: RegExp) =>
  page
    .getByRole('button', { name })
    .first()
    .evaluate((one) => one.firstChild?.textContent ?? '');
const figureOf = (text: string) => Number(text.replaceAll(',', '').replace('−', '-'));

test('a cell of the retention table leads to the users whom it counts, by keyboard alone', async () => {
  const seen = await watched(browser, { credential: KEY });
  const { page } = seen;
  await open(seen, 'retention/');
  const figures = page.locator('table.heat button.cell-figure');
  await figures.first().waitFor();
  expect(await figures.evaluateAll((all) => all.filter((one) => one.getAttribute('tabindex') === '0').length)).toBe(1);
  await page.getByRole('button', { name: 'Query behind retention' }).focus();
  await page.keyboard.press('Tab');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowDown');
  const focused = page.locator('button.cell-figure:focus');
  expect(await focused.textContent()).toMatch(/^\d+ %, show the query behind the users of .+ in week 1$/);
  expect(await focused.getAttribute('tabindex')).toBe('0');
  const [counted, size] = ((await focused.getAttribute('title')) ?? '').match(/[\d,]+/g)?.map(figureOf) ?? [];
  const name = new RegExp((await focused.textContent())?.split(', ')[1] ?? '');
  const { total, items } = await behind<{ total: number; items: unknown[] }>(seen, name);
  expect([total, items.length]).toEqual([counted, Math.min(counted ?? 0, 100)]);
  expect(size).toBe(
    figureOf(await focused.evaluate((one) => one.closest('tr')?.cells[1]?.textContent?.split(',')[0] ?? '')),
  );
  await page.keyboard.press('Shift+Tab');
  expect(
    await page
      .getByRole('button', { name: 'Query behind retention' })
      .evaluate((one) => one === document.activeElement),
  ).toBe(true);
  expect(seen.problems).toEqual([]);
  await seen.context.close();
});

test('steps of a funnel lead to those who reached them and to those who did not', async () => {
  const seen = await watched(browser, { credential: KEY });
  await open(seen, 'funnels/');
  const reached = /show the query behind who reached step 3/;
  const lost = /show the query behind who dropped out before step 3/;
  await seen.page.getByRole('button', { name: reached }).waitFor();
  for (const name of [reached, lost]) {
    const count = figureOf(await shown(seen, name));
    const { items, next_cursor } = await behind<{ items: unknown[]; next_cursor: string | null }>(seen, name);
    expect(items.length).toBe(Math.min(count, 100));
    expect(next_cursor === null).toBe(count <= 100);
  }
  await seen.context.close();
});

test('figures of a property, its metrics, a pair and a model lead to what they were taken from', async () => {
  const seen = await watched(browser, { credential: KEY });
  await open(seen, 'portfolio/?city=Chicago');
  const score = /show the query behind the score of Sample Center 854/;
  await seen.page.getByRole('button', { name: score }).waitFor();
  const { health } = await behind<{ health: { score: number; grade: string } }>(seen, score);
  expect(await shown(seen, score)).toBe(health.score.toFixed(1));

  await open(seen, 'property/?id=854');
  const value = /show the query behind Occupancy rate of the market/;
  await seen.page.getByRole('button', { name: value }).waitFor();
  const { metrics } = await behind<{ metrics: { metric: string; market_value: number }[] }>(seen, value);
  expect(metrics.map((one) => one.metric)).toEqual(['occupancy_rate']);
  expect(figureOf(await shown(seen, value))).toBeCloseTo(metrics[0]?.market_value ?? 0, 2);

  await open(seen, 'compare/?ids=854,885,1');
  const pair = /show the query behind the difference of Sample Center 854 and Sample Tower 885/;
  await seen.page.getByRole('button', { name: pair }).waitFor();
  const { pairs } = await behind<{ pairs: { difference: number }[] }>(seen, pair);
  expect(pairs).toHaveLength(1);
  expect(figureOf(await shown(seen, pair))).toBeCloseTo(pairs[0]?.difference ?? 0, 1);

  await open(seen, 'what-if/?city=Chicago&occupancy_rate=80');
  const moved = /show the query behind the scores of Sample /;
  await seen.page.getByRole('button', { name: moved }).first().waitFor();
  const mover = await shown(seen, /show the query behind the change of Sample /);
  const own = await behind<{ properties: number; movers: { change: number }[] }>(seen, moved);
  expect(own.properties).toBeLessThan(134);
  expect(own.movers.map((one) => one.change.toFixed(1))).toContain(figureOf(mover).toFixed(1));

  await open(seen, 'attribution/');
  const credit = /show the query behind .+ by linear/;
  await seen.page.getByRole('button', { name: credit }).first().waitFor();
  const [label] =
    (await seen.page.getByRole('button', { name: credit }).first().textContent())?.match(/behind .+ by/) ?? [];
  const { models } = await behind<{ models: { model: string; credits: { value: string; credit: number }[] }[] }>(
    seen,
    credit,
  );
  expect(models.map((one) => one.model)).toEqual(['linear']);
  const told = models[0]?.credits.find((one) => label === `behind ${one.value} by`)?.credit ?? Number.NaN;
  expect(figureOf(await shown(seen, credit))).toBeCloseTo(told, 1);
  expect(seen.problems).toEqual([]);
  await seen.context.close();
});

test('figures of a long table stay one stop of the tab key while one scrolls', async () => {
  const seen = await watched(browser, { credential: KEY });
  const { page } = seen;
  await open(seen, 'portfolio/');
  const box = page.getByRole('region', { name: 'Properties by health score' });
  const stops = box.locator('button.cell-figure[tabindex="0"]');
  await stops.first().waitFor();
  await box.evaluate((one) => one.scrollTo(0, 20_000));
  await expect.poll(() => stops.count()).toBe(1);
  await stops.focus();
  const row = () => page.locator('button.cell-figure:focus').evaluate((one) => Number(one.closest('tr')?.ariaRowIndex));
  const from = await row();
  for (let step = 0; step < 40; step++) {
    await page.keyboard.press('ArrowDown');
    await expect.poll(row).toBe(from + step + 1);
  }
  expect(await stops.count()).toBe(1);
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
  expect(
    await rows.evaluateAll((all) => all.map((row) => [...row.children].map((cell) => cell.textContent?.split(',')[0]))),
  ).toEqual([
    ['Northwind', '0', '0', '0'],
    ['Southwind', '1', '1', '2'],
  ]);
  for (const scheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: scheme });
    await page.screenshot({ path: path.join(SEEN, `energy-brands-${scheme}.png`) });
    expect(await violations(page)).toEqual([]);
  }
  await page.getByRole('button', { name: 'Southwind', exact: true }).focus();
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

test('a long list of brands comes page by page, and a place of another list leads back to its beginning', async () => {
  const seen = await watched(browser, { credential: KEY });
  const { page } = seen;
  const brand = (name: string) => ({
    id: name,
    name,
    organization_count: 1,
    location_count: 2,
    sensor_count: 3,
    circuit_count: 4,
  });
  await page.route('**/api/v1/brands?*', (route) => {
    const cursor = new URL(route.request().url()).searchParams.get('cursor');
    if (cursor === 'foreign') return route.continue();
    const json = cursor
      ? { items: [brand('Zephyr')], next_cursor: null }
      : { items: [brand('Aeolus'), brand('Boreas')], next_cursor: 'more' };
    return route.fulfill({ json });
  });
  await open(seen, 'energy/');
  await page.getByRole('button', { name: 'Further brands' }).click();
  await page.getByRole('button', { name: 'Zephyr', exact: true }).waitFor();
  expect(new URL(page.url()).search).toBe('?brands=more');
  await page.getByRole('button', { name: 'First brands' }).click();
  await page.getByRole('button', { name: 'Boreas', exact: true }).waitFor();
  expect(new URL(page.url()).search).toBe('');
  await page.goto(`${BASE}/app/energy/?brands=foreign`);
  await page.getByText('not a cursor of this list').first().waitFor();
  await page.getByRole('button', { name: 'First brands' }).click();
  await page.getByRole('button', { name: 'Boreas', exact: true }).waitFor();
  await seen.context.close();
});

test('a circuit leads up to its location, and what a workspace does not have leads to its brands', async () => {
  const seen = await watched(browser, { credential: KEY });
  const { page } = seen;
  const location = 'ea125f67-6b94-4992-8eb9-d832ae026106';
  const { children } = await asked<{ children: { scope: { id: string } }[] }>(
    KEY,
    `/api/v1/locations/${location}/power?start=2024-04-01T00:00:00Z&end=2024-04-08T00:00:00Z`,
  );
  await open(seen, `energy/?level=circuit&id=${children[0]?.scope.id}`);
  const crumbs = page.locator('.crumb button');
  expect(await crumbs.allTextContents()).toEqual(['DemoBrand', 'East Franchise', 'East-NYC']);
  await crumbs.last().click();
  await page.getByRole('heading', { name: 'Energy: East-NYC' }).waitFor();
  await page.goto(`${BASE}/app/energy/?level=brand&id=00000000-0000-4000-8000-000000000002`);
  await page.getByText('Could not load the power').waitFor();
  await page.getByRole('button', { name: 'All brands' }).click();
  await page.getByRole('heading', { name: 'Energy: DemoBrand' }).waitFor();
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
