import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import {
  AnalyticsClient,
  type AnalyticsClientOptions,
  type AnalyticsError,
  type Event,
  type EventFilters,
  type EventPayload,
  type EventsRefusedError,
} from '@sightline/sdk';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { apiError } from '../packages/sdk/src/errors';
import { openapiTypes, TARGET } from '../scripts/openapi-types.mjs';
import { startApi } from './api.mjs';

const ORIGIN = 'https://app.example.com';
let api: Awaited<ReturnType<typeof startApi>>;
let key: string;
let viewer: string;

beforeAll(async () => {
  api = await startApi({ SIGHTLINE_CORS_ORIGINS: ORIGIN });
  key = await api.key('operator');
  viewer = await api.key('viewer');
});
afterAll(() => api?.stop());

const client = (options: Partial<AnalyticsClientOptions> = {}, environment = {}) =>
  new AnalyticsClient({ apiKey: key, baseUrl: api.baseUrl, ...options }, environment);

const many = (count: number, event_type: string): EventPayload[] =>
  Array.from({ length: count }, (_, n) => ({ user_id: `u_${n % 7}`, event_type, properties: { n } }));

async function all(filters: EventFilters): Promise<Event[]> {
  const found: Event[] = [];
  for await (const event of client().getEvents(filters)) found.push(event);
  return found;
}

const caught = <T>(promise: Promise<unknown>) =>
  promise.then(
    () => expect.fail('it should have failed'),
    (error) => error as T,
  );

test('what is tracked can be read at once, page after page, each event once and as it was', async () => {
  const made = client();
  for (const event of many(45, 'walk')) await made.trackEvent(event);
  expect(await made.shutdown()).toBe(true);
  const found = await all({ event_type: 'walk', limit: 7 });
  expect(found.map(({ properties }) => properties.n).sort((a, b) => Number(a) - Number(b))).toEqual(
    many(45, '').map((_, n) => n),
  );
  expect(found.map(({ position }) => position)).toEqual(
    found.map(({ position }) => position).sort((one, other) => other - one),
  );
});

test('events that are sent again are known', async () => {
  const events = many(130, 'again').map((event, n) => ({
    ...event,
    event_id: `again-${n}`,
    timestamp: '2026-01-05T09:00:00Z',
  }));
  expect((await client().trackEvents(events)).every(({ status }) => status === 'accepted')).toBe(true);
  const others = events.map((event) => ({ ...event })).reverse();
  expect((await client().trackEvents(others)).every(({ status }) => status === 'duplicate')).toBe(true);
  expect(await all({ event_type: 'again' })).toHaveLength(130);
});

test('an answer that is lost costs nothing: the same request is answered again', async () => {
  let calls = 0;
  const replayed: (string | null)[] = [];
  const lossy: typeof fetch = async (...request) => {
    const answer = await fetch(...request);
    replayed.push(answer.headers.get('idempotent-replayed'));
    if (++calls === 1) throw new TypeError('connection reset');
    return answer;
  };
  const outcomes = await client({}, { fetch: lossy }).trackEvents(many(3, 'lossy'));
  expect(outcomes.map(({ status }) => status)).toEqual(['accepted', 'accepted', 'accepted']);
  expect(replayed).toEqual([null, 'true']);
  expect(await all({ event_type: 'lossy' })).toHaveLength(3);
});

test('of a hundred events with one that is wrong, ninety-nine are kept and one is told', async () => {
  const errors: AnalyticsError[] = [];
  const made = client({ flushAt: 1_000, onError: (error) => errors.push(error) });
  const events = many(100, 'mixed');
  events[41] = { user_id: 'u', event_type: 'mixed', timestamp: '2199-01-01T00:00:00Z' };
  for (const event of events) await made.trackEvent(event);
  expect(await made.shutdown()).toBe(true);
  expect(await all({ event_type: 'mixed' })).toHaveLength(99);
  const [error] = errors as EventsRefusedError[];
  expect(error?.refused.map(({ event }) => event.timestamp)).toEqual(['2199-01-01T00:00:00Z']);
  expect(error?.refused[0]?.errors[0]).toMatchObject({ pointer: '#/timestamp' });
  expect(error?.accepted).toHaveLength(99);
});

test('an API that goes away and comes back has every event once', async () => {
  const errors: AnalyticsError[] = [];
  const made = client({ onError: (error) => errors.push(error) });
  await api.end();
  for (const event of many(60, 'outage')) await made.trackEvent(event);
  expect(await made.flush(300)).toBe(false);
  await api.start();
  expect(await made.flush(30_000)).toBe(true);
  expect(await made.shutdown()).toBe(true);
  expect(errors.map(({ name }) => name)).toContain('AnalyticsConnectionError');
  expect(await all({ event_type: 'outage' })).toHaveLength(60);
});

test('conditions on properties are understood', async () => {
  await client().trackEvents(many(10, 'conditions'));
  const filters = { and: [{ property: 'n', op: 'gte', value: 3 }, { not: { property: 'n', op: 'eq', value: 5 } }] };
  const wrong = await caught<AnalyticsError>(client().getEventsPage({ filters }));
  expect(wrong).toMatchObject({ name: 'ValidationError', status: 422 });
  filters.and[0] = { property: 'n', op: 'ge', value: 3 };
  expect(await all({ event_type: ['conditions', 'others'], filters })).toHaveLength(6);
});

