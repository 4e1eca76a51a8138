import type { AnalyticsClient, EventFilters, EventPage, MetricsParams, MetricsSummary } from '@sightline/sdk';

interface Asked {
  readonly signal: AbortSignal;
}

/** For `useQuery` of TanStack Query, where a team has that already. */
export const metricsQueryOptions = (client: AnalyticsClient, params: MetricsParams) => ({
  queryKey: ['sightline', 'metrics', params] as const,
  queryFn: ({ signal }: Asked): Promise<MetricsSummary> => client.getMetricsSummary(params, { signal }),
});

/** For `useInfiniteQuery` of TanStack Query. */
export const eventsQueryOptions = (client: AnalyticsClient, filters: EventFilters = {}) => ({
  queryKey: ['sightline', 'events', filters] as const,
  queryFn: ({ signal, pageParam }: Asked & { pageParam: string | undefined }): Promise<EventPage> =>
    client.getEventsPage({ ...filters, cursor: pageParam }, { signal }),
  initialPageParam: undefined as string | undefined,
  getNextPageParam: (last: EventPage): string | undefined => last.next_cursor ?? undefined,
});
