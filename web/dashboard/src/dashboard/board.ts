/** What a page of figures shows, told by a small document. */
export interface Board {
  title?: string;
  cards: Card[];
}

export type Card = MetricCard | SeriesCard | EventsCard;

export interface MetricCard {
  show: 'number' | 'line';
  title?: string;
  /** A metric of `GET /api/v1/metrics/summary`. */
  metric: string;
}

export interface SeriesCard {
  show: 'number' | 'line' | 'bars' | 'table';
  title?: string;
  series: Series;
}

export interface EventsCard {
  show: 'events';
  title?: string;
  event_type?: string;
}

/** The body of `POST /api/v2/analytics/realtime/query` without its range, which the page gives. */
export interface Series {
  measures: {
    name: string;
    aggregate?: string;
    event_type?: string | string[] | null;
    property?: string | null;
    filters?: object | null;
    trailing?: string | null;
  }[];
  dimensions?: string[];
  interval?: string | null;
  week_start?: string;
  filters?: object | null;
  cumulative?: boolean;
  range_rounding?: string;
  compare_to?: string | null;
  totals?: string;
  order?: { by: string; direction?: string }[];
  limit?: number;
}

/** Where a document is wrong, and why. */
export interface Flaw {
  place: string;
  reason: string;
}

export const MOST_CARDS = 24;
export const MOST_LINES = 5;
/** As long as the address of a board may be that every server on the way takes. [characters] */
export const LONGEST = 7_000;

/** The board that a text tells, or everything that is wrong with it. */
export function parsed(text: string): { board: Board; flaws: [] } | { board: null; flaws: Flaw[] } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { board: null, flaws: [{ place: 'board', reason: `is not JSON: ${(error as Error).message}` }] };
  }
  const flaws = [...boardFlaws(value, ''), ...lengthFlaws(value)];
  return flaws.length ? { board: null, flaws } : { board: value as Board, flaws: [] };
}

/** A board as it stands in an address. */
export const written = (board: Board): string => JSON.stringify(board);

/** The board that a page without one comes to: metrics as numbers, the first by day, events of late. */
export function builtIn(metrics: readonly string[], charted = metrics[0]): Board {
  return {
    title: 'Product usage',
    cards: [
      ...metrics.slice(0, MOST_CARDS - 2).map((metric): Card => ({ show: 'number', metric })),
      ...(charted ? [{ show: 'line', metric: charted } as const] : []),
      { show: 'events' },
    ],
  };
}

/** A title for every card; of cards that would be called the same each but the first has a number. */
export function titles(board: Board): string[] {
  const seen = new Map<string, number>();
  return board.cards.map((card) => {
    const title = card.title ?? headline(card);
    const count = (seen.get(title) ?? 0) + 1;
    seen.set(title, count);
    return count === 1 ? title : `${title} (${count})`;
  });
}

/** A name of the API as people write it. */
export const titled = (name: string): string =>
  name
    .replaceAll('_', ' ')
    .replace(/\b(usd|eur|mrr|arr|nps|dau|wau|mau)\b/g, (word) => word.toUpperCase())
    .replace(/^./, (letter) => letter.toUpperCase());

/** A dimension without saying whose it is. */
export const plain = (dimension: string): string => dimension.replace(/^(properties|user)\./, '').replaceAll('_', ' ');

function headline(card: Card): string {
  if (card.show === 'events') return card.event_type ? `Recent events: ${card.event_type}` : 'Recent events';
  if ('metric' in card) return card.show === 'line' ? `${titled(card.metric)} by day` : titled(card.metric);
  const { measures, dimensions = [], interval } = card.series;
  const step = interval ?? (card.show === 'line' ? 'day' : null);
  const by = [...dimensions.map(plain), ...(step ? [step] : [])];
  return titled(measures.map((one) => one.name).join(', ')) + (by.length ? ` by ${by.join(' and ')}` : '');
}

type Check = (value: unknown, place: string) => Flaw[];

