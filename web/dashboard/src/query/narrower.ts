import type { Ask } from '../api/ask';

/** Why a property has its score, the trend of it and its place, which the figures of its rows are taken from. */
export const healthAsk = (id: number | string): Ask => ({
  path: `/api/v1/properties/${encodeURIComponent(id)}/health`,
  query: { interval: 'quarter', explain: true },
});

/** One metric of a property beside its market's. */
export const metricAsk = (id: number | string, metric: string): Ask => ({
  path: `/api/v1/properties/${encodeURIComponent(id)}/market-performance`,
  query: { metrics: metric },
});

/** Two properties of a comparison alone. */
export const pairAsk = (first: number, second: number): Ask => ({
  method: 'POST',
  path: '/api/v1/portfolio/compare',
  body: { property_ids: [first, second] },
});

/** Other weights in one market alone: scores do not hang on who else is asked about, ranks do. */
export const weighedAsk = (ask: Ask, market: number): Ask => ({
  ...ask,
  body: { ...(ask.body as object), market_ids: [market], limit: 1000 },
});

const MOST_LISTED = 100;

/** The users whom a cell of a retention table counts. */
export const retainedAsk = (query: object, cohort: string, column: number): Ask => ({
  method: 'POST',
  path: '/api/v2/analytics/retention/users',
  body: { query, cohort, column, state: 'returned', limit: MOST_LISTED },
});

/** The users who reached a step of a funnel, or who got to the step before and no further. */
export const steppedAsk = (query: object, step: number, state: 'reached' | 'dropped'): Ask => ({
  method: 'POST',
  path: '/api/v2/analytics/funnel/users',
  body: { query, step, state, limit: MOST_LISTED },
});

/** The credits of one model of attribution. */
export const modelAsk = (query: object, model: string): Ask => ({
  method: 'POST',
  path: '/api/v2/analytics/attribution/model',
  body: { ...query, models: [model] },
});
