'use client';

export { type Analytics, AnalyticsProvider, type AnalyticsProviderProps, useAnalytics } from './AnalyticsProvider';
export { EventsTable, type EventsTableProps } from './EventsTable';
export { eventsQueryOptions, metricsQueryOptions } from './queryOptions';
export { type UseEventsResult, useEvents } from './useEvents';
export { type UseMetricsOptions, type UseMetricsResult, useMetrics } from './useMetrics';
export { useTrackEvent } from './useTrackEvent';