test('metrics come with their totals and how they were made', async () => {
  await client().trackEvents(many(12, 'counted').map((event) => ({ ...event, timestamp: '2026-02-03T12:00:00Z' })));
  const params = { start_date: '2026-02-01', end_date: '2026-02-05', metrics: ['events', 'active_users'] };
  const metrics = await settledMetrics(params);
  expect(metrics.map(({ metric_name, total }) => [metric_name, total.value])).toEqual([
    ['events', 12],
    ['active_users', 7],
  ]);
  expect(metrics[0]?.days.map(({ value }) => value)).toEqual([0, 0, 12, 0, 0]);
  expect(metrics[0]?.total.how).toBe('sum of 5 days');
});

/** Figures of days follow what was acknowledged within a second or so. */
async function settledMetrics(params: Parameters<AnalyticsClient['getMetricsSummary']>[0]) {
  for (let tries = 0; ; tries++) {
    const { metrics } = await client({ maxRetries: 8 }).getMetricsSummary(params);
    if (metrics[0]?.total.value || tries === 40) return metrics;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

test('what a key may not do is told by its kind', async () => {
  expect(await caught(client({ apiKey: 'sl_wrong' }).getEventsPage())).toMatchObject({
    name: 'AuthenticationError',
    code: 'unauthenticated',
  });
  expect(await caught(client({ apiKey: viewer }).trackEvents(many(1, 'x')))).toMatchObject({
    name: 'PermissionDeniedError',
    code: 'permission-missing',
    requestId: expect.stringMatching(/./),
  });
  expect(await caught(client().getEventsPage({ org_id: 'rival' }))).toMatchObject({ code: 'other-tenant' });
  expect(await caught(client().getEventsPage({ cursor: 'made-up' }))).toMatchObject({ retryable: false });
});

test('a token that is refused is replaced without anybody noticing', async () => {
  let renewals = 0;
  const made = client({
    apiKey: '',
    refreshToken: async () => {
      renewals++;
      return { token: key, expiresAt: Date.now() + 300_000 };
    },
  });
  const pages = await Promise.all(Array.from({ length: 6 }, () => made.getEventsPage({ limit: 1 })));
  expect([pages.length, renewals]).toEqual([6, 1]);
});

test('browsers of an allowed origin may send what this client sends, and read what it reads', async () => {
  const sent: Record<string, string>[] = [];
  const spying: typeof fetch = (url, init) => {
    sent.push(init?.headers as Record<string, string>);
    return fetch(url, { ...init, headers: { ...(init?.headers as Record<string, string>), origin: ORIGIN } });
  };
  await client({}, { fetch: spying }).trackEvents(many(1, 'cors'));
  const preflight = await fetch(`${api.baseUrl}/api/v1/events`, {
    method: 'OPTIONS',
    headers: { origin: ORIGIN, 'access-control-request-method': 'POST' },
  });
  const allowed = (preflight.headers.get('access-control-allow-headers') ?? '').toLowerCase().split(/, */);
  const simple = ['accept'];
  expect(Object.keys(sent[0] ?? {}).filter((name) => !simple.includes(name) && !allowed.includes(name))).toEqual([]);
  const answer = await fetch(`${api.baseUrl}/api/v1/events`, { headers: { origin: ORIGIN } });
  const readable = (answer.headers.get('access-control-expose-headers') ?? '').toLowerCase();
  expect(['x-request-id', 'retry-after'].filter((name) => !readable.includes(name))).toEqual([]);
});

test('every kind of problem that the API has is one of our errors', async () => {
  const { items } = (await (await fetch(`${api.baseUrl}/problems`)).json()) as {
    items: { type: string; status: number }[];
  };
  const unnamed = items
    .map(({ type, status }) => ({ type, error: apiError(status, { type }, null, null) }))
    .filter(({ error }) => error.name === 'AnalyticsApiError');
  expect(items.length).toBeGreaterThan(40);
  expect(new Set(unnamed.map(({ error }) => error.status))).toEqual(new Set([405, 406, 408, 412, 415]));
});

test('the types are those of the API', async () => {
  const document = await (await fetch(`${api.baseUrl}/openapi.json`)).json();
  expect(await readFile(TARGET, 'utf8'), 'run `npm run generate`').toBe(await openapiTypes(document));
});

test.each([
  ['a module', 'mjs', "import { AnalyticsClient } from '@sightline/sdk';"],
  ['CommonJS', 'cjs', "const { AnalyticsClient } = require('@sightline/sdk');"],
])('the built package works in Node as %s, and lets the process end', async (_, kind, load) => {
  const script = `${load}
    (async () => {
      const client = new AnalyticsClient({ apiKey: process.env.KEY, baseUrl: process.env.BASE });
      await client.trackEvent({ user_id: 'u', event_type: 'built-${kind}' });
      await client.shutdown();
    })();`;
  const type = kind === 'mjs' ? 'module' : 'commonjs';
  await promisify(execFile)(process.execPath, [`--input-type=${type}`, '-e', script], {
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    env: { ...process.env, KEY: key, BASE: api.baseUrl },
    timeout: 20_000,
  });
  expect(await all({ event_type: `built-${kind}` })).toHaveLength(1);
});
