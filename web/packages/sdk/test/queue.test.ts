import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AnalyticsClient, type AnalyticsClientOptions, type AnalyticsError, type EventPayload } from '../src';
import {
  type Answer,
  environment,
  eventsOf,
  FakeApi,
  FakeClock,
  FakeFetch,
  FakePage,
  FakeStorage,
  problem,
  type Sent,
  settled,
} from './fakes';

const event = (event_type = 'visit', properties: EventPayload['properties'] = {}): EventPayload => ({
  user_id: 'u_1',
  event_type,
  properties,
});

function client(fetch: FakeFetch, options: Partial<AnalyticsClientOptions> = {}, parts = {}, clock = new FakeClock()) {
  const errors: AnalyticsError[] = [];
  const around = environment(fetch, parts, clock);
  const made = new AnalyticsClient(
    { apiKey: 'sl_test', baseUrl: 'http://api.test', onError: (error) => errors.push(error), ...options },
    around,
  );
  return { client: made, errors, clock };
}

const track = async (made: AnalyticsClient, count: number, type = 'visit') => {
  for (let n = 0; n < count; n++) await made.trackEvent(event(type));
};

test('twenty events go at once, fewer after five seconds', async () => {
  const fetch = new FakeFetch(new FakeApi().answer);
  const { client: made, clock } = client(fetch);
  await track(made, 20);
  await clock.pass(0);
  expect(fetch.sent.map((sent) => eventsOf(sent).length)).toEqual([20]);
  await track(made, 3);
  await clock.pass(4_999);
  expect(fetch.sent).toHaveLength(1);
  await clock.pass(1);
  expect(fetch.sent.map((sent) => eventsOf(sent).length)).toEqual([20, 3]);
});

test('a batch that failed is sent again with the same events under the same key', async () => {
  const fetch = new FakeFetch(() => problem(503), new FakeApi().answer);
  const { client: made, clock } = client(fetch);
  await track(made, 2);
  await clock.pass(5_000);
  await track(made, 2);
  await clock.pass(60_000);
  const [first, again] = fetch.sent;
  expect(again?.body).toBe(first?.body);
  expect(again?.headers['idempotency-key']).toBe(first?.headers['idempotency-key']);
  expect(made.pending).toBe(0);
});

test('the API decides how long to wait', async () => {
  const fetch = new FakeFetch(() => problem(429, 'quota-exceeded', { 'retry-after': '120' }), new FakeApi().answer);
  const { client: made, clock } = client(fetch);
  await track(made, 20);
  await clock.pass(119_999);
  await track(made, 25);
  await clock.pass(0);
  expect(fetch.sent).toHaveLength(1);
  await clock.pass(12_001);
  expect(made.pending).toBe(0);
});

test('one bad event costs no good one', async () => {
  const api = new FakeApi();
  const { client: made, errors, clock } = client(new FakeFetch(api.answer));
  await track(made, 10);
  await track(made, 1, 'bad');
  await track(made, 9);
  await clock.pass(0);
  expect(api.kept.size).toBe(19);
  expect(errors).toMatchObject([{ name: 'EventsRefusedError', refused: [{ event: { event_type: 'bad' } }] }]);
});

test('a request that is refused as a whole is divided until the event that cannot be taken stands alone', async () => {
  const api = new FakeApi();
  const strict: Answer = (sent, signal) =>
    eventsOf(sent).some((one) => one.event_type === 'poison') ? problem(400) : api.answer(sent, signal);
  const { client: made, errors, clock } = client(new FakeFetch(strict));
  await track(made, 7);
  await track(made, 1, 'poison');
  await track(made, 12);
  await clock.pass(0);
  expect(api.kept.size).toBe(19);
  expect(errors).toMatchObject([{ refused: [{ event: { event_type: 'poison' } }] }]);
});

test('a request that is too large is halved, and later ones grow again', async () => {
  const api = new FakeApi();
  const small: Answer = (sent, signal) => (eventsOf(sent).length > 6 ? problem(413) : api.answer(sent, signal));
  const fetch = new FakeFetch(small);
  const { client: made, clock } = client(fetch);
  await track(made, 20);
  await clock.pass(0);
  expect(api.kept.size).toBe(20);
  fetch.answers = [api.answer];
  await track(made, 60);
  await clock.pass(0);
  expect(Math.max(...fetch.sent.slice(-3).map((sent) => eventsOf(sent).length))).toBeGreaterThan(6);
});

