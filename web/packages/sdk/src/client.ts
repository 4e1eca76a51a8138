import { type Batch, batchOf, digest, fitting, MOST_BYTES, MOST_EVENTS, type SealedEvent, sealed } from './batch';
import { Box } from './box';
import { type AccessToken, type Credential, Credentials } from './credentials';
import { defaultEnvironment, type Environment } from './environment';
import { AnalyticsError, CursorRepeatedError, EventsRefusedError } from './errors';
import { Http } from './http';
import { EventQueue, idsOf, refusal } from './queue';
import type {
  ApiCall,
  Event,
  EventFilters,
  EventOutcome,
  EventPage,
  EventPayload,
  EventsReceipt,
  MetricsParams,
  MetricsSummary,
  RequestOptions,
} from './types';

const EVENTS = '/api/v1/events';
/** A tab may have left a box behind whose lease has not run out yet. */
const SECOND_LOOK_MS = 11_000;

export interface AnalyticsClientOptions {
  /** An API key, an access token, or a function that gives one. */
  apiKey: Credential;
  /** Where the API is, such as `https://api.example.com`. */
  baseUrl: string;
  /** Told of everything that goes wrong in the background. */
  onError?: (error: AnalyticsError) => void;
  /** Gives another token for one that ended; asked once for all calls that wait. */
  refreshToken?: () => Promise<AccessToken | string>;
  /**
   * Names what outlasts the page: events that could not be sent. It must differ for every organization whose events one
   * browser sends. Where it is left out it is made of the key, or nothing outlasts the page if the key is a function.
   */
  queueName?: string;
  /** Send when so many events are queued. Default 20. */
  flushAt?: number;
  /** Send what is queued after this time. Default 5000. [ms] */
  flushIntervalMs?: number;
  /** Keep so many events; of more, the oldest are lost and reported. Default 1000. */
  maxQueueSize?: number;
  /** Events of one request, at most 100. Default 100. */
  maxBatchSize?: number;
  /** Sustained; ten times as many at once. Default 10 in a browser, no limit elsewhere. [1/s] */
  maxEventsPerSecond?: number;
  /** How long one try of a call may take. Default 10000. [ms] */
  timeoutMs?: number;
  /** How often a call is tried again; queued events are tried until they are accepted or refused. Default 2. */
  maxRetries?: number;
  /** Start without consent: nothing is tracked before `optIn`. */
  optedOut?: boolean;
}

/** Sends events to Sightline and reads events and metrics from it. */
export class AnalyticsClient {
  readonly #environment: Environment;
  readonly #credentials: Credentials;
  readonly #http: Http;
  readonly #queue: EventQueue;
  readonly #ends: (() => void)[] = [];
  #out: boolean;
  #closed = false;

