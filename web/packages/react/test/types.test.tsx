import { AnalyticsClient, type EventPayload, type MetricsSummary } from '@sightline/sdk';
import { expectTypeOf, test } from 'vitest';
import {
  type AnalyticsProviderProps,
  EventsTable,
  type EventsTableProps,
  eventsQueryOptions,
  type UseMetricsResult,
  type useTrackEvent,
} from '../src';

test('the names and shapes that users write', () => {
  expectTypeOf<{ apiKey: string; baseUrl: string }>().toExtend<AnalyticsProviderProps>();
  expectTypeOf<{ client: AnalyticsClient }>().toExtend<AnalyticsProviderProps>();
  expectTypeOf<{ org_id: string; event_type: string }>().toExtend<EventsTableProps>();
  expectTypeOf<ReturnType<typeof useTrackEvent>>().toEqualTypeOf<(event: EventPayload) => Promise<void>>();
  expectTypeOf<UseMetricsResult['data']>().toEqualTypeOf<MetricsSummary | undefined>();
  expectTypeOf(EventsTable).returns.not.toBeAny();
  const client = new AnalyticsClient({ apiKey: 'sl_test', baseUrl: 'http://api.test' });
  expectTypeOf(eventsQueryOptions(client).getNextPageParam).returns.toEqualTypeOf<string | undefined>();
});

test('mistakes that the compiler finds', () => {
  expectTypeOf<{ apiKey: string }>().not.toExtend<AnalyticsProviderProps>();
  expectTypeOf<{ cursor: string }>().not.toExtend<Required<Pick<EventsTableProps, 'org_id'>>>();
});
