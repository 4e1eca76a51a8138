import type { Told } from '../questions/shapes';

/** What `GET /api/v1/metrics/summary` answers, as far as it is shown. */
export interface Metric {
  metric_name: string;
  unit: string;
  over_days: string;
  days: { date: string; value: number | null; missing: boolean }[];
  total: { value: number | null; how: string | null; reason: string | null; days_with_value: number; days: number };
}

export interface Summary {
  start_date: string;
  end_date: string;
  metrics: Metric[];
}

/** What `POST /api/v2/analytics/realtime/query` answers, as far as it is shown. */
export interface SeriesRow {
  start: string | null;
  dimensions: Record<string, string>;
  values: Record<string, number | null>;
  /** How many axes it sums up; those are not in it. */
  level: number;
  complete: boolean;
  compared: Record<string, number | null> | null;
  /** The same question one level deeper for this row. */
  drill: object | null;
}

export interface SeriesAnswer extends Told {
  rows: SeriesRow[];
  rows_after: number;
}
