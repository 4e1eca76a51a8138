import { AnalyticsConnectionError, type AnalyticsError, ValidationError } from '@sightline/sdk';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { address, answer, identity, retryDelayMs } from '../src/api/ask';
import { reasonOf } from '../src/api/reason';
import { activeWorkspace, enter, session, switchTo } from '../src/session/workspaces';

interface Sent {
  url: string;
  how: RequestInit;
  answer: (status: number, body: unknown, headers?: Record<string, string>) => void;
  fail: () => void;
}

const sent: Sent[] = [];
const headers = (one?: Sent) => one?.how.headers as Record<string, string>;
const settled = () => new Promise((resolve) => setImmediate(resolve));
const HEAVY = { path: '/api/v1/portfolio/health' };
const LIGHT = { path: '/api/v1/brands', query: { limit: 200, cursor: null } };

beforeEach(() => {
  vi.stubGlobal(
    'fetch',
    (url: string, how: RequestInit) =>
      new Promise<Response>((resolve, reject) => {
        sent.push({
          url,
          how,
          answer: (status, body, headers) => resolve(new Response(JSON.stringify(body), { status, headers })),
          fail: () => reject(new TypeError('no network')),
        });
      }),
  );
  for (const tenant of ['rival', 'acme']) enter({ tenant, name: tenant, kind: 'api_key', credential: `key-${tenant}` });
});
afterEach(() => {
  sent.length = 0;
  vi.unstubAllGlobals();
});

test('a question goes to the same origin, past every cache, as the active workspace', async () => {
  const found = answer<{ items: [] }>(LIGHT);
  await settled();
  expect(sent.map(({ url }) => url)).toEqual(['/api/v1/brands?limit=200']);
  expect(sent[0]?.how.cache).toBe('no-store');
  expect(headers(sent[0]).authorization).toBe('Bearer key-acme');
  sent[0]?.answer(200, { items: [] });
  expect(await found).toEqual({ items: [] });
});

test('a heavy question waits for the one before, and is not sent for whoever left meanwhile', async () => {
  const leaving = new AbortController();
  const first = answer<number>(HEAVY);
  const second = answer<number>(HEAVY, leaving.signal);
  const third = answer<number>(HEAVY);
  await settled();
  const light = answer<number>(LIGHT);
  await settled();
  expect(sent.map(({ url }) => url)).toEqual(['/api/v1/portfolio/health', '/api/v1/brands?limit=200']);
  leaving.abort();
  sent[0]?.answer(200, 1);
  await expect(second).rejects.toMatchObject({ name: 'AnalyticsAbortError' });
  await settled();
  expect(sent).toHaveLength(3);
  sent[1]?.answer(200, 2);
  sent[2]?.answer(200, 3);
  expect(await Promise.all([first, light, third])).toEqual([1, 2, 3]);
});

test('a refused credential leaves the workspace that asked, though another one is active by now', async () => {
  const found = answer(LIGHT);
  await settled();
  switchTo('rival');
  sent[0]?.answer(401, { title: 'Not signed in' });
  await expect(found).rejects.toMatchObject({ name: 'AuthenticationError' });
  expect(session()).toMatchObject({ refused: 'acme', active: 'rival' });
  expect(session().workspaces.map((one) => one.tenant)).toEqual(['rival']);
});

test('a credential that is being tried leaves no workspace', async () => {
  const found = answer(LIGHT, undefined, 'mistyped');
  await settled();
  expect(headers(sent[0]).authorization).toBe('Bearer mistyped');
  sent[0]?.answer(401, {});
  await expect(found).rejects.toMatchObject({ status: 401 });
  expect(activeWorkspace()?.tenant).toBe('acme');
});

test('an API that is busy is asked again when it wants to be; what else is wrong is told at once', async () => {
  const found = answer<number>(LIGHT);
  await settled();
  sent[0]?.answer(503, {}, { 'retry-after': '0' });
  await expect.poll(() => sent.length).toBe(2);
  sent[1]?.answer(200, 5);
  expect(await found).toBe(5);
  const silent = answer(LIGHT);
  await settled();
  sent[2]?.fail();
  await expect(silent).rejects.toMatchObject({ name: 'AnalyticsConnectionError' });
  expect(sent).toHaveLength(3);
});

describe('another try', () => {
  const busy = async (status: number, wait?: string): Promise<AnalyticsError> => {
    const found = answer<never>(LIGHT).catch((error) => error);
    await settled();
    sent.at(-1)?.answer(status, {}, wait === undefined ? {} : { 'retry-after': wait });
    return found;
  };

  test('comes later each time, at most eleven times, and never sooner than the API asks', async () => {
    const error = Object.assign(await busy(503, '6'), { retryAfterMs: 300 });
    expect([0, 2, 3, 10, 11].map((attempt) => retryDelayMs(error, attempt))).toEqual([300, 300, 400, 1100, null]);
  });

  test('does not come where it is far off, not announced, or of no use', async () => {
    expect(retryDelayMs(await busy(429, '6'), 0)).toBeNull();
    expect(retryDelayMs(await busy(503), 0)).toBeNull();
    expect(retryDelayMs(await busy(500, '1'), 0)).toBeNull();
    expect(retryDelayMs(new AnalyticsConnectionError('no connection'), 0)).toBeNull();
  });
});

test('what people are told is what the API said, field by field', () => {
  const errors = [{ code: 'range', detail: 'must be smaller', parameter: 'limit', pointer: null }];
  const said = { title: 'Invalid', detail: 'limit is too large', errors, request_id: 'r7' };
  expect(reasonOf(new ValidationError(422, said, null, null))).toEqual({
    text: 'limit is too large',
    fields: errors,
    requestId: 'r7',
  });
  expect(reasonOf(new ValidationError(502, {}, 'r8', null))).toEqual({
    text: 'Status 502',
    fields: [],
    requestId: 'r8',
  });
  expect(reasonOf(new AnalyticsConnectionError('no connection')).text).toContain('cannot be reached');
});

test('an address leaves out what has no value, and two questions are one if they say the same', () => {
  expect(address({ path: '/x', query: { a: 'b,c', d: '', e: null, f: false, g: 0 } })).toBe('/x?a=b,c&f=false&g=0');
  expect(identity({ path: '/x', query: { a: undefined } })).toBe(identity({ path: '/x' }));
});
