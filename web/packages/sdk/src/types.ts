import type { AnalyticsError } from './errors';
import type { components, operations } from './openapi';

type Schemas = components['schemas'];
type Query<Name extends keyof operations> = NonNullable<operations[Name]['parameters']['query']>;

/** Whatever JSON can say. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json | undefined };

/** An event as it was acknowledged. */
export type Event = Schemas['Event'];

/** A page of events, newest first; `next_cursor` is null on the last. */
export type EventPage = Schemas['EventList'];

/** What became of a request with events: how many were new, known, kept apart or refused, and each one's outcome. */
export type EventsReceipt = Schemas['EventsReceipt'];

/** What became of one event of a request. */
export type EventOutcome = Schemas['EventOutcome'];

/** One thing wrong with one field, with a JSON pointer to it. */
export type FieldProblem = Schemas['FieldProblem'];

/** Why a request was not answered as asked (RFC 9457). */
export type Problem = Schemas['Problem'];

/** Metrics by the day, each with its total and how that was made. */
export type MetricsSummary = Schemas['MetricsSummary'];

/** One metric of a summary: its days, its unit, its total. */
export type MetricSeries = Schemas['MetricSeries'];

/** What somebody did. `event_id` and `timestamp` are filled in when it is tracked. */
export interface EventPayload {
  /** Who did it, 1 to 200 characters. */
  user_id: string;
  /** What was done, 1 to 100 characters. */
  event_type: string;
  /** Names the event for good: sent again, it is not counted twice. */
  event_id?: string;
  /** When it happened, RFC 3339 with an offset, or a Date; at most five minutes ahead of the API's clock. */
  timestamp?: string | Date;
  properties?: { readonly [name: string]: Json | undefined };
}

/** A condition on a property: one, or several joined. */
export type Condition =
  | { readonly property: string; readonly op: string; readonly value?: Json; readonly scope?: 'event' | 'user' }
  | { readonly and: readonly Condition[] }
  | { readonly or: readonly Condition[] }
  | { readonly not: Condition };

/** Which events, and from where on. */
export interface EventFilters {
  /** Your organization; another one than the credential's is refused. */
  org_id?: string;
  user_id?: string;
  /** One type or several. */
  event_type?: string | readonly string[];
  /** A day of UTC, or an instant. */
  start_date?: string;
  /** A day of UTC, which belongs to the range, or an instant, which does not. */
  end_date?: string;
  filters?: Condition;
  /** Length of a page, 1 to 1000; 100 where it is left out. */
  limit?: number;
  /** `next_cursor` of a page that was read with the same filters. */
  cursor?: string;
}

/** Which metrics on which days. */
export interface MetricsParams extends Pick<Query<'getMetricsSummary'>, 'start_date' | 'end_date'> {
  org_id?: string;
  /** At most 20; all of them where it is left out. */
  metrics?: readonly string[];
}

/** How one call is made, where it differs from the client's way. */
export interface RequestOptions {
  /** Ends the call with an `AnalyticsAbortError`. */
  signal?: AbortSignal;
  /** How long one try may take. [ms] */
  timeoutMs?: number;
  /** How often it is tried again. */
  maxRetries?: number;
  /**
   * In place of `maxRetries`: how long to wait before another try, or null to give up. [ms]
   *
   * @param attempt Failed tries before this one, from 0.
   */
  retryDelayMs?: (error: AnalyticsError, attempt: number) => number | null;
}

/** A call of the API, in the API's own words. */
export interface ApiCall {
  /** `GET` where it is left out. */
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Such as `/api/v1/brands`. */
  readonly path: string;
  /** Those without a value are left out; lists are joined by commas. */
  readonly query?: { readonly [name: string]: string | number | boolean | readonly string[] | null | undefined };
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Such as `If-Match` or `Idempotency-Key`. */
  readonly headers?: { readonly [name: string]: string };
}
