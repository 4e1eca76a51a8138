import { act, render, renderHook, screen, waitFor } from '@testing-library/react';
import { StrictMode, useEffect } from 'react';
import { afterEach, expect, test, vi } from 'vitest';
import { type Answer, eventsOf, FakeApi, FakeFetch, json, problem, settled } from '../../sdk/test/fakes';
import { AnalyticsProvider, useAnalytics, useEvents, useMetrics, useTrackEvent } from '../src';
import { page, wrapping } from './wrapping';

afterEach(() => {
  vi.unstubAllGlobals();
  localStorage.clear();
});

const RANGE = { start_date: '2026-01-01', end_date: '2026-01-31' };
const summary = (org_id = 'acme') => json({ org_id, ...RANGE, metrics: [] });

test('two components that ask the same share one request, in StrictMode too', async () => {
  const { fetch, wrapper } = wrapping(() => summary());
  const Asking = ({ metrics }: { metrics: string[] }) => <p>{useMetrics({ ...RANGE, metrics }).data?.org_id}</p>;
  render(
    <>
      <Asking metrics={['events']} />
      <Asking metrics={['events']} />
    </>,
    { wrapper },
  );
  expect(await screen.findAllByText('acme')).toHaveLength(2);
  expect(fetch.sent).toHaveLength(1);
});

test('the order in which a question is put makes no other question of it', async () => {
  const { fetch, wrapper } = wrapping(() => summary());
  const { result, rerender } = renderHook((params: typeof RANGE) => useMetrics(params), {
    wrapper,
    initialProps: RANGE,
  });
  await waitFor(() => expect(result.current.data).toBeDefined());
  rerender({ end_date: RANGE.end_date, start_date: RANGE.start_date });
  await act(settled);
  expect(fetch.sent).toHaveLength(1);
});

test('an answer stays while a newer one is asked for, and when that fails', async () => {
  const { wrapper } = wrapping(
    () => summary('first'),
    () => problem(503, 'unavailable'),
    () => summary('second'),
  );
  const { result } = renderHook(() => useMetrics(RANGE), { wrapper });
  expect(result.current).toMatchObject({ loading: true, data: undefined });
  await waitFor(() => expect(result.current.data?.org_id).toBe('first'));
  act(() => result.current.refetch());
  expect(result.current).toMatchObject({ loading: false, fetching: true });
  await waitFor(() => expect(result.current.error?.name).toBe('ServerError'));
  expect(result.current.data?.org_id).toBe('first');
  act(() => result.current.refetch());
  await waitFor(() => expect(result.current).toMatchObject({ error: undefined, data: { org_id: 'second' } }));
});

test('a question that is not complete yet is not asked', async () => {
  const { fetch, wrapper } = wrapping(() => summary());
  const { result, rerender } = renderHook(({ enabled }) => useMetrics(RANGE, { enabled }), {
    wrapper,
    initialProps: { enabled: false },
  });
  await act(settled);
  expect([fetch.sent.length, result.current.loading]).toEqual([0, false]);
  rerender({ enabled: true });
  await waitFor(() => expect(result.current.data).toBeDefined());
});

test('a request that nobody waits for any more is ended', async () => {
  let ended = 0;
  const silent: Answer = (_, signal) =>
    new Promise((_, reject) =>
      signal.addEventListener('abort', () => {
        ended++;
        reject(new Error('ended'));
      }),
    );
  const { wrapper } = wrapping(silent);
  const { unmount } = renderHook(() => useMetrics(RANGE), { wrapper });
  await act(settled);
  expect(ended).toBe(0);
  unmount();
  await settled();
  expect(ended).toBe(1);
});

test('a component that moves to another place waits for the same request', async () => {
  let answer = (_: Response) => {};
  const { fetch, wrapper } = wrapping(() => new Promise((resolve) => (answer = resolve)));
  const Asking = () => <p>{useMetrics(RANGE).data?.org_id}</p>;
  const { rerender } = render(<Asking key="here" />, { wrapper });
  await act(settled);
  rerender(<Asking key="there" />);
  await act(settled);
  expect(fetch.sent).toHaveLength(1);
  answer(summary());
  await screen.findByText('acme');
});