test('a full queue loses the oldest, and says which', async () => {
  const api = new FakeApi();
  const fetch = new FakeFetch(() => problem(503), api.answer);
  const { client: made, errors, clock } = client(fetch, { maxQueueSize: 5, flushAt: 3 });
  for (const type of ['a', 'b', 'c']) await made.trackEvent(event(type));
  await clock.pass(0);
  for (const type of ['d', 'e', 'f', 'g']) await made.trackEvent(event(type));
  await clock.pass(60_000);
  const lost = errors.flatMap((error) => ('events' in error ? (error.events as EventPayload[]) : []));
  expect(lost.map((one) => one.event_type)).toEqual(['d', 'e']);
  expect([...api.kept.values()].map((one) => (one as EventPayload).event_type)).toEqual(['a', 'b', 'c', 'f', 'g']);
});

test('a wrong key keeps the events until it is right', async () => {
  const api = new FakeApi();
  const { client: made, errors, clock } = client(new FakeFetch(() => problem(401, 'unauthenticated'), api.answer));
  await track(made, 20);
  await clock.pass(0);
  expect(errors).toMatchObject([{ name: 'AuthenticationError', code: 'unauthenticated' }]);
  await clock.pass(70_000);
  expect(api.kept.size).toBe(20);
});

test('a batch that a server stumbles over does not hold up the others', async () => {
  const api = new FakeApi();
  const stumbles: Answer = (sent, signal) =>
    sent.body.includes('stone') ? problem(500, 'internal') : api.answer(sent, signal);
  const { client: made, clock } = client(new FakeFetch(stumbles));
  await track(made, 20, 'stone');
  await clock.pass(0);
  await track(made, 5);
  await clock.pass(120_000);
  expect(api.kept.size).toBe(5);
  expect(made.pending).toBe(20);
});

test('tracking resolves without a network, and flushing says what came of it', async () => {
  const fetch = new FakeFetch(() => Promise.reject(new TypeError('offline')));
  const { client: made, errors, clock } = client(fetch);
  await track(made, 3);
  const flushed = made.flush(1_000);
  await clock.pass(1_000);
  expect(await flushed).toBe(false);
  expect(errors.map(({ name }) => name)).toEqual(['AnalyticsConnectionError']);
  fetch.answers = [new FakeApi().answer];
  const again = made.flush(60_000);
  await clock.pass(60_000);
  expect(await again).toBe(true);
});

test('a network that is back is used at once', async () => {
  const page = new FakePage();
  const fetch = new FakeFetch(() => Promise.reject(new TypeError('offline')));
  const { client: made, clock } = client(fetch, {}, { page, random: () => 0.999 });
  await track(made, 1);
  await clock.pass(60_000);
  fetch.answers = [new FakeApi().answer];
  page.reconnect();
  await clock.pass(0);
  expect(made.pending).toBe(0);
});

test('a page that is hidden sends what outlives it, at most 60 kB, and keeps the rest for the next page', async () => {
  const api = new FakeApi();
  const page = new FakePage();
  const storage = new FakeStorage();
  const never: Answer = () => new Promise(() => {});
  const fetch = new FakeFetch(never);
  const { client: made, clock } = client(fetch, { flushAt: 1000 }, { page, storage });
  for (let n = 0; n < 40; n++) await made.trackEvent(event(`e${n}`, { pad: 'x'.repeat(4_000) }));
  page.hide(true);
  page.hide(false);
  await settled();
  expect(fetch.sent.every((sent) => sent.keepalive)).toBe(true);
  const bytes = fetch.sent.reduce((sum, sent) => sum + sent.body.length, 0);
  expect(bytes).toBeGreaterThan(40_000);
  expect(bytes).toBeLessThanOrEqual(60_000);

  const next = client(new FakeFetch(api.answer), {}, { storage, page: new FakePage(), newId: () => 'tab-2' }, clock);
  await clock.pass(0);
  expect(api.kept.size).toBe(40);
  expect(next.client.pending).toBe(0);
});

test('a tab that died is adopted when its lease has run out, and one that lives is not', async () => {
  const api = new FakeApi();
  const storage = new FakeStorage();
  const clock = new FakeClock();
  const dead = client(new FakeFetch(() => new Promise(() => {})), {}, { storage, setTimeout: () => 0 }, clock);
  await track(dead.client, 3);
  client(new FakeFetch(api.answer), {}, { storage, newId: () => 'tab-2' }, clock);
  await clock.pass(9_000);
  expect(api.kept.size).toBe(0);
  await clock.pass(3_000);
  expect(api.kept.size).toBe(3);
  expect(storage.length).toBe(0);
});

