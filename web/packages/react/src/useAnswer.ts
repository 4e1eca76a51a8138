import { useCallback, useSyncExternalStore } from 'react';
import { useAnalytics } from './AnalyticsProvider';
import type { Entry } from './cache';

/** What the cache knows under a name; nothing on a server. */
export function useAnswer<T>(name: string): Entry<T> {
  const { cache } = useAnalytics();
  const subscribe = useCallback((listener: () => void) => cache.subscribe(name, listener), [cache, name]);
  const now = () => cache.get<T>(name);
  return useSyncExternalStore(subscribe, now, now);
}