test('events come page after page, and those without any are passed over', async () => {
  const { fetch, wrapper } = wrapping(page([1, 2], 'b'), page([], 'c'), page([3]));
  const { result } = renderHook(() => useEvents({ event_type: 'visit' }), { wrapper });
  await waitFor(() => expect(result.current.hasMore).toBe(true));
  act(() => {
    result.current.fetchMore();
    result.current.fetchMore();
  });
  await waitFor(() => expect(result.current.hasMore).toBe(false));
  expect(result.current.events.map(({ event_id }) => event_id)).toEqual(['e1', 'e2', 'e3']);
  expect(fetch.sent.map(({ url }) => url.searchParams.get('cursor'))).toEqual([null, 'b', 'c']);
  act(() => result.current.fetchMore());
  await act(settled);
  expect(fetch.sent).toHaveLength(3);
});

test('other filters begin another walk', async () => {
  const { fetch, wrapper } = wrapping(page([1]), page([2]));
  const { result, rerender } = renderHook((event_type: string) => useEvents({ event_type }), {
    wrapper,
    initialProps: 'visit',
  });
  await waitFor(() => expect(result.current.events[0]?.event_id).toBe('e1'));
  rerender('signup');
  await waitFor(() => expect(result.current.events[0]?.event_id).toBe('e2'));
  expect(fetch.sent.map(({ url }) => url.searchParams.get('event_type'))).toEqual(['visit', 'signup']);
});

test('the function that tracks stays the same', async () => {
  const { client, wrapper } = wrapping(new FakeApi().answer);
  const { result, rerender } = renderHook(() => useTrackEvent(), { wrapper });
  const before = result.current;
  rerender();
  expect(result.current).toBe(before);
  await result.current({ user_id: 'u', event_type: 'visit' });
  expect(client.pending).toBe(1);
  await expect(result.current({ user_id: '', event_type: 'visit' })).rejects.toThrow('user_id');
});

test('a hook without a provider says what is missing', () => {
  const quiet = vi.spyOn(console, 'error').mockImplementation(() => {});
  expect(() => renderHook(() => useAnalytics())).toThrow('<AnalyticsProvider>');
  quiet.mockRestore();
});

function LastWords() {
  const track = useTrackEvent();
  useEffect(() => () => void track({ user_id: 'u', event_type: 'left' }), [track]);
  return null;
}

test('what is tracked as the tree goes is delivered, and StrictMode makes one client only', async () => {
  const api = new FakeApi();
  const fetch = new FakeFetch(api.answer);
  vi.stubGlobal('fetch', fetch.fetch);
  const listening = vi.spyOn(document, 'addEventListener');
  const { unmount } = render(
    <StrictMode>
      <AnalyticsProvider apiKey="sl_test" baseUrl="http://api.test" flushAt={100}>
        <LastWords />
      </AnalyticsProvider>
    </StrictMode>,
  );
  await settled();
  unmount();
  await waitFor(() => expect(fetch.sent.flatMap(eventsOf).map((one) => one.event_type)).toEqual(['left', 'left']));
  expect(listening.mock.calls.filter(([name]) => name === 'visibilitychange')).toHaveLength(1);
  expect(localStorage).toHaveLength(0);
  listening.mockRestore();
});

test('who signs in as somebody else sees nothing of the one before', async () => {
  const answer: Answer = ({ headers }) => summary(headers.authorization?.slice('Bearer '.length));
  vi.stubGlobal('fetch', new FakeFetch(answer).fetch);
  const seen: (string | undefined)[] = [];
  function Asking() {
    const { data } = useMetrics(RANGE);
    seen.push(data?.org_id);
    return <p>{data?.org_id}</p>;
  }
  const tree = (apiKey: string) => (
    <AnalyticsProvider apiKey={apiKey} baseUrl="http://api.test">
      <Asking />
    </AnalyticsProvider>
  );
  const { rerender } = render(tree('one'));
  await screen.findByText('one');
  seen.length = 0;
  rerender(tree('two'));
  await screen.findByText('two');
  expect(seen).not.toContain('one');
});

test('a key from a function may be another function at every rendering', async () => {
  const fetch = new FakeFetch(() => summary());
  vi.stubGlobal('fetch', fetch.fetch);
  const Asking = () => <p>{useMetrics(RANGE).data?.org_id}</p>;
  const tree = (key: string) => (
    <AnalyticsProvider apiKey={() => key} baseUrl="http://api.test">
      <Asking />
    </AnalyticsProvider>
  );
  const { rerender } = render(tree('one'));
  rerender(tree('one'));
  await screen.findByText('acme');
  expect(fetch.sent).toHaveLength(1);
});
