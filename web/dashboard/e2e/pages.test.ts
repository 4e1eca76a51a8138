import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { asked, BASE, launch, open, ranked, SEEN, violations, watched } from './browser';

const ORGANIZATION = '955c3c4d-3a03-4d79-9655-3871f5ad999d';
const LOCATION = '3b1ae0b8-1886-476c-9147-18b9d0a4d846';

const USERS = { measures: [{ name: 'users', aggregate: 'unique_users' }], dimensions: ['properties.channel'] };
const BOARD = {
  title: 'Growth',
  cards: [
    { show: 'number', metric: 'active_users' },
    { show: 'number', metric: 'revenue_usd' },
    { show: 'number', series: { measures: [{ name: 'signups', event_type: 'signup' }] } },
    { show: 'line', metric: 'revenue_usd', title: 'Revenue by day' },
    { show: 'line', series: USERS },
    { show: 'bars', series: USERS },
    { show: 'table', series: { ...USERS, totals: 'rollup', compare_to: 'previous_period' } },
    { show: 'events', event_type: 'signup' },
  ],
};

/** Every page as the demo workspace fills it: name of its picture, address, a text that must be there. */
const PAGES = [
  ['portfolio', 'portfolio/', 'of 1,200 properties'],
  ['portfolio-chicago', 'portfolio/?city=Chicago&grade=DE', 'of 1,200 properties'],
  ['property', 'property/?id=854', 'What makes the score'],
  ['compare', 'compare/?ids=854,885,1', 'Pair by pair'],
  ['what-if', 'what-if/?city=Chicago&occupancy_rate=80', 'Who moves furthest'],
  ['energy', `energy/?level=organization&id=${ORGANIZATION}`, 'By location, highest first'],
  ['energy-location', `energy/?level=location&id=${LOCATION}`, 'By circuit, highest first'],
  ['energy-brand', 'energy/', 'By organization, highest first'],
  ['dashboard', 'dashboard/', 'Active users by day'],
  ['board', `dashboard/?board=${encodeURIComponent(JSON.stringify(BOARD))}`, 'Users by channel and day as a table'],
  ['events', 'events/', 'events so far'],
  ['quality', 'quality/', 'Missing by metric'],
  ['funnels', 'funnels/', 'Step by step'],
  ['retention', 'retention/', 'By week'],
  ['attribution', 'attribution/', 'Attribution'],
] as const;

/** Pages whose question this API may not answer yet; they say so, and the browser notes a 404. */
const QUESTIONS: Record<string, string> = {
  funnels: '/api/v2/analytics/funnel/analyze',
  retention: '/api/v2/analytics/retention/analyze',
  attribution: '/api/v2/analytics/attribution/model',
};

const SCHEMES = ['light', 'dark'] as const;

let browser: Browser;
let paths: Record<string, unknown>;
beforeAll(async () => {
  browser = await launch();
  await ranked(inject('demoKey'));
  ({ paths } = await asked<{ paths: Record<string, unknown> }>(inject('demoKey'), '/openapi.json'));
});
afterAll(() => browser.close());

test.each(PAGES)(
  '%s is without errors, foreign hosts and barriers, in light, dark and on a phone',
  async (name, address, text) => {
    const seen = await watched(browser, { credential: inject('demoKey') });
    await open(seen, address);
    await seen.page.getByText(text).first().waitFor();
    for (const scheme of SCHEMES) {
      await seen.page.emulateMedia({ colorScheme: scheme });
      await seen.page.screenshot({ path: path.join(SEEN, `${name}-${scheme}.png`), fullPage: true });
      expect(await violations(seen.page)).toEqual([]);
    }
    await fitsSmallScreen(seen.page, path.join(SEEN, `${name}-small.png`));
    const question = QUESTIONS[name];
    if (question && !(question in paths)) {
      expect(await seen.page.getByText('404, there is no such route').count()).toBe(1);
      seen.problems = seen.problems.filter((one) => !one.includes('404'));
    }
    expect(seen.problems).toEqual([]);
    expect([...seen.hosts]).toEqual([new URL(BASE).host]);
    expect(seen.addresses.filter((one) => one.includes(inject('demoKey')))).toEqual([]);
    await seen.context.close();
  },
);

test('the sign-in is without errors and barriers', async () => {
  const seen = await watched(browser);
  await open(seen, 'portfolio/?city=Chicago');
  for (const scheme of SCHEMES) {
    await seen.page.emulateMedia({ colorScheme: scheme });
    await seen.page.screenshot({ path: path.join(SEEN, `sign-in-${scheme}.png`) });
    expect(await violations(seen.page)).toEqual([]);
  }
  expect(seen.problems).toEqual([]);
  await seen.context.close();
});

test('the query behind a figure is without barriers', async () => {
  const seen = await watched(browser, { credential: inject('demoKey') });
  await open(seen, 'property/?id=854');
  await seen.page.getByRole('button', { name: /query behind what makes the score/i }).click();
  for (const scheme of SCHEMES) {
    await seen.page.emulateMedia({ colorScheme: scheme });
    await seen.page.screenshot({ path: path.join(SEEN, `query-${scheme}.png`) });
    expect(await violations(seen.page)).toEqual([]);
  }
  await seen.context.close();
});

async function fitsSmallScreen(page: Page, picture: string): Promise<void> {
  await page.setViewportSize({ width: 390, height: 844 });
  const wider = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  await page.screenshot({ path: picture });
  expect(wider).toBeLessThanOrEqual(0);
}
