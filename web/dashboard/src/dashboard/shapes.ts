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