test('a waiting tab renews its lease', async () => {
  const storage = new FakeStorage();
  const clock = new FakeClock();
  const waits = client(
    new FakeFetch(() => problem(503, 'unavailable', { 'retry-after': '300' })),
    {},
    { storage },
    clock,
  );
  await track(waits.client, 20);
  await clock.pass(30_000);
  const other = client(new FakeFetch(new FakeApi().answer), {}, { storage, newId: () => 'tab-2' }, clock);
  await clock.pass(12_000);
  expect(other.client.pending).toBe(0);
  expect(waits.client.pending).toBe(20);
  expect(storage.length).toBe(1);
});

test('what one key queued is never sent with another', async () => {
  const api = new FakeApi();
  const storage = new FakeStorage();
  const offline = () => Promise.reject(new TypeError('offline'));
  const first = client(new FakeFetch(offline), { apiKey: 'sl_one' }, { storage });
  await track(first.client, 1);
  await Promise.all([first.client.shutdown(0), first.clock.pass(0)]);
  const second = client(new FakeFetch(api.answer), { apiKey: 'sl_two' }, { storage, newId: () => 'tab-2' });
  await second.clock.pass(60_000);
  expect(api.kept.size).toBe(0);
  expect([...storage.kept.keys()].join()).not.toContain('sl_one');
});

test('full or forbidden storage costs nothing but what it would have kept', async () => {
  const api = new FakeApi();
  const storage = new FakeStorage();
  storage.full = true;
  const { client: made, clock, errors } = client(new FakeFetch(api.answer), {}, { storage });
  await track(made, 20);
  await clock.pass(0);
  expect(api.kept.size).toBe(20);
  expect(errors).toEqual([]);
});

test('broken content of a storage is thrown away', async () => {
  const storage = new FakeStorage();
  const api = new FakeApi();
  const seed = client(new FakeFetch(api.answer), {}, { storage });
  await track(seed.client, 1);
  const name = storage.key(0) ?? '';
  storage.kept.set(`${name}x`, '{"until": 0, "events": "no list"}');
  storage.kept.set(`${name}y`, 'no json');
  client(new FakeFetch(api.answer), {}, { storage, newId: () => 'tab-2' });
  expect([...storage.kept.keys()]).toEqual([name]);
});

test('without consent nothing is kept or sent', async () => {
  const storage = new FakeStorage();
  const fetch = new FakeFetch(new FakeApi().answer);
  const { client: made, clock } = client(fetch, {}, { storage });
  await track(made, 3);
  made.optOut();
  await track(made, 30);
  await clock.pass(60_000);
  expect([storage.length, fetch.sent.length, made.pending]).toEqual([0, 0, 0]);
  made.optIn();
  await track(made, 20);
  await clock.pass(0);
  expect(fetch.sent).toHaveLength(1);
});

test('consent that is withdrawn while a request is under way is the end of it', async () => {
  const storage = new FakeStorage();
  let fail = () => {};
  const fetch = new FakeFetch(() => new Promise((_, reject) => (fail = () => reject(new TypeError('offline')))));
  const { client: made, errors, clock } = client(fetch, {}, { storage });
  await track(made, 20);
  await clock.pass(0);
  made.optOut();
  fail();
  await clock.pass(60_000);
  expect([fetch.sent.length, made.pending, storage.length, errors.length]).toEqual([1, 0, 0, 0]);
});

test('a loop that runs away is stopped, and said so', async () => {
  const fetch = new FakeFetch(new FakeApi().answer);
  const { client: made, errors, clock } = client(fetch, { maxEventsPerSecond: 10 });
  await track(made, 150);
  await clock.pass(0);
  expect(fetch.sent.flatMap(eventsOf)).toHaveLength(100);
  expect(errors).toHaveLength(50);
  expect(errors[0]).toMatchObject({ name: 'QueueOverflowError', reason: 'rate' });
});

