import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import {
  type AccessToken,
  AnalyticsClient,
  type AnalyticsClientOptions,
  type AnalyticsError,
  isAnalyticsError,
  type RefusedEvent,
} from '../src';
import { digest } from '../src/batch';
import { apiError } from '../src/errors';
import { type Answer, environment, eventsOf, FakeApi, FakeClock, FakeFetch, FakePage, json, problem } from './fakes';

const BASE = 'http://api.test/';

function client(fetch: FakeFetch, options: Partial<AnalyticsClientOptions> = {}, parts = {}, clock = new FakeClock()) {
  return new AnalyticsClient({ apiKey: 'sl_test', baseUrl: BASE, ...options }, environment(fetch, parts, clock));
}

const item = (n: number) => ({ event_id: `e${n}`, event_type: 'visit' });
const page =
  (items: unknown[], next_cursor: string | null = null) =>
  () =>
    json({ items, next_cursor, as_of_position: 9 });
const many = (count: number, event_type = 'visit') =>
  Array.from({ length: count }, (_, n) => ({ user_id: `u${n}`, event_type }));
const caught = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error) => error,
  );

afterEach(() => {
  FakePage.tabs = [];
});

test('all pages are walked, empty ones too, and the filters go with each', async () => {
  const fetch = new FakeFetch(page([item(1)], 'b'), page([], 'c'), page([item(2)]));
  const found: string[] = [];
  const filters = {
    event_type: ['visit', 'sign,up'].slice(0, 1),
    filters: { property: 'plan', op: 'eq', value: 'pro' },
  };
  for await (const event of client(fetch).getEvents(filters)) found.push(event.event_id);
  expect(found).toEqual(['e1', 'e2']);
  expect(fetch.sent.map(({ url }) => url.searchParams.get('cursor'))).toEqual([null, 'b', 'c']);
  expect(fetch.sent.every(({ url }) => url.searchParams.get('event_type') === 'visit')).toBe(true);
  expect(fetch.sent[0]?.url.searchParams.get('filters')).toBe('{"property":"plan","op":"eq","value":"pro"}');
});

test('who leaves the loop asks for no further page', async () => {
  const fetch = new FakeFetch(page([item(1), item(2)], 'b'));
  for await (const _ of client(fetch).getEvents()) break;
  expect(fetch.sent).toHaveLength(1);
});

test('a page that names itself ends the walk', async () => {
  const fetch = new FakeFetch(page([item(1)], 'b'), page([item(2)], 'b'));
  const walk = async () => {
    for await (const _ of client(fetch).getEvents()) {
    }
  };
  await expect(walk()).rejects.toMatchObject({ name: 'CursorRepeatedError' });
});

test('metrics are asked for by name and day', async () => {
  const fetch = new FakeFetch(() => json({ org_id: 'acme', metrics: [] }));
  const range = { start_date: '2026-01-01', end_date: '2026-01-31' };
  await client(fetch).getMetricsSummary({ ...range, metrics: ['events', 'revenue'] });
  expect(fetch.sent[0]?.url.href).toBe(
    'http://api.test/api/v1/metrics/summary?start_date=2026-01-01&end_date=2026-01-31&metrics=events%2Crevenue',
  );
  expect(fetch.sent[0]?.headers.authorization).toBe('Bearer sl_test');
});

test('any call goes out in the words of the API, without what has no value', async () => {
  const fetch = new FakeFetch(() => json({ items: [] }));
  const query = { limit: 200, names: ['a', 'b'], none: [], summary: false, cursor: null, city: '', page: undefined };
  expect(await client(fetch).request<{ items: [] }>({ path: '/api/v1/brands', query })).toEqual({ items: [] });
  const body = { name: 'nightly' };
  await client(fetch).request({ method: 'PATCH', path: '/api/v1/keys/k', body, headers: { 'if-match': '"v3"' } });
  const [get, patch] = fetch.sent;
  expect([get?.method, get?.url.search, get?.body]).toEqual(['GET', '?limit=200&names=a%2Cb&summary=false', '']);
  expect(get?.headers['content-type']).toBeUndefined();
  expect([patch?.method, patch?.body]).toEqual(['PATCH', '{"name":"nightly"}']);
  expect(patch?.headers).toMatchObject({
    authorization: 'Bearer sl_test',
    'content-type': 'application/json',
    'if-match': '"v3"',
  });
});