  /** @param environment What is used instead of the browser's or Node's own, in tests or on other platforms. */
  constructor(options: AnalyticsClientOptions, environment: Partial<Environment> = {}) {
    const around = { ...defaultEnvironment(), ...environment };
    const name = queueName(options);
    this.#environment = around;
    this.#out = options.optedOut ?? false;
    this.#credentials = new Credentials(options.apiKey, options.refreshToken, around, name);
    this.#http = new Http(options.baseUrl, this.#credentials, around, {
      timeoutMs: options.timeoutMs ?? 10_000,
      maxRetries: options.maxRetries ?? 2,
    });
    this.#queue = new EventQueue(
      {
        flushAt: options.flushAt ?? 20,
        flushIntervalMs: options.flushIntervalMs ?? 5_000,
        maxQueueSize: options.maxQueueSize ?? 1_000,
        maxBatchSize: Math.min(options.maxBatchSize ?? MOST_EVENTS, MOST_EVENTS),
        maxEventsPerSecond: options.maxEventsPerSecond ?? (around.page ? 10 : Number.POSITIVE_INFINITY),
      },
      new Box(name ? around.storage : null, `${name}:`, around.newId(), around.now),
      around,
      (batch, keepalive) => this.#post(batch, { maxRetries: 0 }, keepalive),
      (error) => options.onError?.(error),
    );
    if (this.#out) this.#queue.clear();
    this.#watchPage();
  }

  /** Events that are not delivered yet. */
  get pending(): number {
    return this.#queue.size;
  }

  /**
   * Queue an event. Resolves when it is queued and kept, and does not wait for the network; what happens later is told
   * to `onError`.
   *
   * @throws {InvalidEventError} If it can never be accepted.
   */
  async trackEvent(event: EventPayload): Promise<void> {
    if (this.#closed) throw new AnalyticsError('shut down');
    const ready = this.#seal(event);
    if (!this.#out) await this.#queue.push(ready);
  }

  /**
   * Send events now, in requests of at most 100 that are safe to repeat. Every good event is kept, though others are
   * refused.
   *
   * @throws {EventsRefusedError} If any was not accepted; it names those that were.
   * @throws {InvalidEventError} If any can never be accepted; then none is sent.
   */
  async trackEvents(events: readonly EventPayload[], options?: RequestOptions): Promise<EventOutcome[]> {
    const ready = events.map((event) => this.#seal(event));
    const outcomes: EventOutcome[] = [];
    while (!this.#out && outcomes.length < ready.length) {
      const from = outcomes.length;
      const rest = ready.slice(from);
      const batch = batchOf(rest.slice(0, fitting(rest, MOST_EVENTS, MOST_BYTES)));
      const receipt = await this.#post(batch, options).catch((cause: AnalyticsError) => {
        if (!from && !cause.retryable) throw cause;
        const { refused = [], accepted = idsOf(ready.slice(0, from)) } = refusal(ready, outcomes) ?? {};
        throw new EventsRefusedError(refused, accepted, rest, { cause });
      });
      outcomes.push(...receipt.results.map((one) => ({ ...one, index: one.index + from })));
    }
    const error = refusal(ready, outcomes);
    if (error) throw error;
    return outcomes;
  }

  /** One page of events, newest first. */
  getEventsPage(filters: EventFilters = {}, options?: RequestOptions): Promise<EventPage> {
    const { filters: condition, ...rest } = filters;
    const query = { ...rest, filters: condition && JSON.stringify(condition) };
    return this.request({ path: EVENTS, query }, options);
  }

  /** All events, newest first, as of the first page; leave the loop and no further page is asked for. */
  async *getEvents(filters: EventFilters = {}, options?: RequestOptions): AsyncGenerator<Event, void, undefined> {
    let { cursor } = filters;
    for (;;) {
      const page = await this.getEventsPage({ ...filters, cursor }, options);
      yield* page.items;
      if (page.next_cursor === null) return;
      if (page.next_cursor === cursor) throw new CursorRepeatedError('cursor repeated');
      cursor = page.next_cursor;
    }
  }

  /** Metrics by the day, with totals and how they were made. */
  getMetricsSummary(params: MetricsParams, options?: RequestOptions): Promise<MetricsSummary> {
    return this.request({ path: '/api/v1/metrics/summary', query: { ...params } }, options);
  }

  /**
   * Any call of the API, with this client's credential, errors and time limit. A GET is tried again as every call is;
   * others once, unless `options` says otherwise: only you know what may be done twice.
   *
   * @returns The answer; undefined where it has no content.
   * @throws {AnalyticsError} The reason of the last try.
   */
  request<T = unknown>(call: ApiCall, options?: RequestOptions): Promise<T> {
    const maxRetries = options?.maxRetries ?? ((call.method ?? 'GET') === 'GET' ? undefined : 0);
    return this.#http.request({ ...call, body: JSON.stringify(call.body) }, { ...options, maxRetries });
  }

  /** Send what is queued. True when all of it was accepted or refused; false when the time ran out. */
  flush(timeoutMs = 10_000): Promise<boolean> {
    return this.#queue.flush(timeoutMs);
  }

  /** Send what is queued and end; call it before a process exits. What is left is kept for the next page, if there is one. */
  async shutdown(timeoutMs = 5_000): Promise<boolean> {
    this.#closed = true;
    const delivered = await this.#queue.flush(timeoutMs);
    for (const end of this.#ends.splice(0)) end();
    this.#queue.stop();
    this.#credentials.close();
    return delivered;
  }

  /** Consent is withdrawn: nothing is tracked any more, and what was not sent yet is deleted. */
  optOut(): void {
    this.#out = true;
    this.#queue.clear();
  }

  /** Consent is given. */
  optIn(): void {
    this.#out = false;
  }

  /** Let go of every renewed token, as at signing out. */
  forgetToken(): void {
    this.#credentials.forget();
  }

  #seal(event: EventPayload): SealedEvent {
    return sealed(event, this.#environment.newId, this.#environment.now());
  }

  #post({ body, key }: Batch, options?: RequestOptions, keepalive = false): Promise<EventsReceipt> {
    const headers = { 'idempotency-key': key, prefer: 'handling=lenient' };
    return this.#http.request({ method: 'POST', path: EVENTS, body, headers, keepalive }, options);
  }

  #watchPage(): void {
    const { page, storage, setTimeout, clearTimeout } = this.#environment;
    if (page) {
      this.#ends.push(page.onHide((gone) => this.#queue.hide(gone)));
      this.#ends.push(page.onOnline(() => this.#queue.reconnected()));
    }
    if (storage) {
      const timer = setTimeout(() => this.#out || this.#queue.adopt(), SECOND_LOOK_MS);
      this.#ends.push(() => clearTimeout(timer));
    }
  }
}

/** Two organizations that share a browser must not send each other's events. */
function queueName({ apiKey, baseUrl, queueName }: AnalyticsClientOptions): string | undefined {
  const whose = queueName ?? (typeof apiKey === 'string' ? digest(apiKey).slice(0, 8) : undefined);
  return whose && `sightline:${baseUrl}:${whose}`;
}
