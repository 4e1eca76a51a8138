import path from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { asked, BASE, launch, open, SEEN, violations, watched } from './browser';

const KEY = inject('demoKey');
const USERS = { measures: [{ name: 'users', aggregate: 'unique_users' }], dimensions: ['properties.channel'] };

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser.close());

interface Row {
  dimensions: Record<string, string>;
  values: Record<string, number>;
}
interface Told {
  rows: Row[];
  rows_after: number;
}

const at = (board: unknown, rest = '') =>
  `dashboard/?board=${encodeURIComponent(typeof board === 'string' ? board : JSON.stringify(board))}${rest}`;
const figureOf = (text?: string | null) => Number((text ?? '').replaceAll(',', '').replace('−', '-'));
const series = (body: object) => asked<Told>(KEY, '/api/v2/analytics/realtime/query', body);
const yesterday = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);
const range = { start: new Date(Date.parse(yesterday) - 6 * 86_400_000).toISOString().slice(0, 10), end: yesterday };

test('a board in the address draws its cards with the figures that the API tells, for the days of the page', async () => {
  const seen = await watched(browser, { credential: KEY });
  const { page } = seen;
  const board = {
    title: 'Growth',
    cards: [
      { show: 'number', metric: 'active_users' },
      { show: 'number', title: 'Views', series: { measures: [{ name: 'views', event_type: 'page_view' }] } },
      { show: 'line', metric: 'revenue_usd', title: 'Revenue by day' },
      {
        show: 'line',
        title: 'By page',
        series: { measures: [{ name: 'events' }], dimensions: ['properties.channel'] },
      },
      { show: 'bars', title: 'Who', series: { ...USERS, limit: 3 } },
      { show: 'table', title: 'All of it', series: { ...USERS, totals: 'rollup' } },
      { show: 'events', event_type: 'signup' },
    ],
  };
  await open(seen, at(board, `&days=7&until=${yesterday}`));
  await page.getByRole('heading', { name: 'Growth', level: 1 }).waitFor();
  const headings = await page.locator('main h2').allTextContents();
  expect(headings).toEqual([
    'Active users',
    'Views',
    'Revenue by day',
    'By page',
    'Who',
    'All of it',
    'Recent events: signup',
  ]);

  const { metrics } = await asked<{ metrics: { metric_name: string; total: { value: number } }[] }>(
    KEY,
    `/api/v1/metrics/summary?start_date=${range.start}&end_date=${range.end}&metrics=active_users`,
  );
  const figure = (title: string) =>
    page
      .locator('.tile', { hasText: title })
      .locator('.figure')
      .evaluate((one) => one.firstChild?.textContent);
  expect(figureOf(await figure('Active users'))).toBe(metrics[0]?.total.value);
  const views = await series({ range, measures: [{ name: 'views', event_type: 'page_view' }] });
  expect(figureOf(await figure('Views'))).toBe(views.rows[0]?.values.views);

  const cells = (title: string) =>
    page
      .locator('.card', { has: page.getByRole('heading', { name: title, exact: true }) })
      .locator('.cell-figure')
      .evaluateAll((all) => all.map((one) => one.firstChild?.textContent ?? ''));
  const largest = await series({ range, ...USERS, order: [{ by: 'users', direction: 'desc' }], limit: 3 });
  expect((await cells('Who')).map(figureOf)).toEqual(largest.rows.map((one) => one.values.users));
  await page.getByText(`The first 3 of ${3 + largest.rows_after} rows; ${largest.rows_after} are left out.`).waitFor();
  const whole = await series({ range, ...USERS, totals: 'rollup' });
  expect((await cells('All of it')).map(figureOf)).toEqual(whole.rows.map((one) => one.values.users));

  const daily = await series({
    range,
    measures: [{ name: 'events' }],
    dimensions: ['properties.channel'],
    interval: 'day',
    limit: 10_000,
  });
  const sums = new Map<string, number>();
  for (const { dimensions, values } of daily.rows) {
    const channel = dimensions['properties.channel'] || '(none)';
    sums.set(channel, (sums.get(channel) ?? 0) + (values.events ?? 0));
  }
  const ranked = [...sums].sort((one, other) => other[1] - one[1]);
  const lines = page.locator('.card', { has: page.getByRole('heading', { name: 'By page' }) });
  expect(await lines.locator('.legend li').allTextContents()).toEqual(ranked.slice(0, 5).map(([channel]) => channel));
  await page.getByText(`The 5 largest of ${ranked.length} values`).waitFor();
  await lines.getByText('By page as a table').click();
  const column = await lines.locator('.as-table tbody tr:not(:has(.mono)) td:nth-child(2)').allTextContents();
  expect(column.map(figureOf).reduce((sum, one) => sum + one, 0)).toBe(ranked[0]?.[1]);

  const types = page
    .getByRole('region', { name: 'Recent events: signup' })
    .locator('tbody tr:not(.spacer) td:nth-child(2)');
  expect(new Set(await types.allTextContents())).toEqual(new Set(['signup']));
  await page.getByRole('button', { name: 'Query behind Who', exact: true }).click();
  await page.getByText('/api/v2/analytics/realtime/query').first().waitFor();
  expect(seen.problems).toEqual([]);
  await seen.context.close();
});

