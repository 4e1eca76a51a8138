import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AnalyticsConnectionError, apiError, InvalidEventError } from '../src/errors';
import { backoffMs, deliveryDecision, retryAfterMs, retryDecision } from '../src/retry';

const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const answered = (status: number, wait: number | null = null, type = '/problems/any') =>
  apiError(status, { type }, null, wait);

test('a wait is anything up to its doubling bound, and never more than half a minute', () => {
  fc.assert(
    fc.property(fc.nat(40), chance, (attempt, at) => {
      const ms = backoffMs(attempt, null, at);
      expect(ms).toBeGreaterThanOrEqual(0);
      expect(ms).toBeLessThanOrEqual(Math.min(30_000, 500 * 2 ** attempt));
    }),
  );
});

test('a wait that the API asks for is kept, and not much more', () => {
  fc.assert(
    fc.property(fc.nat(40), fc.nat(600_000), chance, (attempt, asked, at) => {
      const ms = backoffMs(attempt, asked, at);
      expect(ms).toBeGreaterThanOrEqual(asked);
      expect(ms).toBeLessThanOrEqual(asked * 1.1);
    }),
  );
});

test.each([408, 425, 429, 500, 502, 503, 504])('%i is tried again', (status) => {
  expect(retryDecision(answered(status), 0, 2, 0.5)).toEqual(250);
  expect(retryDecision(answered(status), 2, 2, 0.5)).toEqual('give up');
});

test.each([400, 401, 403, 404, 409, 413, 422, 501])('%i is not', (status) => {
  expect(retryDecision(answered(status), 0, 2, 0.5)).toEqual('give up');
});

test('a request with the same key that is under way is waited for', () => {
  const error = answered(409, null, '/problems/request-under-way');
  expect(retryDecision(error, 0, 2, 0.5)).toEqual(250);
});

test('a lost connection is tried again, a mistake is not', () => {
  expect(retryDecision(new AnalyticsConnectionError(), 1, 2, 0.5)).toEqual(500);
  expect(retryDecision(new InvalidEventError(), 0, 2, 0.5)).toEqual('give up');
});

test('a queued batch is never given up for what may pass or be put right', () => {
  const passing = fc.constantFrom(401, 402, 403, 404, 408, 425, 429, 451, 500, 501, 503);
  fc.assert(
    fc.property(passing, fc.nat(1_000), fc.integer({ min: 1, max: 100 }), chance, (status, attempt, size, at) => {
      expect(deliveryDecision(answered(status), attempt, size, at)).toBeTypeOf('number');
    }),
  );
});

test.each([400, 409, 413, 422])('a queued batch refused with %i is split, and an event alone is given up', (status) => {
  expect(deliveryDecision(answered(status), 0, 2, 0.5)).toEqual('split');
  expect(deliveryDecision(answered(status), 0, 1, 0.5)).toEqual('give up');
});

test.each([
  ['retry-after-ms', '1500', 1_500],
  ['retry-after', '2', 2_000],
  ['retry-after', 'Mon, 05 Jan 2026 09:00:10 GMT', 10_000],
  ['retry-after', 'Mon, 05 Jan 2026 08:00:00 GMT', 0],
  ['retry-after', '0', 0],
  ['retry-after', 'soon', null],
  ['other', '2', null],
])('%s: %s', (name, text, ms) => {
  expect(retryAfterMs(new Headers({ [name]: text }), Date.UTC(2026, 0, 5, 9))).toBe(ms);
});
