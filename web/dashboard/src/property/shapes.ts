/** What `GET /api/v1/properties/{id}/health` and `…/market-performance` answer, as far as it is shown. */
import type { Standing } from '../portfolio/shapes';

export interface Freshness {
  source: string;
  fetched_at: string | null;
  age_seconds: number | null;
  degraded: boolean;
  reasons: string[];
}

export interface PropertyRecord {
  id: number;
  name: string;
  address: string | null;
  market_id: number;
  property_type: string | null;
  property_class: string | null;
  area_sqft: number | null;
  year_built: number | null;
}

export interface ScoredMetric {
  metric: string;
  title: string;
  unit: string;
  direction: 'higher_is_better' | 'lower_is_better';
  weight: number;
  property_value: number | null;
  market_value: number | null;
  market_month: string | null;
  sub_score: number | null;
  contribution: number | null;
  momentum: { slope_per_year: number; p_value: number; sub_score: number } | null;
  reasons: string[];
}

export interface Lever {
  metric: string;
  value: number;
  better_value: number;
  gain: number;
  score: number;
  grade: string;
}

export interface PropertyHealth {
  property: PropertyRecord;
  health: {
    status: string;
    score: number | null;
    grade: string | null;
    low: number | null;
    high: number | null;
    grade_at_low: string | null;
    grade_at_high: string | null;
    confidence: string | null;
    coverage: number;
    level: number | null;
    momentum: number | null;
    momentum_share: number;
    metrics: ScoredMetric[];
    missing: { metric: string; reasons: string[] }[];
    model: string;
    model_version: number;
  };
  insights: { code: string; sentence: string }[];
  standing: Standing | null;
  freshness: Freshness | null;
  history: { start: string; score: number | null; low: number | null; high: number | null }[] | null;
  explanation: { levers: Lever[] } | null;
}

export interface MetricHistory {
  metric: string;
  title: string;
  unit: string;
  buckets: { start: string; property_value: number | null; market_value: number | null }[];
}

export interface MarketPerformance {
  market: {
    name: string;
    benchmark_date: string;
    sample_size: number | null;
    data_quality: number | null;
    confidence: string | null;
    cautions: string[];
  } | null;
  freshness: Freshness;
  summary: { verdict: string; sentence: string };
  history: { metrics: MetricHistory[] } | null;
}