test('a client that is shut down has sent everything, listens to nothing and takes nothing', async () => {
  const page = new FakePage();
  const api = new FakeApi();
  const { client: made, clock } = client(new FakeFetch(api.answer), {}, { page, storage: new FakeStorage() });
  await track(made, 3);
  const ended = made.shutdown();
  await clock.pass(0);
  expect(await ended).toBe(true);
  expect(api.kept.size).toBe(3);
  expect([page.listeners, clock.waiting]).toEqual([0, 0]);
  await expect(made.trackEvent(event())).rejects.toThrow('shut down');
});

test.each([
  ['no user', { event_type: 'visit' }],
  ['an empty type', { user_id: 'u', event_type: '' }],
  ['no event', undefined],
  ['a number too big for JSON', { user_id: 'u', event_type: 'visit', properties: { n: 1n } }],
])('%s is refused before it is queued', async (_, wrong) => {
  const { client: made } = client(new FakeFetch());
  await expect(made.trackEvent(wrong as unknown as EventPayload)).rejects.toMatchObject({ name: 'InvalidEventError' });
  expect(made.pending).toBe(0);
});

test('what the caller changes afterwards is not sent', async () => {
  const fetch = new FakeFetch(new FakeApi().answer);
  const { client: made, clock } = client(fetch);
  const properties = { plan: 'pro' };
  await made.trackEvent({ user_id: 'u', event_type: 'visit', properties });
  properties.plan = 'free';
  await clock.pass(5_000);
  expect(fetch.sent[0]?.body).toContain('pro');
});

const trouble = (api: FakeApi): Record<string, Answer> => ({
  accepts: api.answer,
  unavailable: () => problem(503, 'unavailable', { 'retry-after': '1' }),
  busy: () => problem(429, 'quota-exceeded'),
  broken: () => problem(500, 'internal'),
  offline: () => Promise.reject(new TypeError('offline')),
  'accepts, but the answer is lost': async (sent: Sent, signal: AbortSignal) => {
    await api.answer(sent, signal);
    throw new TypeError('connection reset');
  },
  'too large': (sent, signal) => (eventsOf(sent).length > 2 ? problem(413) : api.answer(sent, signal)),
  strict: (sent, signal) => (sent.body.includes('"bad"') ? problem(422) : api.answer(sent, signal)),
  'signed out': () => problem(401),
  portal: () => new Response('<html>', { status: 200 }),
  silent: (_, signal) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('ended')))),
});

const step = fc.oneof(
  fc.record({ kind: fc.constant('track' as const), count: fc.integer({ min: 1, max: 6 }), bad: fc.boolean() }),
  fc.record({ kind: fc.constant('pass' as const), ms: fc.constantFrom(0, 1, 500, 5_000, 60_000) }),
  fc.record({ kind: fc.constant('answer' as const), way: fc.constantFrom(...Object.keys(trouble(new FakeApi()))) }),
  fc.record({ kind: fc.constant('hide' as const), gone: fc.boolean() }),
);

type Step = typeof step extends fc.Arbitrary<infer Kind> ? Kind : never;

test('whatever the network does, every event is kept once, or refused and told', async () => {
  const run = async (steps: Step[], chance: number) => {
    const api = new FakeApi();
    const ways = trouble(api);
    const fetch = new FakeFetch(api.answer);
    const page = new FakePage();
    const parts = { page, storage: new FakeStorage(), random: () => chance };
    const options = { flushAt: 4, maxBatchSize: 5, maxEventsPerSecond: Number.POSITIVE_INFINITY };
    const { client: made, errors, clock } = client(fetch, options, parts);
    let good = 0;
    let bad = 0;
    for (const one of steps) {
      if (one.kind === 'track') {
        await track(made, one.count, one.bad ? 'bad' : 'visit');
        if (one.bad) bad += one.count;
        else good += one.count;
      } else if (one.kind === 'pass') await clock.pass(one.ms);
      else if (one.kind === 'hide') page.hide(one.gone);
      else fetch.answers = [ways[one.way] as Answer];
    }
    fetch.answers = [api.answer];
    await clock.pass(600_000);
    const refused = errors.flatMap((error) => ('refused' in error ? (error.refused as unknown[]) : []));
    expect({ pending: made.pending, kept: api.kept.size, refused: refused.length, left: parts.storage.length }).toEqual(
      {
        pending: 0,
        kept: good,
        refused: bad,
        left: 0,
      },
    );
    await Promise.all([made.shutdown(0), clock.pass(0)]);
  };
  await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 20 }), fc.constantFrom(0.01, 0.5, 0.999), run), {
    numRuns: 150,
  });
}, 60_000);