test('a board is edited: what is wrong is told and changes nothing, what is right changes the address', async () => {
  const seen = await watched(browser, { credential: KEY });
  const { page } = seen;
  await open(seen, 'dashboard/?days=7');
  await page.getByRole('heading', { name: 'Active users by day' }).waitFor();
  const edit = page.getByRole('button', { name: 'Edit board' });
  await edit.click();
  const text = page.getByLabel('Board, as JSON');
  const { cards } = JSON.parse(await text.inputValue());
  expect(cards.slice(-2)).toEqual([{ show: 'line', metric: 'active_users' }, { show: 'events' }]);
  await text.fill('{"title": "Mine", "cards": [{"show": "pie"}, {"show": "events", "kind": 1}]}');
  await page.getByRole('button', { name: 'Use it' }).click();
  await page.getByText('cards[0].show must be number, line, bars, table or events').waitFor();
  await page.getByText('cards[1].kind is unknown').waitFor();
  expect(new URL(page.url()).search).toBe('?days=7');
  for (const scheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: scheme });
    await page.screenshot({ path: path.join(SEEN, `board-editor-${scheme}.png`) });
    expect(await violations(page)).toEqual([]);
  }
  await text.fill('{"title": "Mine", "cards": [{"show": "number", "metric": "nps"}]}');
  await page.getByRole('button', { name: 'Use it' }).focus();
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Mine', level: 1 }).waitFor();
  expect(await edit.evaluate((one) => one === document.activeElement)).toBe(true);
  expect(await page.locator('main h2').allTextContents()).toEqual(['NPS']);
  const search =
    '?days=7&board=%7B%22title%22:%22Mine%22,%22cards%22:%5B%7B%22show%22:%22number%22,%22metric%22:%22nps%22%7D%5D%7D';
  expect(new URL(page.url()).search).toBe(search);
  await page.reload();
  await page.getByRole('heading', { name: 'Mine', level: 1 }).waitFor();
  await edit.click();
  await page.getByRole('button', { name: 'Back to the built-in board' }).click();
  await page.getByRole('heading', { name: 'Active users by day' }).waitFor();
  expect(new URL(page.url()).search).toBe('?days=7');
  expect(seen.problems).toEqual([]);
  await seen.context.close();
});

test('a bad board in the address tells its flaws and can be mended', async () => {
  const seen = await watched(browser, { credential: KEY });
  const { page } = seen;
  await open(seen, at('{"cards": [{"show": "bars"'));
  await page.getByText('board is not JSON').waitFor();
  await open(seen, at({ cards: [{ show: 'events' }, { show: 'bars', metric: 'nps' }] }, '&days=x&until=never'));
  await page.getByText('cards[1].series is missing').waitFor();
  await page.getByText('cards[1].metric is unknown; known are show, title and series').waitFor();
  expect(await violations(page)).toEqual([]);
  await page.getByRole('button', { name: 'Mend it' }).click();
  const text = page.getByLabel('Board, as JSON');
  await text.fill((await text.inputValue()).replace('"bars"', '"line"'));
  await page.getByRole('button', { name: 'Use it' }).click();
  await page.getByRole('heading', { name: 'NPS by day' }).waitFor();
  await open(seen, at('[]'));
  await page.getByRole('button', { name: 'Back to the built-in board' }).click();
  await page.getByRole('heading', { name: 'Active users by day' }).waitFor();
  expect(seen.problems).toEqual([]);
  await seen.context.close();
});

test('a card that the API refuses, or that cannot be drawn, says why, and the others are drawn', async () => {
  const seen = await watched(browser, { credential: KEY });
  const { page } = seen;
  const board = {
    cards: [
      { show: 'number', metric: 'no_such' },
      { show: 'number', metric: 'nps' },
      { show: 'bars', series: { ...USERS, measures: [{ name: 'paid', aggregate: 'sum' }] } },
      { show: 'line', title: 'By the hour', series: { ...USERS, interval: 'hour' } },
      { show: 'table', title: 'Nothing', series: { ...USERS, measures: [{ name: 'none', event_type: 'never' }] } },
    ],
  };
  await page.goto(`${BASE}/app/${at(board, '&days=90')}`);
  await page.getByText("unknown metrics: 'no_such'").first().waitFor();
  await page.getByText('#/measures/0/property sum needs a property').waitFor();
  await page.getByText(/figures are too many for lines; at most 10,000 can be read/).waitFor();
  await page.getByText('No event of this range fits.').waitFor();
  await page.getByRole('button', { name: /the query behind NPS/ }).waitFor();
  for (const scheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: scheme });
    await page.screenshot({ path: path.join(SEEN, `board-refused-${scheme}.png`), fullPage: true });
    expect(await violations(page)).toEqual([]);
  }
  await page.setViewportSize({ width: 390, height: 844 });
  expect(await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)).toBeLessThanOrEqual(0);
  await seen.context.close();
});