test('an answer without content is undefined', async () => {
  const fetch = new FakeFetch(() => new Response(null, { status: 204 }));
  expect(await client(fetch).request({ method: 'DELETE', path: '/api/v1/keys/k' })).toBeUndefined();
});

test.each([
  ['GET', undefined, 3],
  ['POST', undefined, 1],
  ['POST', { maxRetries: undefined }, 1],
  ['POST', { maxRetries: 1 }, 2],
  ['DELETE', undefined, 1],
] as const)('%s with %o is tried so often: %i', async (method, options, tries) => {
  const clock = new FakeClock();
  const fetch = new FakeFetch(() => problem(503));
  const call = caught(client(fetch, {}, {}, clock).request({ method, path: '/api/v1/jobs' }, options));
  await clock.pass(60_000);
  expect(await call).toMatchObject({ name: 'ServerError', status: 503 });
  expect(fetch.sent).toHaveLength(tries);
});

test('the caller may say how long to wait before another try, and when to give up', async () => {
  const clock = new FakeClock();
  const fetch = new FakeFetch(
    () => problem(503, 'busy', { 'retry-after': '1' }),
    () => problem(404),
  );
  const told: unknown[] = [];
  const retryDelayMs = (error: AnalyticsError, attempt: number) => {
    told.push([error.name, attempt]);
    return error.retryable ? 7_000 : null;
  };
  const call = caught(client(fetch, {}, {}, clock).request({ path: '/x' }, { maxRetries: 0, retryDelayMs }));
  await clock.pass(6_999);
  expect(fetch.sent).toHaveLength(1);
  await clock.pass(1);
  expect(await call).toMatchObject({ name: 'NotFoundError' });
  expect(told).toEqual([
    ['ServerError', 0],
    ['NotFoundError', 1],
  ]);
});

test('events beyond a hundred go in several requests', async () => {
  const api = new FakeApi();
  const fetch = new FakeFetch(api.answer);
  const outcomes = await client(fetch).trackEvents(many(250));
  expect(fetch.sent.map((sent) => eventsOf(sent).length)).toEqual([100, 100, 50]);
  expect(outcomes.every(({ status }) => status === 'accepted')).toBe(true);
  expect(outcomes.map(({ index }) => index)).toEqual(many(250).map((_, index) => index));
});

test('events that are refused are named, and the others are kept', async () => {
  const api = new FakeApi();
  const events = [...many(3), ...many(1, 'bad'), ...many(2)];
  const error = await caught(client(new FakeFetch(api.answer)).trackEvents(events));
  expect(error).toMatchObject({
    name: 'EventsRefusedError',
    message: '1 events refused, 0 unsent: is bad',
    retryable: false,
  });
  expect(error.refused.map(({ event }: RefusedEvent) => event.event_type)).toEqual(['bad']);
  expect(error.accepted).toHaveLength(5);
});

test('where the network ends in between, the error says what is kept and what to send again', async () => {
  const api = new FakeApi();
  const fetch = new FakeFetch(api.answer, () => Promise.reject(new TypeError('offline')));
  const error = await caught(client(fetch, { maxRetries: 0 }).trackEvents(many(150)));
  expect(error).toMatchObject({ retryable: true, cause: { name: 'AnalyticsConnectionError' } });
  expect([error.accepted.length, error.unsent.length]).toEqual([100, 50]);
  const again = new FakeFetch(api.answer);
  await client(again).trackEvents(error.unsent);
  expect(api.kept.size).toBe(150);
});