const AGGREGATES = [
  'count',
  'unique_users',
  'sum',
  'avg',
  'min',
  'max',
  'median',
  'p90',
  'p95',
  'p99',
  'active_users',
] as const;
const INTERVALS = ['minute', 'hour', 'day', 'week', 'month', 'quarter', 'year'] as const;
const WEEK_STARTS = ['monday', 'sunday'] as const;
const SHOWN = ['number', 'line', 'bars', 'table', 'events'] as const;
type Shown = (typeof SHOWN)[number];

const text: Check = (value, place) =>
  typeof value === 'string' && value !== '' && value.length <= 200
    ? []
    : [{ place, reason: 'must be a text of 1 to 200 characters' }];

const boolean: Check = (value, place) =>
  typeof value === 'boolean' ? [] : [{ place, reason: 'must be true or false' }];

const object: Check = (value, place) => (isObject(value) ? [] : [{ place, reason: 'must be an object' }]);

const measureName: Check = (value, place) =>
  typeof value === 'string' && /^[A-Za-z_][A-Za-z0-9_]{0,63}$/.test(value)
    ? []
    : [{ place, reason: 'must be letters, digits and underscores, at most 64' }];

const dimension: Check = (value, place) =>
  typeof value === 'string' && /^(event_type|(properties|user)\..+)$/.test(value)
    ? []
    : [{ place, reason: 'must be event_type, or properties. or user. and a name' }];

const types: Check = (value, place) => (Array.isArray(value) ? list(text, 1, 50)(value, place) : text(value, place));

const limit: Check = (value, place) =>
  Number.isInteger(value) && (value as number) >= 1 && (value as number) <= 1000
    ? []
    : [{ place, reason: 'must be a whole number from 1 to 1000' }];

const measure = record(
  {
    name: measureName,
    aggregate: oneOf(AGGREGATES),
    event_type: orNull(types),
    property: orNull(text),
    filters: orNull(object),
    trailing: orNull(text),
  },
  ['name'],
);

const SERIES: Record<keyof Series, Check> = {
  measures: list(measure, 1, 20),
  dimensions: list(dimension, 0, 5),
  interval: orNull(oneOf(INTERVALS)),
  week_start: oneOf(WEEK_STARTS),
  filters: orNull(object),
  cumulative: boolean,
  range_rounding: oneOf(['none', 'widen_start_to_interval']),
  order: list(record({ by: text, direction: oneOf(['asc', 'desc']) }, ['by']), 0, 20),
  limit,
  compare_to: orNull(oneOf(['previous_period'])),
  totals: oneOf(['none', 'rollup', 'cube']),
};

const LINE: readonly string[] = [
  'measures',
  'dimensions',
  'interval',
  'week_start',
  'filters',
  'cumulative',
  'range_rounding',
];
const TAKEN: Record<SeriesCard['show'], readonly string[]> = {
  number: ['measures', 'filters'],
  line: LINE,
  bars: [...LINE, 'order', 'limit'],
  table: Object.keys(SERIES),
};

const CARDS: Record<Shown, Check> = {
  number: record({ show: any, title: text, metric: text, series: seriesOf('number') }),
  line: record({ show: any, title: text, metric: text, series: seriesOf('line') }),
  bars: record({ show: any, title: text, series: seriesOf('bars') }, ['series']),
  table: record({ show: any, title: text, series: seriesOf('table') }, ['series']),
  events: record({ show: any, title: text, event_type: text }),
};

const boardFlaws = record({ title: text, cards: list(card, 1, MOST_CARDS) }, ['cards']);

function card(value: unknown, place: string): Flaw[] {
  if (!isObject(value)) return object(value, place);
  const shown = SHOWN.find((one) => one === value.show);
  if (!shown) return oneOf(SHOWN)(value.show, `${place}.show`);
  return [...CARDS[shown](value, place), ...sourceFlaws(shown, value, place)];
}

