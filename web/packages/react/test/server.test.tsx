// @vitest-environment node
import { renderToString } from 'react-dom/server';
import { afterEach, expect, test, vi } from 'vitest';
import { FakeFetch } from '../../sdk/test/fakes';
import { AnalyticsProvider, EventsTable, useMetrics, useTrackEvent } from '../src';

afterEach(() => vi.unstubAllGlobals());

function Page() {
  useTrackEvent();
  const { loading } = useMetrics({ start_date: '2026-01-01', end_date: '2026-01-31' });
  return (
    <main>
      {loading && 'Loading metrics'}
      <EventsTable event_type="visit" />
    </main>
  );
}

test('a server renders what is loading, and asks for nothing', () => {
  expect(typeof document).toBe('undefined');
  const fetch = new FakeFetch();
  vi.stubGlobal('fetch', fetch.fetch);
  const html = renderToString(
    <AnalyticsProvider apiKey="sl_test" baseUrl="http://api.test">
      <Page />
    </AnalyticsProvider>,
  );
  expect(html).toContain('Loading metrics');
  expect(html).toContain('Loading events…');
  expect(html).not.toContain('sl_test');
  expect(fetch.sent).toEqual([]);
});
