import type { MetricsParams, MetricsSummary } from '@sightline/sdk';
import { useCallback, useEffect, useRef } from 'react';
import { useAnalytics } from './AnalyticsProvider';
import { nameOf } from './cache';
import { useAnswer } from './useAnswer';

export interface UseMetricsOptions {
  /** An answer younger than this is not asked for again. Default 30000. [ms] */
  staleMs?: number;
  /** Ask at all; for questions that are not complete yet. Default true. */
  enabled?: boolean;
}

export interface UseMetricsResult {
  /** The last answer; it stays while a newer one is asked for, or when that fails. */
  data: MetricsSummary | undefined;
  error: Error | undefined;
  /** There is no answer yet, and one is on its way. */
  loading: boolean;
  /** A request is under way. */
  fetching: boolean;
  refetch: () => void;
}

/** Metrics by the day. Components that ask the same share one request and one answer. */
export function useMetrics(params: MetricsParams, options: UseMetricsOptions = {}): UseMetricsResult {
  const { staleMs = 30_000, enabled = true } = options;
  const analytics = useAnalytics();
  const name = nameOf('metrics', params);
  const { data, error, fetching } = useAnswer<MetricsSummary>(name);
  const asked = useRef(params);
  useEffect(() => {
    asked.current = params;
  });
  const ask = useCallback(
    (age: number) =>
      void analytics.cache.fetch(name, (signal) => analytics.client.getMetricsSummary(asked.current, { signal }), age),
    [analytics, name],
  );
  useEffect(() => {
    if (enabled) ask(staleMs);
  }, [ask, enabled, staleMs]);
  const refetch = useCallback(() => ask(0), [ask]);
  return { data, error, loading: enabled && !data && !error, fetching, refetch };
}
