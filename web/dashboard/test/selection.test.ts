import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ordered, select, selectionOf, sums } from '../src/portfolio/selection';
import type { Scored } from '../src/portfolio/shapes';

const property = (id: number, score: number | null, area: number | null, change: number | null): Scored => ({
  id,
  name: `House ${id % 7}`,
  market_id: id % 3,
  market_name: `Market ${id % 3}`,
  city: id % 2 ? 'Chicago' : 'Boston',
  property_class: null,
  property_type: 'office',
  area_sqft: area,
  status: score === null ? 'insufficient_coverage' : 'scored',
  score,
  grade: score === null ? null : score >= 75 ? 'A' : score >= 40 ? 'C' : 'E',
  low: score,
  high: score,
  confidence: 'high',
  coverage: 1,
  missing: [],
  contributions: {},
  change,
  standing: null,
  scored_at: '2026-01-01T00:00:00Z',
  recomputed: false,
});

const values = fc.option(fc.integer({ min: 0, max: 100 }), { nil: null });
const portfolios = fc
  .array(fc.tuple(values, fc.option(fc.integer({ min: 1, max: 9 }), { nil: null }), values), { maxLength: 30 })
  .map((rows) => rows.map(([score, area, change], index) => property(index + 1, score, area, change)));
const sorts = fc.constantFrom('score', '-score', 'change', '-change', 'name', '-name', 'rank');

describe('the order of a portfolio', () => {
  test('keeps every property, those without a value last, equal ones by id', () => {
    fc.assert(
      fc.property(portfolios, sorts, (rows, sort) => {
        const found = ordered([...rows], sort);
        expect(found.map((row) => row.id).sort((one, other) => one - other)).toEqual(rows.map((row) => row.id));
        if (!sort.endsWith('score')) return;
        const known = found.flatMap((row) => (row.score === null ? [] : [row.score]));
        const turned = sort.startsWith('-') ? [...known].reverse() : known;
        expect(turned).toEqual([...known].sort((one, other) => one - other));
        expect(found.slice(known.length).every((row) => row.score === null)).toBe(true);
      }),
    );
  });

  test('does not depend on the order that rows came in', () => {
    fc.assert(
      fc.property(portfolios, sorts, (rows, sort) => {
        expect(ordered([...rows].reverse(), sort)).toEqual(ordered([...rows], sort));
      }),
    );
  });
});

describe('a selection', () => {
  const of = (query: string) => selectionOf(new URLSearchParams(query));

  test('of two cities is the whole, and of both conditions what fits both', () => {
    fc.assert(
      fc.property(portfolios, (rows) => {
        const [chicago, boston] = [select(rows, of('city=Chicago')), select(rows, of('city=Boston'))];
        expect(chicago.length + boston.length).toBe(rows.length);
        const both = select(rows, of('city=Chicago&grade=AC'));
        expect(new Set(both)).toEqual(new Set(chicago.filter((row) => row.grade !== null && 'AC'.includes(row.grade))));
      }),
    );
  });

  test('finds by every word in name, market or number', () => {
    const rows = [property(1, 50, 1, 0), property(2, 50, 1, 0)];
    expect(select(rows, of('q=house+market+1')).map((row) => row.id)).toEqual([1]);
    expect(select(rows, of('q=nothing'))).toEqual([]);
  });
});

describe('the sums of a portfolio', () => {
  test('weigh scores by area: two halves sum up to the whole', () => {
    const rows = [
      property(1, 20, 1, -10),
      property(2, 60, 3, null),
      property(3, null, 5, 4),
      property(4, 90, null, null),
    ];
    expect(sums(rows)).toMatchObject({ count: 4, scored: 3, score: 50, median: 60, change: (-10 + 5 * 4) / 6 });
  });

  test('of nothing are nothing, not zero', () => {
    expect(sums([])).toMatchObject({ count: 0, score: null, median: null, change: null });
  });
});
