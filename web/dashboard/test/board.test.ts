import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { daysBefore, daysOf, linesOf, seriesAsk, summaryAsk } from '../src/dashboard/asks';
import { type Board, builtIn, LONGEST, parsed, type SeriesCard, titles, written } from '../src/dashboard/board';
import type { SeriesAnswer } from '../src/dashboard/shapes';

const USERS = { measures: [{ name: 'users', aggregate: 'unique_users' }], dimensions: ['properties.channel'] };
const GROWTH: Board = {
  title: 'Growth',
  cards: [
    { show: 'number', metric: 'active_users' },
    { show: 'number', title: 'Sign-ups', series: { measures: [{ name: 'signups', event_type: ['signup', 'join'] }] } },
    { show: 'line', metric: 'revenue_usd', title: 'Revenue by day' },
    { show: 'line', series: { ...USERS, interval: 'week', week_start: 'sunday', cumulative: true } },
    { show: 'bars', series: { ...USERS, order: [{ by: 'users', direction: 'asc' }], limit: 5 } },
    {
      show: 'table',
      series: {
        measures: [
          { name: 'paid', aggregate: 'sum', property: 'amount', filters: { property: 'plan', op: 'eq', value: 'pro' } },
          { name: 'active', aggregate: 'active_users', trailing: 'P7D', event_type: null },
        ],
        dimensions: ['event_type', 'user.role'],
        interval: null,
        totals: 'rollup',
        compare_to: 'previous_period',
      },
    },
    { show: 'events', event_type: 'signup' },
  ],
};

const flaws = (value: unknown) => parsed(JSON.stringify(value)).flaws.map(({ place, reason }) => `${place} ${reason}`);
const ofCard = (...cards: unknown[]) => flaws({ cards });
const ofSeries = (show: string, series: object) => ofCard({ show, series: { ...USERS, ...series } });

describe('a board', () => {
  test('of every kind of card is read as it is, and comes back from its address', () => {
    expect(parsed(JSON.stringify(GROWTH, null, 2))).toEqual({ board: GROWTH, flaws: [] });
    expect(parsed(written(GROWTH)).board).toEqual(GROWTH);
  });

  test('without a title is one, and so is the built-in one of any metrics', () => {
    expect(flaws({ cards: [{ show: 'events' }] })).toEqual([]);
    for (const count of [0, 1, 7, 100]) {
      const board = builtIn(Array.from({ length: count }, (_, index) => `metric_${index}`));
      expect(parsed(written(board))).toEqual({ board, flaws: [] });
    }
    expect(builtIn(['events', 'nps'], 'nps').cards.slice(1)).toEqual([
      { show: 'number', metric: 'nps' },
      { show: 'line', metric: 'nps' },
      { show: 'events' },
    ]);
  });

  test('is refused with a reason whatever else it is, and never breaks', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        const { board, flaws } = parsed(text);
        expect(board).toBeNull();
        expect(flaws.length).toBeGreaterThan(0);
      }),
    );
    const odd = fc.record({ show: fc.constantFrom('number', 'line', 'bars', 'table', 'events'), series: fc.object() });
    fc.assert(fc.property(fc.array(odd, { minLength: 1 }), (cards) => void parsed(JSON.stringify({ cards }))));
  });
});

