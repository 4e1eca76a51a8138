import type { Scored } from './shapes';

/** Which properties are shown and in which order; the names are those of the API's parameters. */
export interface Selection {
  q: string;
  city: string;
  market_id: string;
  property_class: string;
  property_type: string;
  grade: string;
  flag: '' | 'watch' | 'under_performer' | 'outlier' | 'unscored';
  sort: string;
}

export const SORTS = ['score', 'change', 'peer_percentile', 'area_sqft', 'name', 'market_name', 'rank'] as const;

export function selectionOf(url: URLSearchParams): Selection {
  const get = (name: string) => url.get(name) ?? '';
  return {
    q: get('q'),
    city: get('city'),
    market_id: get('market_id'),
    property_class: get('property_class'),
    property_type: get('property_type'),
    grade: get('grade'),
    flag: get('flag') as Selection['flag'],
    sort: get('sort') || 'score',
  };
}

export function select(rows: readonly Scored[], selection: Selection): Scored[] {
  const { q, city, market_id, property_class, property_type, grade, flag } = selection;
  const words = q.toLowerCase().split(/\s+/).filter(Boolean);
  const fits = (row: Scored) =>
    (!city || row.city === city) &&
    (!market_id || String(row.market_id) === market_id) &&
    (!property_class || row.property_class === property_class) &&
    (!property_type || row.property_type === property_type) &&
    (!grade || (row.grade !== null && grade.includes(row.grade))) &&
    (!flag || flagged(row, flag)) &&
    words.every((word) => `${row.name} ${row.market_name} ${row.id}`.toLowerCase().includes(word));
  return ordered(rows.filter(fits), selection.sort);
}

function flagged(row: Scored, flag: Selection['flag']): boolean {
  if (flag === 'unscored') return row.score === null;
  if (flag === 'outlier') return (row.standing?.outliers.length ?? 0) > 0;
  return flag === '' || row.standing?.[flag] === true;
}

/** By a column, a minus turns it round; those without a value come last either way, ties by id. */
export function ordered(rows: Scored[], sort: string): Scored[] {
  const turn = sort.startsWith('-') ? -1 : 1;
  const name = sort.replace(/^-/, '');
  const keyed = rows.map((row) => [sortValue(row, name), row] as const);
  keyed.sort(([one, first], [other, second]) => {
    if (one === null || other === null) return Number(one === null) - Number(other === null) || first.id - second.id;
    if (one !== other) return (one < other ? -1 : 1) * turn;
    return first.id - second.id;
  });
  return keyed.map(([, row]) => row);
}

function sortValue(row: Scored, name: string): number | string | null {
  if (name === 'peer_percentile') return row.standing?.peer_percentile ?? null;
  if (name === 'rank') return row.standing?.rank ?? null;
  if (name.startsWith('contribution.')) return row.contributions[name.slice(13)] ?? null;
  return (row[name as 'score' | 'change' | 'area_sqft' | 'name' | 'market_name'] ?? null) as number | string | null;
}

export interface Sums {
  count: number;
  scored: number;
  /** Mean of the scores by area. */
  score: number | null;
  median: number | null;
  /** Mean by area of the change of those that were scored at both times. */
  change: number | null;
  watch: number;
  underPerformers: number;
  outliers: number;
}

export function sums(rows: readonly Scored[]): Sums {
  const scores = rows.flatMap((row) => (row.score === null ? [] : [row.score])).sort((one, other) => one - other);
  const count = (fits: (row: Scored) => boolean | undefined) => rows.reduce((sum, row) => sum + (fits(row) ? 1 : 0), 0);
  return {
    count: rows.length,
    scored: scores.length,
    score: meanByArea(rows, (row) => row.score),
    median: median(scores),
    change: meanByArea(rows, (row) => row.change),
    watch: count((row) => row.standing?.watch),
    underPerformers: count((row) => row.standing?.under_performer),
    outliers: count((row) => (row.standing?.outliers.length ?? 0) > 0),
  };
}

function meanByArea(rows: readonly Scored[], value: (row: Scored) => number | null): number | null {
  let [weight, sum] = [0, 0];
  for (const row of rows) {
    const one = value(row);
    if (one === null || !row.area_sqft) continue;
    weight += row.area_sqft;
    sum += row.area_sqft * one;
  }
  return weight ? sum / weight : null;
}

function median(sorted: readonly number[]): number | null {
  const middle = sorted.length >> 1;
  if (!sorted.length) return null;
  return sorted.length % 2
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}

export function choices(rows: readonly Scored[], name: 'city' | 'property_class' | 'property_type'): string[] {
  return [...new Set(rows.map((row) => row[name]).filter((one): one is string => one !== null))].sort();
}

export function markets(rows: readonly Scored[], city: string): [string, string][] {
  const found = new Map<string, string>();
  for (const row of rows)
    if (!city || row.city === city) found.set(String(row.market_id), row.market_name ?? `Market ${row.market_id}`);
  return [...found].sort((one, other) => one[1].localeCompare(other[1]));
}
