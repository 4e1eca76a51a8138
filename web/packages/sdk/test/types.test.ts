import { expectTypeOf, test } from 'vitest';
import {
  type AnalyticsClient,
  type AnalyticsClientOptions,
  type AnalyticsError,
  type ApiCall,
  type Event,
  type EventFilters,
  type EventOutcome,
  type EventPayload,
  isAnalyticsError,
  type MetricsSummary,
} from '../src';

test('the names and shapes that users write', () => {
  expectTypeOf<{ apiKey: string; baseUrl: string }>().toExtend<AnalyticsClientOptions>();
  expectTypeOf<AnalyticsClientOptions['onError']>().toEqualTypeOf<((error: AnalyticsError) => void) | undefined>();
  type Client = AnalyticsClient;
  expectTypeOf<Client['trackEvent']>().toEqualTypeOf<(event: EventPayload) => Promise<void>>();
  expectTypeOf<ReturnType<Client['trackEvents']>>().toEqualTypeOf<Promise<EventOutcome[]>>();
  expectTypeOf<ReturnType<Client['getEvents']>>().toEqualTypeOf<AsyncGenerator<Event, void, undefined>>();
  expectTypeOf<ReturnType<Client['getMetricsSummary']>>().toEqualTypeOf<Promise<MetricsSummary>>();
  expectTypeOf<ReturnType<Client['request']>>().toEqualTypeOf<Promise<unknown>>();
  expectTypeOf<Client['request']>().toBeCallableWith({ path: '/api/v1/brands', query: { limit: 5 } });
  expectTypeOf<Event['user_id']>().toEqualTypeOf<string>();
  expectTypeOf<EventFilters['event_type']>().toEqualTypeOf<string | readonly string[] | undefined>();
});

test('mistakes that the compiler finds', () => {
  expectTypeOf<{ apiKey: string }>().not.toExtend<AnalyticsClientOptions>();
  expectTypeOf<{ event_type: string }>().not.toExtend<EventPayload>();
  expectTypeOf<{ user_id: string; event_type: string; properties: { at: Date } }>().not.toExtend<EventPayload>();
  expectTypeOf<{ start_date: string }>().not.toExtend<Parameters<AnalyticsClient['getMetricsSummary']>[0]>();
  expectTypeOf<{ path: string; method: 'TRACE' }>().not.toExtend<ApiCall>();
  const caught: unknown = undefined;
  if (isAnalyticsError(caught)) expectTypeOf(caught).toEqualTypeOf<AnalyticsError>();
});
