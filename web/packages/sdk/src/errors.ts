import type { EventPayload, FieldProblem, Problem } from './types';

const BRAND = Symbol.for('sightline.AnalyticsError');

/**
 * Everything that this package throws or hands to `onError`.
 *
 *     AnalyticsError
 *     ├── InvalidEventError           the caller's mistake; nothing was queued
 *     ├── AnalyticsAbortError         the caller's signal
 *     ├── CursorRepeatedError         the walk would never end
 *     ├── QueueOverflowError          events were let go, oldest first
 *     ├── EventsRefusedError          the API kept the others and refused these
 *     ├── AnalyticsConnectionError    no answer
 *     │   └── AnalyticsTimeoutError   no answer in time
 *     └── AnalyticsApiError           an answer that says no
 *         └── BadRequestError, AuthenticationError, PermissionDeniedError, NotFoundError, ConflictError,
 *             PayloadTooLargeError, ValidationError, RateLimitError, ServerError
 */
export class AnalyticsError extends Error {
  override name = 'AnalyticsError';
  readonly [BRAND] = true;

  /** Whether the same call may succeed later. */
  get retryable(): boolean {
    return false;
  }
}

/** Whether a value is one of these errors, though it come from another copy of the package. */
export const isAnalyticsError = (value: unknown): value is AnalyticsError =>
  typeof value === 'object' && value !== null && BRAND in value;

/** An event that can never be accepted, found before it was queued. */
export class InvalidEventError extends AnalyticsError {
  override name = 'InvalidEventError';
}

/** The caller's signal ended the call. */
export class AnalyticsAbortError extends AnalyticsError {
  override name = 'AnalyticsAbortError';
}

/** A page named itself as its next one. */
export class CursorRepeatedError extends AnalyticsError {
  override name = 'CursorRepeatedError';
}

/** Events were let go: the queue was full, or more came at once than a person can cause. */
export class QueueOverflowError extends AnalyticsError {
  override name = 'QueueOverflowError';
  constructor(
    /** What is lost. */
    readonly events: readonly EventPayload[],
    readonly reason: 'queue' | 'rate',
  ) {
    super(`${events.length} events lost: the ${reason} is over its limit`);
  }
}

/** An event that was refused, and why. */
export interface RefusedEvent {
  readonly event: EventPayload;
  readonly errors: readonly FieldProblem[];
}

/** Some events were not accepted; all others of the call were. */
export class EventsRefusedError extends AnalyticsError {
  override name = 'EventsRefusedError';
  constructor(
    /** These will never be accepted as they are. */
    readonly refused: readonly RefusedEvent[],
    /** Ids of those that are kept for good. */
    readonly accepted: readonly string[] = [],
    /** Their fate is unknown; with their ids they can be sent again, and nothing counts twice. */
    readonly unsent: readonly EventPayload[] = [],
    options?: ErrorOptions,
  ) {
    super(
      `${refused.length} events refused, ${unsent.length} unsent: ${refused[0]?.errors[0]?.detail ?? options?.cause}`,
      options,
    );
  }

  override get retryable(): boolean {
    return !this.refused.length && !!(this.cause as AnalyticsError)?.retryable;
  }
}

/** There was no answer. */
export class AnalyticsConnectionError extends AnalyticsError {
  override name = 'AnalyticsConnectionError';
  override get retryable(): boolean {
    return true;
  }
}

/** There was no answer in time. */
export class AnalyticsTimeoutError extends AnalyticsConnectionError {
  override name = 'AnalyticsTimeoutError';
}

/** The API said no. */
export class AnalyticsApiError extends AnalyticsError {
  override name = 'AnalyticsApiError';
  constructor(
    readonly status: number,
    /** The body; empty where the answer was no problem document. */
    readonly problem: Partial<Problem>,
    /** Names the request in the API's logs. */
    readonly requestId: string | null,
    /** How long the API asks to wait, if it does. [ms] */
    readonly retryAfterMs: number | null,
  ) {
    super(`${status} ${problem.detail ?? ''}`);
  }

  /** What kind of problem it is, such as `permission-missing`; stable. */
  get code(): string | undefined {
    return this.problem.type?.split(/[/#]/).pop();
  }

  override get retryable(): boolean {
    return (
      [408, 425, 429].includes(this.status) ||
      (this.status >= 500 && this.status !== 501) ||
      this.code === 'request-under-way'
    );
  }
}

export class BadRequestError extends AnalyticsApiError {
  override name = 'BadRequestError';
}
export class AuthenticationError extends AnalyticsApiError {
  override name = 'AuthenticationError';
}
export class PermissionDeniedError extends AnalyticsApiError {
  override name = 'PermissionDeniedError';
}
export class NotFoundError extends AnalyticsApiError {
  override name = 'NotFoundError';
}
export class ConflictError extends AnalyticsApiError {
  override name = 'ConflictError';
}
export class PayloadTooLargeError extends AnalyticsApiError {
  override name = 'PayloadTooLargeError';
}
export class ValidationError extends AnalyticsApiError {
  override name = 'ValidationError';
}
export class RateLimitError extends AnalyticsApiError {
  override name = 'RateLimitError';
}
export class ServerError extends AnalyticsApiError {
  override name = 'ServerError';
}

/** The error for an answer that says no. */
export function apiError(...facts: ConstructorParameters<typeof AnalyticsApiError>): AnalyticsApiError {
  const kinds: Record<number, typeof AnalyticsApiError> = {
    400: BadRequestError,
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    409: ConflictError,
    413: PayloadTooLargeError,
    422: ValidationError,
    429: RateLimitError,
  };
  const [status] = facts;
  return new (kinds[status] ?? (status >= 500 ? ServerError : AnalyticsApiError))(...facts);
}
