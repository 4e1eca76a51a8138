/** What questions over events are answered with, by the contract of `/api/v2/analytics`. */
export interface Told {
  rules: Record<string, unknown>;
  as_of: number;
  complete_until: string;
}

export interface FunnelStep {
  step: number;
  event_type: string | string[] | null;
  count: number;
  conversion_from_first: number | null;
  conversion_from_previous: number | null;
  median_seconds: number | null;
  average_seconds: number | null;
  still_open: number;
  /** Those who got just this far and may still go further. */
  undecided?: number;
}

export interface Funnel extends Told {
  steps: FunnelStep[];
  breakdowns: { value: string; other?: boolean; steps: FunnelStep[] }[] | null;
}

export interface Retention extends Told {
  cohorts: { start: string; size: number; values: number[]; complete: boolean[] }[];
}

export interface Attribution extends Told {
  models: { model: string; credits: { value: string; credit: number; share: number | null }[] }[];
  conversions: number;
  untouched: number;
  value: number | null;
}