test('an answer that got lost is asked for again under the same key', async () => {
  const api = new FakeApi();
  const lost: Answer = async (sent, signal) => {
    await api.answer(sent, signal);
    throw new TypeError('connection reset');
  };
  const fetch = new FakeFetch(lost, api.answer);
  const clock = new FakeClock();
  const sent = client(fetch, {}, {}, clock).trackEvents(many(3));
  await clock.pass(1_000);
  expect((await sent).map(({ status }) => status)).toEqual(Array(3).fill('duplicate'));
  expect(api.keys.size).toBe(1);
});

test.each([
  [400, 'BadRequestError'],
  [401, 'AuthenticationError'],
  [403, 'PermissionDeniedError'],
  [404, 'NotFoundError'],
  [409, 'ConflictError'],
  [413, 'PayloadTooLargeError'],
  [422, 'ValidationError'],
  [429, 'RateLimitError'],
  [500, 'ServerError'],
  [418, 'AnalyticsApiError'],
])('%i is a %s with everything the API said', async (status, name) => {
  const headers = { 'x-request-id': 'r9', 'retry-after': '3' };
  const fetch = new FakeFetch(() => problem(status, 'some-slug', headers));
  const error = await caught(client(fetch, { maxRetries: 0 }).getEventsPage());
  expect(error).toMatchObject({ name, status, code: 'some-slug', requestId: 'r9', retryAfterMs: 3_000 });
  expect(isAnalyticsError(error)).toBe(true);
});

test('errors of another copy of the package are known', () => {
  const copy = Object.assign(new Error('x'), { [Symbol.for('sightline.AnalyticsError')]: true });
  expect([isAnalyticsError(copy), isAnalyticsError(new Error('x')), isAnalyticsError(null)]).toEqual([
    true,
    false,
    false,
  ]);
  expect(apiError(404, { type: 'https://iana.org/assignments/x#quota-exceeded' }, null, null).code).toBe(
    'quota-exceeded',
  );
});

const silent: Answer = (_, signal) =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(new DOMException('', 'AbortError'))));

test('a call ends when its time is over, after as many tries as were asked for', async () => {
  const fetch = new FakeFetch(silent);
  const clock = new FakeClock();
  const error = caught(client(fetch, { timeoutMs: 1_000, maxRetries: 1 }, {}, clock).getEventsPage());
  await clock.pass(10_000);
  expect(await error).toMatchObject({ name: 'AnalyticsTimeoutError', retryable: true });
  expect([fetch.sent.length, clock.waiting]).toEqual([2, 0]);
});

test.each(['the answer', 'the next try'])('a signal ends a call that waits for %s', async (what) => {
  const stop = new AbortController();
  const clock = new FakeClock();
  const fetch = new FakeFetch(what === 'the answer' ? silent : () => problem(503));
  const error = caught(client(fetch, {}, {}, clock).getEventsPage({}, { signal: stop.signal }));
  await clock.pass(1);
  stop.abort();
  expect(await error).toMatchObject({ name: 'AnalyticsAbortError' });
  expect([fetch.sent.length, clock.waiting]).toEqual([1, 0]);
});

test('a signal that is spent before sends nothing anybody waits for', async () => {
  const error = await caught(client(new FakeFetch(silent)).getEventsPage({}, { signal: AbortSignal.abort() }));
  expect(error).toMatchObject({ name: 'AnalyticsAbortError' });
});

/** Takes the tokens that it is told to. */
const guarded =
  (good: () => string): Answer =>
  (sent) =>
    sent.headers.authorization === `Bearer ${good()}` ? page([])() : problem(401, 'unauthenticated');