describe('what is wrong with a board', () => {
  test('is told of the whole', () => {
    expect(parsed('{"cards": [').flaws).toMatchObject([
      { place: 'board', reason: expect.stringMatching(/^is not JSON: /) },
    ]);
    expect(flaws([])).toEqual(['board must be an object']);
    expect(flaws({})).toEqual(['cards is missing']);
    expect(flaws({ cards: {} })).toEqual(['cards must be a list']);
    expect(flaws({ cards: [] })).toEqual(['cards must have 1 to 24 items, not 0']);
    expect(ofCard(...Array(25).fill({ show: 'events' }))).toEqual(['cards must have 1 to 24 items, not 25']);
    expect(flaws({ title: 5, cards: [{ show: 'events' }], owner: 'me' })).toEqual([
      'title must be a text of 1 to 200 characters',
      'owner is unknown; known are title and cards',
    ]);
    const long = ofCard(
      { show: 'events', event_type: 'x' },
      { show: 'table', series: { ...USERS, filters: { and: 'x'.repeat(LONGEST) } } },
    );
    expect(long).toEqual([
      expect.stringMatching(/^board is too long for an address: 7\d{3} characters, at most 7000$/),
    ]);
  });

  test('is told of every card', () => {
    expect(ofCard({ show: 'events' }, 7, { show: 'pie' }, {}, { show: 'constructor' })).toEqual([
      'cards[1] must be an object',
      'cards[2].show must be number, line, bars, table or events',
      'cards[3].show must be number, line, bars, table or events',
      'cards[4].show must be number, line, bars, table or events',
    ]);
    expect(ofCard({ show: 'number' }, { show: 'line', metric: 'nps', series: USERS }, { show: 'bars' })).toEqual([
      'cards[0] needs metric or series',
      'cards[1] takes metric or series, not both',
      'cards[2].series is missing',
    ]);
    expect(ofCard({ show: 'table', metric: 'nps', series: USERS }, { show: 'events', metric: 'nps' })).toEqual([
      'cards[0].metric is unknown; known are show, title and series',
      'cards[1].metric is unknown; known are show, title and event_type',
    ]);
    expect(ofCard({ show: 'line', metric: '', title: null }, { show: 'events', event_type: 'x'.repeat(201) })).toEqual([
      'cards[0].metric must be a text of 1 to 200 characters',
      'cards[0].title must be a text of 1 to 200 characters',
      'cards[1].event_type must be a text of 1 to 200 characters',
    ]);
  });

  test('is told of every part of a series', () => {
    expect(ofCard({ show: 'table', series: 'all' }, { show: 'table', series: {} })).toEqual([
      'cards[0].series must be an object',
      'cards[1].series.measures is missing',
    ]);
    expect(ofSeries('table', { range: { start: '2026-01-01' }, dimension: 'channel' })).toEqual([
      'cards[0].series.range is not taken: the days of the page are the range',
      expect.stringMatching(
        /^cards\[0\]\.series\.dimension is unknown; known are measures, dimensions, .+ and totals$/,
      ),
    ]);
    expect(ofSeries('table', { measures: [], dimensions: ['channel', 'user.', 4] })).toEqual([
      'cards[0].series.measures must have 1 to 20 items, not 0',
      'cards[0].series.dimensions[0] must be event_type, or properties. or user. and a name',
      'cards[0].series.dimensions[1] must be event_type, or properties. or user. and a name',
      'cards[0].series.dimensions[2] must be event_type, or properties. or user. and a name',
    ]);
    const measures = [
      { name: '1st', aggregate: 'users' },
      { event_type: [], property: 4, filters: 'x', trailing: 7, by: 1 },
    ];
    expect(ofSeries('table', { measures })).toEqual([
      'cards[0].series.measures[0].name must be letters, digits and underscores, at most 64',
      'cards[0].series.measures[0].aggregate must be count, unique_users, sum, avg, min, max, median, p90, p95, p99 or active_users',
      'cards[0].series.measures[1].name is missing',
      'cards[0].series.measures[1].event_type must have 1 to 50 items, not 0',
      'cards[0].series.measures[1].property must be a text of 1 to 200 characters',
      'cards[0].series.measures[1].filters must be an object',
      'cards[0].series.measures[1].trailing must be a text of 1 to 200 characters',
      'cards[0].series.measures[1].by is unknown; known are name, aggregate, event_type, property, filters and trailing',
    ]);
    const rest = {
      interval: 'fortnight',
      week_start: 'friday',
      filters: [],
      cumulative: 1,
      range_rounding: 'up',
      compare_to: 'last_year',
      totals: true,
      order: [{ direction: 'up' }],
      limit: 0.5,
    };
    expect(ofSeries('table', rest)).toEqual([
      'cards[0].series.interval must be minute, hour, day, week, month, quarter or year',
      'cards[0].series.week_start must be monday or sunday',
      'cards[0].series.filters must be an object',
      'cards[0].series.cumulative must be true or false',
      'cards[0].series.range_rounding must be none or widen_start_to_interval',
      'cards[0].series.compare_to must be previous_period',
      'cards[0].series.totals must be none, rollup or cube',
      'cards[0].series.order[0].by is missing',
      'cards[0].series.order[0].direction must be asc or desc',
      'cards[0].series.limit must be a whole number from 1 to 1000',
    ]);
  });

  test('is told of what a kind of card does not draw', () => {
    const two = [{ name: 'a' }, { name: 'b' }];
    expect(ofSeries('line', { totals: 'cube', limit: 5 })).toEqual([
      'cards[0].series.totals is not taken by line',
      'cards[0].series.limit is not taken by line',
    ]);
    expect(ofSeries('bars', { compare_to: 'previous_period' })).toEqual([
      'cards[0].series.compare_to is not taken by bars',
    ]);
    expect(ofSeries('number', {})).toEqual(['cards[0].series.dimensions is not taken by number']);
    expect(ofSeries('bars', { measures: two })).toEqual(['cards[0].series.measures of bars must be one']);
    expect(ofSeries('line', { measures: two })).toEqual([
      'cards[0].series.measures must be one where there are dimensions',
    ]);
    const six = [...'abcdef'].map((name) => ({ name }));
    expect(ofSeries('line', { measures: six, dimensions: [] })).toEqual([
      'cards[0].series.measures of line may be at most 5',
    ]);
    expect(ofSeries('bars', { dimensions: [] })).toEqual([
      'cards[0].series.dimensions are missing: bars need one, or an interval',
    ]);
    expect(ofSeries('bars', { dimensions: [], interval: 'week' })).toEqual([]);
  });
});

