import type { Ask } from '../api/ask';
import { MOST_LINES, type SeriesCard } from './board';
import type { SeriesAnswer } from './shapes';

const DAY_MILLISECONDS = 86_400_000;
/** Most rows that one answer may have. */
const MOST_ROWS = 10_000;
const MOST_BARS = 12;
const MOST_TABLED = 100;

/** Whole days of UTC, both ends among them. */
export interface Days {
  count: number;
  start: string;
  end: string;
}

/** The days that an address tells; the last 28 whole ones where it tells none that can be. */
export function daysOf(url: URLSearchParams): Days {
  const asked = Number(url.get('days') ?? 28);
  const count = Number.isInteger(asked) && asked > 0 && asked < 10_000 ? asked : 28;
  const until = Date.parse(url.get('until') ?? '');
  const end = Number.isNaN(until) ? Date.now() - DAY_MILLISECONDS : until;
  return { count, start: isoDay(end - (count - 1) * DAY_MILLISECONDS), end: isoDay(end) };
}

/** As many days right before. */
export function daysBefore({ count, start }: Days): Days {
  const end = Date.parse(start) - DAY_MILLISECONDS;
  return { count, start: isoDay(end - (count - 1) * DAY_MILLISECONDS), end: isoDay(end) };
}

const isoDay = (milliseconds: number) => new Date(milliseconds).toISOString().slice(0, 10);

/** Metrics by the day with their totals; all of them unless one is named. */
export const summaryAsk = ({ start, end }: Days, metric?: string): Ask => ({
  path: '/api/v1/metrics/summary',
  query: { start_date: start, end_date: end, ...(metric && { metrics: metric }) },
});

/** What a card asks: its series over the days, with what its kind decides where the card does not. */
export function seriesAsk({ show, series }: SeriesCard, { start, end }: Days): Ask {
  return {
    method: 'POST',
    path: '/api/v2/analytics/realtime/query',
    body: { range: { start, end }, ...decided(show, series), ...series, ...fixed(show, series) },
  };
}

function decided(show: SeriesCard['show'], series: SeriesCard['series']): object {
  if (show === 'table') return { limit: MOST_TABLED };
  if (show !== 'bars') return {};
  const order = series.interval ? { by: 'start' } : { by: series.measures[0]?.name, direction: 'desc' };
  return { order: [order], limit: series.interval ? MOST_TABLED : MOST_BARS };
}

const fixed = (show: SeriesCard['show'], series: SeriesCard['series']): object =>
  show === 'line' ? { interval: series.interval ?? 'day', limit: MOST_ROWS } : {};

export interface DrawnLines {
  starts: string[];
  lines: { label: string; values: (number | null)[] }[];
  /** How many values there are that no line is drawn for. */
  left: number;
}

/** Every measure, or the largest values of the dimensions by the sum of their intervals, as lines. */
export function linesOf({ measures, dimensions = [] }: SeriesCard['series'], { rows }: SeriesAnswer): DrawnLines {
  const starts = [...new Set(rows.map((row) => row.start ?? ''))].sort();
  const place = new Map(starts.map((start, index) => [start, index]));
  const found = new Map<string, { label: string; values: (number | null)[]; sum: number }>();
  for (const row of rows)
    for (const { name } of measures) {
      const label = dimensions.length ? groupOf(dimensions, row.dimensions) : name.replaceAll('_', ' ');
      const line = found.get(label) ?? { label, values: starts.map(() => null), sum: 0 };
      const value = row.values[name] ?? null;
      line.values[place.get(row.start ?? '') ?? 0] = value;
      line.sum += value ?? 0;
      found.set(label, line);
    }
  const ranked = [...found.values()];
  if (dimensions.length) ranked.sort((one, other) => other.sum - one.sum);
  const lines = ranked.slice(0, MOST_LINES).map(({ label, values }) => ({ label, values }));
  return { starts, lines, left: ranked.length - lines.length };
}

/** What the dimensions of a row are; those that it sums up are "all". */
export const groupOf = (dimensions: readonly string[], values: Record<string, string>): string =>
  dimensions.map((one) => (Object.hasOwn(values, one) ? values[one] || '(none)' : 'all')).join(' · ');
