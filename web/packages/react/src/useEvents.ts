import type { AnalyticsClient, Event, EventFilters, RequestOptions } from '@sightline/sdk';
import { useCallback, useEffect, useRef } from 'react';
import { useAnalytics } from './AnalyticsProvider';
import { nameOf } from './cache';
import { useAnswer } from './useAnswer';
import { useSeen } from './useSeen';

export interface UseEventsResult {
  /** Newest first, as of the first page. */
  events: readonly Event[];
  error: Error | undefined;
  /** There is no page yet, and one is on its way. */
  loading: boolean;
  /** A further page is on its way. */
  fetchingMore: boolean;
  hasMore: boolean;
  fetchMore: () => void;
  /** Start anew, with what was acknowledged since. */
  refetch: () => void;
  /** Put it on an element behind the last event: when it comes into sight, the next page is asked for. */
  sentinelRef: (element: Element | null) => void;
}

interface Walk {
  readonly events: readonly Event[];
  readonly cursor: string | null;
}

const NONE: readonly Event[] = [];
const STALE_MS = 30_000;

/** Events, page after page. */
export function useEvents(filters: EventFilters = {}): UseEventsResult {
  const analytics = useAnalytics();
  const name = nameOf('events', filters);
  const { data, error, fetching } = useAnswer<Walk>(name);
  const asked = useRef(filters);
  useEffect(() => {
    asked.current = filters;
  });
  const walk = useCallback(
    (before: Walk | undefined, age: number) => {
      const page = (signal: AbortSignal) => further(analytics.client, asked.current, before, { signal });
      void analytics.cache.fetch(name, page, age);
    },
    [analytics, name],
  );
  useEffect(() => walk(undefined, STALE_MS), [walk]);
  const fetchMore = useCallback(() => {
    const before = analytics.cache.get<Walk>(name).data;
    if (before && before.cursor !== null) walk(before, 0);
  }, [analytics, name, walk]);
  const refetch = useCallback(() => walk(undefined, 0), [walk]);
  const events = data?.events ?? NONE;
  const sentinelRef = useSeen(fetchMore, events.length);
  return {
    events,
    error,
    loading: !data && !error,
    fetchingMore: fetching && data !== undefined,
    hasMore: data !== undefined && data.cursor !== null,
    fetchMore,
    refetch,
    sentinelRef,
  };
}

/** The walk and its next page; pages without events are passed over. */
async function further(
  client: AnalyticsClient,
  filters: EventFilters,
  before: Walk | undefined,
  options: RequestOptions,
): Promise<Walk> {
  let cursor = before?.cursor ?? filters.cursor;
  for (;;) {
    const page = await client.getEventsPage({ ...filters, cursor }, options);
    if (page.items.length || page.next_cursor === null || page.next_cursor === cursor)
      return { events: [...(before?.events ?? []), ...page.items], cursor: page.next_cursor };
    cursor = page.next_cursor;
  }
}
