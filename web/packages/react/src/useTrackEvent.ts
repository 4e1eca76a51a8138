import type { EventPayload } from '@sightline/sdk';
import { useCallback } from 'react';
import { useAnalytics } from './AnalyticsProvider';

/**
 * A function that queues an event; it stays the same over renderings. It resolves when the event is kept and rejects only
 * for one that can never be accepted.
 */
export function useTrackEvent(): (event: EventPayload) => Promise<void> {
  const analytics = useAnalytics();
  return useCallback((event) => analytics.client.trackEvent(event), [analytics]);
}