test('a card without a title is called by what it shows, no two the same', () => {
  const cards: Board['cards'] = [
    { show: 'number', metric: 'mrr_usd' },
    { show: 'number', metric: 'mrr_usd' },
    { show: 'line', metric: 'mrr_usd' },
    { show: 'line', series: USERS },
    { show: 'bars', series: USERS },
    { show: 'table', series: { measures: [{ name: 'page_views' }, { name: 'users' }] } },
    { show: 'events' },
    { show: 'events', event_type: 'signup' },
    { show: 'events', title: 'Joined' },
  ];
  expect(titles({ cards })).toEqual([
    'MRR USD',
    'MRR USD (2)',
    'MRR USD by day',
    'Users by channel and day',
    'Users by channel',
    'Page views, users',
    'Recent events',
    'Recent events: signup',
    'Joined',
  ]);
});

describe('what a card asks', () => {
  const days = daysOf(new URLSearchParams('days=7&until=2026-03-10'));

  test('is about the days of the address; those that cannot be are the last 28', () => {
    expect(days).toEqual({ count: 7, start: '2026-03-04', end: '2026-03-10' });
    expect(daysBefore(days)).toEqual({ count: 7, start: '2026-02-25', end: '2026-03-03' });
    for (const text of ['', 'days=x&until=x', 'days=-1', 'days=1e9'])
      expect(daysOf(new URLSearchParams(text)).count).toBe(28);
    expect(summaryAsk(days, 'nps').query).toEqual({ start_date: '2026-03-04', end_date: '2026-03-10', metrics: 'nps' });
  });

  const body = (show: SeriesCard['show'], series: object = {}) =>
    seriesAsk({ show, series: { ...USERS, ...series } }, days).body;
  const range = { start: '2026-03-04', end: '2026-03-10' };

  test('is its series, with what its kind decides', () => {
    expect(body('line')).toEqual({ ...USERS, range, interval: 'day', limit: 10_000 });
    expect(body('line', { interval: 'week' })).toMatchObject({ interval: 'week' });
    expect(body('bars')).toEqual({ ...USERS, range, order: [{ by: 'users', direction: 'desc' }], limit: 12 });
    expect(body('bars', { interval: 'day' })).toMatchObject({ order: [{ by: 'start' }] });
    expect(body('bars', { limit: 3 })).toMatchObject({ limit: 3 });
    expect(body('table')).toEqual({ ...USERS, range, limit: 100 });
    expect(body('number')).toEqual({ ...USERS, range });
  });
});

describe('lines', () => {
  const row = (start: string, channel: string, users: number | null) => ({
    start,
    dimensions: { 'properties.channel': channel },
    values: { users },
    level: 0,
    complete: true,
    compared: null,
    drill: null,
  });
  const answer = (rows: SeriesAnswer['rows']): SeriesAnswer => ({
    rows,
    rows_after: 0,
    rules: {},
    as_of: 1,
    complete_until: '',
  });

  test('are the five largest values, the largest first, and the rest are counted', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 12 }), (sizes) => {
        const rows = sizes.flatMap((size, index) => [row('1', `c${index}`, size), row('2', `c${index}`, null)]);
        const { starts, lines, left } = linesOf(USERS, answer(rows));
        const largest = [...sizes].sort((one, other) => other - one).slice(0, 5);
        expect(lines.map((one) => one.values)).toEqual(largest.map((size) => [size, null]));
        expect([starts, left]).toEqual([['1', '2'], Math.max(0, sizes.length - 5)]);
      }),
    );
  });

  test('leave a gap where there is no row, and have a name where there is no value', () => {
    expect(linesOf(USERS, answer([row('1', 'ads', 3), row('2', '', 4)]))).toEqual({
      starts: ['1', '2'],
      lines: [
        { label: '(none)', values: [null, 4] },
        { label: 'ads', values: [3, null] },
      ],
      left: 0,
    });
  });

  test('are the measures in their order where there is no dimension', () => {
    const measures = [{ name: 'page_views' }, { name: 'users' }];
    const rows = [{ ...row('1', '', 9), dimensions: {}, values: { page_views: 1, users: 9 } }];
    expect(linesOf({ measures }, answer(rows)).lines.map((one) => one.label)).toEqual(['page views', 'users']);
  });
});
