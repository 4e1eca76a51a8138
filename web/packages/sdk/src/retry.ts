import { AnalyticsApiError, type AnalyticsError } from './errors';

/**
 * What to do about a failed try: wait so long [ms] and try again; split the batch, of which something is not acceptable;
 * or give up.
 */
export type RetryDecision = number | 'split' | 'give up';

const BASE_MS = 500;
const CAP_MS = 30_000;
/** The credential or the address is wrong, not the event: somebody has to change it first. */
const HOLD_MS = 60_000;

/**
 * How long to wait before another try. [ms]
 *
 * Uniform in [0, min(cap, base · 2^attempt)); where the API asks for a time, that and up to a tenth more.
 *
 * @param attempt Failed tries before this one, from 0.
 * @param chance Uniform in [0, 1).
 */
export function backoffMs(attempt: number, retryAfterMs: number | null, chance: number): number {
  if (retryAfterMs !== null) return retryAfterMs * (1 + 0.1 * chance);
  return chance * Math.min(CAP_MS, BASE_MS * 2 ** attempt);
}

/** What to do about a call that failed: wait, or give up after `maxRetries`. */
export function retryDecision(
  error: AnalyticsError,
  attempt: number,
  maxRetries: number,
  chance: number,
): RetryDecision {
  if (!error.retryable || attempt >= maxRetries) return 'give up';
  return backoffMs(attempt, error instanceof AnalyticsApiError ? error.retryAfterMs : null, chance);
}

/**
 * What to do about a batch that failed. Nothing is given up that may be accepted one day: a batch that is refused as a
 * whole is split until the one event that cannot be accepted stands alone.
 *
 * @param size Events in the batch.
 */
export function deliveryDecision(error: AnalyticsError, attempt: number, size: number, chance: number): RetryDecision {
  if (error.retryable) return retryDecision(error, attempt, Number.POSITIVE_INFINITY, chance);
  if (error instanceof AnalyticsApiError && ![400, 409, 413, 422].includes(error.status))
    return backoffMs(0, HOLD_MS, chance);
  return size > 1 ? 'split' : 'give up';
}

/** How long an answer asks to wait: `Retry-After-Ms`, or `Retry-After` in seconds or as a date. [ms] */
export function retryAfterMs(headers: Headers, now: number): number | null {
  const text = headers.get('retry-after') ?? '';
  const ms = Number(headers.get('retry-after-ms')) || Number(text) * 1000 || Date.parse(text) - now;
  return Number.isFinite(ms) ? Math.max(0, ms) : null;
}