test('eight calls that meet an ended token renew it once', async () => {
  let renewals = 0;
  const fetch = new FakeFetch(guarded(() => 'new'));
  const made = client(fetch, { apiKey: 'old', refreshToken: async () => `new${'!'.repeat(renewals++)}` });
  await Promise.all(Array.from({ length: 8 }, () => made.getEventsPage()));
  expect([renewals, fetch.sent.length]).toEqual([1, 16]);
  await made.getEventsPage();
  expect(fetch.sent).toHaveLength(17);
});

test('a key that comes from a function is asked for again when it is refused', async () => {
  const keys = ['old', 'new', 'new'];
  const made = client(new FakeFetch(guarded(() => 'new')), { apiKey: () => keys.shift() ?? '' });
  expect(await made.getEventsPage()).toMatchObject({ items: [] });
});

test('a renewal that fails is the end of the call, and is not tried again for a minute', async () => {
  let renewals = 0;
  const refreshToken = async () => {
    renewals++;
    throw new Error('session over');
  };
  const clock = new FakeClock();
  const made = client(new FakeFetch(guarded(() => 'new')), { refreshToken }, {}, clock);
  for (let n = 0; n < 3; n++) expect(await caught(made.getEventsPage())).toMatchObject({ status: 401 });
  expect(renewals).toBe(1);
  clock.now += 60_001;
  await caught(made.getEventsPage());
  expect(renewals).toBe(2);
});

test('a token that ends soon is renewed before, without anybody waiting', async () => {
  const clock = new FakeClock();
  let renewals = 0;
  const refreshToken = async (): Promise<AccessToken> => ({
    token: `t${++renewals}`,
    expiresAt: clock.now + 300_000,
  });
  const made = client(
    new FakeFetch((sent) => (sent.headers.authorization === 'Bearer old' ? problem(401) : page([])())),
    { apiKey: 'old', refreshToken },
    {},
    clock,
  );
  await made.getEventsPage();
  clock.now += 209_000;
  await made.getEventsPage();
  expect(renewals).toBe(1);
  clock.now += 2_000;
  await made.getEventsPage();
  await made.getEventsPage();
  expect(renewals).toBe(2);
});

test('who signs out while a token is renewed stays signed out', async () => {
  let finish = (_: string) => {};
  const refreshToken = () => new Promise<string>((resolve) => (finish = resolve));
  const clock = new FakeClock();
  const fetch = new FakeFetch(guarded(() => 'new'));
  const made = client(fetch, { apiKey: 'old', refreshToken }, {}, clock);
  const first = caught(made.getEventsPage());
  await clock.pass(0);
  made.forgetToken();
  finish('new');
  expect(await first).toMatchObject({ status: 401 });
  void caught(made.getEventsPage());
  await clock.pass(0);
  expect(fetch.sent.at(-1)?.headers.authorization).toBe('Bearer old');
});

test('a token that one tab renewed serves the others', async () => {
  const renewals = [0, 0];
  const clock = new FakeClock();
  const tabs = renewals.map((_, tab) =>
    client(
      new FakeFetch(guarded(() => 'new')),
      {
        apiKey: () => 'old',
        queueName: 'acme',
        refreshToken: async () => {
          renewals[tab] = (renewals[tab] ?? 0) + 1;
          return { token: 'new', expiresAt: clock.now + 300_000 };
        },
      },
      { page: new FakePage() },
      clock,
    ),
  );
  for (const tab of tabs) await tab.getEventsPage();
  expect(renewals).toEqual([1, 0]);
});

test('texts that differ have keys that differ', () => {
  const text = fc.string({ maxLength: 6 });
  fc.assert(
    fc.property(text, text, (one, other) => {
      expect(digest(one) === digest(other)).toBe(one === other);
    }),
    { numRuns: 2_000 },
  );
  const flips = Array.from({ length: 5_000 }, (_, n) => digest(`{"events":[{"event_id":"id-${n}"}]}`));
  for (let lane = 0; lane < 4; lane++)
    expect(new Set(flips.map((one) => one.slice(lane * 8, lane * 8 + 8))).size).toBeGreaterThan(4_990);
});
