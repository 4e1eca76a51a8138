/** What `POST /api/v1/portfolio/compare` answers, as far as it is shown. */
export interface Column {
  id: number;
  name: string;
  market_name: string | null;
  score: number | null;
  grade: string | null;
  low: number | null;
  high: number | null;
  insight: string | null;
  reasons: string[];
}

export interface MetricRow {
  metric: string;
  title: string;
  unit: string;
  cells: {
    property_id: number;
    property_value: number | null;
    market_value: number | null;
    contribution: number | null;
    reasons: string[];
  }[];
  best: number | null;
  worst: number | null;
}

export interface Pair {
  first: number;
  second: number;
  difference: number | null;
  contributions: Record<string, number> | null;
  probability_first_higher: number | null;
  distinguishable: boolean | null;
}

export interface Comparison {
  best: number | null;
  properties: Column[];
  metrics: MetricRow[];
  pairs: Pair[];
}
