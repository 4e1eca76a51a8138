import { AnalyticsClient, type AnalyticsClientOptions } from '@sightline/sdk';
import { createContext, type ReactElement, type ReactNode, useContext, useEffect, useState } from 'react';
import { QueryCache } from './cache';

/** Either a client of your own, which you shut down yourself, or what one is made of. */
export type AnalyticsProviderProps = { children?: ReactNode } & ({ client: AnalyticsClient } | AnalyticsClientOptions);

/** The client of a part of the tree, made when it is first needed and never while rendering. */
export class Analytics {
  readonly cache = new QueryCache();
  #made: AnalyticsClient | undefined;
  #mounted = false;

  constructor(public props: AnalyticsProviderProps) {}

  get client(): AnalyticsClient {
    if ('client' in this.props) return this.props.client;
    this.#made ??= new AnalyticsClient({
      ...this.props,
      apiKey: this.#apiKey(),
      onError: (error) => 'onError' in this.props && this.props.onError?.(error),
    });
    return this.#made;
  }

  /** To be called when mounted; the answer, when unmounted: StrictMode does both and mounts again. */
  mount(): () => void {
    this.#mounted = true;
    return () => {
      this.#mounted = false;
      // Later, for what children track as they go.
      queueMicrotask(() => this.#mounted || this.#end());
    };
  }

  #apiKey(): AnalyticsClientOptions['apiKey'] {
    const { apiKey } = this.props as AnalyticsClientOptions;
    const latest = () => (this.props as AnalyticsClientOptions).apiKey as () => string | Promise<string>;
    return typeof apiKey === 'string' ? apiKey : () => latest()();
  }

  #end(): void {
    void this.#made?.shutdown();
    this.#made = undefined;
  }
}

const Context = createContext<Analytics | null>(null);

/**
 * Gives the tree below it a client and a cache of answers. Both are new where the key, the address or the client is another
 * one, so that nobody sees what was answered to somebody else.
 */
export function AnalyticsProvider(props: AnalyticsProviderProps): ReactElement {
  const [analytics, setAnalytics] = useState(() => new Analytics(props));
  const current = sameAs(analytics.props, props) ? analytics : new Analytics(props);
  if (current !== analytics) setAnalytics(current);
  useEffect(() => {
    current.props = props;
  });
  useEffect(() => current.mount(), [current]);
  return <Context.Provider value={current}>{props.children}</Context.Provider>;
}

/** The client and the cache of the tree. */
export function useAnalytics(): Analytics {
  const analytics = useContext(Context);
  if (!analytics) throw new Error('there is no <AnalyticsProvider> around this component');
  return analytics;
}

function sameAs(one: AnalyticsProviderProps, other: AnalyticsProviderProps): boolean {
  if ('client' in one || 'client' in other) return 'client' in one && 'client' in other && one.client === other.client;
  const key = ({ apiKey }: AnalyticsClientOptions) => (typeof apiKey === 'string' ? apiKey : '');
  return key(one) === key(other) && one.baseUrl === other.baseUrl && one.queueName === other.queueName;
}
