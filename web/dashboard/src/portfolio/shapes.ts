/** What `GET /api/v1/portfolio/health` answers, as far as it is shown. */
export interface Outlier {
  kind: 'score' | 'metric' | 'profile';
  metric: string | null;
  value: number | null;
  measure: number;
  limit: number;
}

export interface Standing {
  rank: number;
  rank_best: number | null;
  rank_worst: number | null;
  percentile: number;
  peer_description: string;
  peers: number;
  peer_rank: number;
  peer_percentile: number;
  under_performer: boolean;
  watch: boolean;
  outliers: Outlier[];
}

export interface Scored {
  id: number;
  name: string;
  market_id: number;
  market_name: string | null;
  city: string | null;
  property_class: string | null;
  property_type: string | null;
  area_sqft: number | null;
  status: string;
  score: number | null;
  grade: string | null;
  low: number | null;
  high: number | null;
  confidence: string | null;
  coverage: number;
  missing: string[];
  contributions: Record<string, number>;
  change: number | null;
  standing: Standing | null;
  scored_at: string;
  recomputed: boolean;
}

export interface Ranking {
  current: boolean;
  pending: number;
  ranked_at: string | null;
  as_of: string | null;
}

export interface PortfolioPage {
  items: Scored[];
  next_cursor: string | null;
  period: { interval: string; start: string } | null;
  ranking: Ranking;
}

/** The metrics of a score in the order in which they are shown: name, title, letter of its column. */
export const METRICS = [
  ['occupancy_rate', 'Occupancy', 'Occ'],
  ['rent_per_sqft', 'Rent', 'Rent'],
  ['renewal_rate', 'Renewals', 'Ren'],
  ['lease_term_months', 'Lease term', 'Term'],
  ['time_to_lease_days', 'Time to lease', 'Time'],
] as const;

export const metricTitle = (name: string | null): string =>
  METRICS.find(([one]) => one === name)?.[1] ?? name ?? 'profile of all metrics';

export const GRADES = ['A', 'B', 'C', 'D', 'E'] as const;

/** Colour of a grade; always shown beside the letter. */
export const bandOf = (grade: string | null): 'low' | 'mid' | 'high' | 'none' =>
  grade === null ? 'none' : grade <= 'B' ? 'high' : grade === 'C' ? 'mid' : 'low';
