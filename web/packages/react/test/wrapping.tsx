import { AnalyticsClient } from '@sightline/sdk';
import { type ReactNode, StrictMode } from 'react';
import { environment, FakeClock, FakeFetch, json } from '../../sdk/test/fakes';
import { AnalyticsProvider } from '../src';

export const event = (n: number, type = 'visit') => ({
  event_id: `e${n}`,
  user_id: `u${n}`,
  event_type: type,
  timestamp: '2026-01-05T09:00:00.123Z',
  properties: { n },
  received_at: '2026-01-05T09:00:01Z',
  schema_version: null,
  position: n,
});

export const page =
  (numbers: number[], next_cursor: string | null = null) =>
  () =>
    json({ items: numbers.map((n) => event(n)), next_cursor, as_of_position: 9 });

/** A client over answers that were prepared, and a tree in StrictMode that has it. */
export function wrapping(...answers: ConstructorParameters<typeof FakeFetch>) {
  const fetch = new FakeFetch(...answers);
  const clock = new FakeClock();
  const client = new AnalyticsClient(
    { apiKey: 'sl_test', baseUrl: 'http://api.test', maxRetries: 0 },
    environment(fetch, {}, clock),
  );
  const wrapper = ({ children }: { children: ReactNode }) => (
    <StrictMode>
      <AnalyticsProvider client={client}>{children}</AnalyticsProvider>
    </StrictMode>
  );
  return { fetch, client, clock, wrapper };
}