function sourceFlaws(shown: Shown, value: Record<string, unknown>, place: string): Flaw[] {
  if (shown !== 'number' && shown !== 'line') return [];
  const given = ['metric', 'series'].filter((name) => Object.hasOwn(value, name)).length;
  return given === 1 ? [] : [{ place, reason: given ? 'takes metric or series, not both' : 'needs metric or series' }];
}

function seriesOf(shown: SeriesCard['show']): Check {
  const check = record(SERIES, ['measures']);
  return (value, place) => {
    const flaws = check(value, place).map((one) =>
      one.place === `${place}.range` ? { ...one, reason: 'is not taken: the days of the page are the range' } : one,
    );
    if (!isObject(value)) return flaws;
    const needless = Object.keys(value).filter((name) => name in SERIES && !TAKEN[shown].includes(name));
    flaws.push(...needless.map((name) => ({ place: `${place}.${name}`, reason: `is not taken by ${shown}` })));
    return [...flaws, ...drawnFlaws(shown, value, place)];
  };
}

/** What a kind of card cannot draw, though it could be asked. */
function drawnFlaws(shown: SeriesCard['show'], value: Record<string, unknown>, place: string): Flaw[] {
  const count = (name: string) => (Array.isArray(value[name]) ? (value[name] as unknown[]).length : 0);
  const [measures, dimensions] = [count('measures'), count('dimensions')];
  const at = `${place}.measures`;
  if ((shown === 'number' || shown === 'bars') && measures > 1)
    return [{ place: at, reason: `of ${shown} must be one` }];
  if (shown === 'line' && dimensions > 0 && measures > 1)
    return [{ place: at, reason: 'must be one where there are dimensions' }];
  if (shown === 'line' && measures > MOST_LINES) return [{ place: at, reason: `of line may be at most ${MOST_LINES}` }];
  if (shown === 'bars' && dimensions === 0 && !value.interval)
    return [{ place: `${place}.dimensions`, reason: 'are missing: bars need one, or an interval' }];
  return [];
}

function lengthFlaws(value: unknown): Flaw[] {
  const long = encodeURIComponent(JSON.stringify(value)).length;
  if (long <= LONGEST) return [];
  return [{ place: 'board', reason: `is too long for an address: ${long} characters, at most ${LONGEST}` }];
}

/** An object with these fields and no others. */
function record(fields: Record<string, Check>, needed: readonly string[] = []): Check {
  return (value, place) => {
    if (!isObject(value)) return object(value, place || 'board');
    const at = (name: string) => (place ? `${place}.${name}` : name);
    return [
      ...needed.flatMap((name) => (Object.hasOwn(value, name) ? [] : [{ place: at(name), reason: 'is missing' }])),
      ...Object.entries(value).flatMap(([name, one]) =>
        Object.hasOwn(fields, name)
          ? (fields[name] as Check)(one, at(name))
          : [{ place: at(name), reason: `is unknown; known are ${spoken(Object.keys(fields), 'and')}` }],
      ),
    ];
  };
}

function list(of: Check, least: number, most: number): Check {
  return (value, place) => {
    if (!Array.isArray(value)) return [{ place, reason: 'must be a list' }];
    const few = value.length >= least && value.length <= most;
    const reason = `must have ${least ? `${least} to` : 'at most'} ${most} items, not ${value.length}`;
    return [...(few ? [] : [{ place, reason }]), ...value.flatMap((one, index) => of(one, `${place}[${index}]`))];
  };
}

function oneOf(known: readonly string[]): Check {
  return (value, place) =>
    typeof value === 'string' && known.includes(value) ? [] : [{ place, reason: `must be ${spoken(known, 'or')}` }];
}

function orNull(check: Check): Check {
  return (value, place) => (value === null ? [] : check(value, place));
}

function any(): Flaw[] {
  return [];
}

const spoken = (words: readonly string[], joint: string) =>
  words.length < 2 ? words.join() : `${words.slice(0, -1).join(', ')} ${joint} ${words.at(-1)}`;

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
