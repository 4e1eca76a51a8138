import { type Batch, batchOf, fitting, MOST_BYTES, type SealedEvent } from './batch';
import type { Box } from './box';
import type { Environment } from './environment';
import {
  AnalyticsApiError,
  AnalyticsConnectionError,
  type AnalyticsError,
  EventsRefusedError,
  PayloadTooLargeError,
  QueueOverflowError,
} from './errors';
import { limiter } from './limiter';
import { deliveryDecision } from './retry';
import type { EventOutcome, EventsReceipt } from './types';

/** Browsers let 64 KiB in all outlive a page. [bytes] */
const MOST_KEEPALIVE = 60_000;
const LEASE_RENEWAL_MS = 4_000;
/** As many failures as a server's passing trouble has; then others of the queue go first. */
const PATIENT_ATTEMPTS = 3;

export interface QueueOptions {
  readonly flushAt: number;
  readonly flushIntervalMs: number;
  readonly maxQueueSize: number;
  readonly maxBatchSize: number;
  readonly maxEventsPerSecond: number;
}

/** How a batch is sent, and whether the request outlives the page. */
export type Send = (batch: Batch, keepalive: boolean) => Promise<EventsReceipt>;

/** Events on their way: batched, kept, sent until they are accepted or refused for good. */
export class EventQueue {
  #open: SealedEvent[] = [];
  #batches: Batch[] = [];
  /** Events of `open` that are to be sent now. */
  #due = 0;
  #mostEvents: number;
  #failures = 0;
  #notBefore = 0;
  #lastError: AnalyticsError | undefined;
  #lost: SealedEvent[] = [];
  #timer: { readonly at: number; readonly id: unknown } | undefined;
  #beat: unknown;
  #pumping = false;
  #stopped = false;
  /** Left, as far as is known: others may adopt what is kept. */
  #gone = false;
  #saving: Promise<void> | undefined;
  #waiting: (() => void)[] = [];
  readonly #admits: () => boolean;

  readonly #options: QueueOptions;
  readonly #box: Box;
  readonly #environment: Environment;
  readonly #send: Send;
  readonly #onError: (error: AnalyticsError) => void;

  constructor(
    options: QueueOptions,
    box: Box,
    environment: Environment,
    send: Send,
    onError: (error: AnalyticsError) => void,
  ) {
    this.#options = options;
    this.#box = box;
    this.#environment = environment;
    this.#send = send;
    this.#onError = onError;
    this.#mostEvents = this.#options.maxBatchSize;
    this.#admits = limiter(options.maxEventsPerSecond, environment.now);
    this.adopt();
  }

  /** Events that are not delivered yet. */
  get size(): number {
    return this.#batches.reduce((sum, batch) => sum + batch.events.length, this.#open.length);
  }

  /** Queue an event; resolves when it is kept. */
  push(event: SealedEvent): Promise<void> {
    this.#gone = false;
    if (!this.#admits()) this.#report(new QueueOverflowError([event], 'rate'));
    else {
      this.#add([event]);
      if (this.#open.length >= this.#options.flushAt) this.#flushSoon();
      else this.#arm(this.#environment.now() + this.#options.flushIntervalMs);
    }
    return this.#save();
  }

  /** Send everything; true when all of it was accepted or refused, false when the time ran out before. */
  flush(timeoutMs: number): Promise<boolean> {
    this.#flushSoon();
    if (!this.size) return Promise.resolve(true);
    return new Promise((resolve) => {
      const timer = this.#environment.setTimeout(() => resolve(false), timeoutMs);
      this.#waiting.push(() => {
        this.#environment.clearTimeout(timer);
        resolve(true);
      });
    });
  }

  /** The page may never be seen again: send what browsers let outlive it, keep the rest. */
  hide(gone: boolean): void {
    this.#gone ||= gone; // browsers tell that it is hidden after they told that it is left
    this.#box.save(this.#all(), this.#gone);
    if (this.#environment.now() < this.#notBefore) return;
    while (this.#open.length) this.#seal(MOST_KEEPALIVE);
    let room = MOST_KEEPALIVE - this.#batches.reduce((sum, batch) => sum + (batch.sending ? batch.size : 0), 0);
    for (const batch of this.#batches) {
      if (batch.sending || batch.size > room) continue;
      room -= batch.size;
      void this.#deliver(batch, true);
    }
  }

  /** There is a network again. */
  reconnected(): void {
    if (this.#lastError instanceof AnalyticsConnectionError) this.#notBefore = 0;
    this.#flushSoon();
  }

  /** Forget everything that is not delivered. */
  clear(): void {
    this.#open = [];
    this.#batches = [];
    this.#box.clear();
    this.#settle();
  }

  /** Do nothing more by itself; what is left is for others to adopt. */
  stop(): void {
    this.#stopped = this.#gone = true;
    this.#environment.clearTimeout(this.#timer?.id);
    this.#environment.clearTimeout(this.#beat);
    this.#box.save(this.#all(), true);
  }

  /** Take over what other tabs left. */
  adopt(): void {
    const found = this.#box.adopt();
    if (!found.length) return;
    this.#add(found);
    this.#arm(this.#environment.now());
    void this.#save();
  }

  #all(): SealedEvent[] {
    return [...this.#batches.flatMap(({ events }) => events), ...this.#open];
  }

  /** Batches are let be: what was tried once is the same in every try. */
  #add(events: readonly SealedEvent[]): void {
    this.#open.push(...events);
    const over = Math.max(0, this.size - this.#options.maxQueueSize);
    const lost = this.#open.splice(0, over);
    this.#due = Math.max(0, this.#due - lost.length);
    this.#lost.push(...lost);
  }

  #flushSoon(): void {
    this.#due = this.#open.length;
    this.#kick();
  }

  #kick(): void {
    if (this.#pumping || !this.size) return;
    if (this.#environment.now() < this.#notBefore) this.#arm(this.#notBefore);
    else void this.#pump();
  }

  async #pump(): Promise<void> {
    this.#pumping = true;
    let batch = this.#next();
    while (batch && (await this.#deliver(batch))) batch = this.#next();
    this.#pumping = false;
    this.#settle();
  }

  /** Those that failed least first, so that one that a server stumbles over does not hold up all others. */
  #next(): Batch | undefined {
    const idle = this.#batches.filter((batch) => !batch.sending);
    if (this.#due > 0 && idle.every((batch) => batch.attempts >= PATIENT_ATTEMPTS)) return this.#seal(MOST_BYTES);
    return idle.sort((one, other) => one.attempts - other.attempts)[0];
  }

  #seal(mostBytes: number): Batch {
    const batch = batchOf(this.#open.splice(0, fitting(this.#open, this.#mostEvents, mostBytes)));
    this.#due = Math.max(0, this.#due - batch.events.length);
    this.#batches.push(batch);
    return batch;
  }

  /** Send a batch; false if the next try has to wait. */
  async #deliver(batch: Batch, keepalive = this.#mayOutlive(batch)): Promise<boolean> {
    batch.sending = true;
    try {
      this.#accepted(batch, await this.#send(batch, keepalive));
      return true;
    } catch (error) {
      return !this.#batches.includes(batch) || this.#failed(batch, error as AnalyticsError);
    } finally {
      batch.sending = false;
      void this.#save();
      if (!this.#pumping) this.#settle();
    }
  }

  /** Not after a failure: the limit is shared with the rest of the page, and may have been the reason. */
  #mayOutlive({ size }: Batch): boolean {
    return this.#environment.page !== null && size <= MOST_KEEPALIVE && this.#failures === 0;
  }

  #accepted(batch: Batch, receipt: EventsReceipt): void {
    this.#replace(batch);
    this.#failures = 0;
    this.#notBefore = 0;
    this.#lastError = undefined;
    this.#mostEvents = Math.min(this.#options.maxBatchSize, this.#mostEvents * 2);
    const error = refusal(batch.events, receipt.results);
    if (error) this.#report(error);
  }

  #failed(batch: Batch, error: AnalyticsError): boolean {
    const { events } = batch;
    const decision = deliveryDecision(error, this.#failures, events.length, this.#environment.random());
    if (typeof decision === 'number') return this.#wait(batch, error, decision);
    const half = Math.ceil(events.length / 2);
    if (error instanceof PayloadTooLargeError) this.#mostEvents = half;
    if (decision === 'split') this.#replace(batch, batchOf(events.slice(0, half)), batchOf(events.slice(half)));
    else {
      this.#replace(batch);
      const errors = (error as AnalyticsApiError).problem?.errors ?? [];
      this.#report(
        new EventsRefusedError(
          events.map((event) => ({ event, errors })),
          [],
          [],
          { cause: error },
        ),
      );
    }
    return true;
  }

  #wait(batch: Batch, error: AnalyticsError, ms: number): boolean {
    this.#failures++;
    if (error instanceof AnalyticsApiError && error.status >= 500 && error.status !== 503) batch.attempts++;
    this.#notBefore = Math.max(this.#notBefore, this.#environment.now() + ms);
    if (this.#lastError?.name !== error.name) this.#report(error);
    this.#lastError = error;
    return false;
  }

  #replace(batch: Batch, ...by: Batch[]): void {
    this.#batches = this.#batches.flatMap((one) => (one === batch ? by : [one]));
  }

  /** After every step: wake those who wait for the end, or see to the next step. */
  #settle(): void {
    const now = this.#environment.now();
    if (this.size) this.#arm(this.#notBefore > now ? this.#notBefore : now + this.#options.flushIntervalMs);
    else for (const wake of this.#waiting.splice(0)) wake();
  }

  #arm(at: number): void {
    if (this.#stopped || (this.#timer && this.#timer.at <= at)) return;
    this.#environment.clearTimeout(this.#timer?.id);
    const fire = () => {
      this.#timer = undefined;
      this.#flushSoon();
    };
    const id = this.#environment.setTimeout(fire, at - this.#environment.now());
    this.#timer = { at, id };
    if (this.#failures) (id as { unref?(): void })?.unref?.(); // an API that is down keeps no process alive
  }

  /** Once for all that happens in one turn, so that a loop of events is written once. */
  #save(): Promise<void> {
    this.#saving ??= Promise.resolve().then(() => {
      this.#saving = undefined;
      this.#box.save(this.#all(), this.#gone);
      this.#renewLease();
      if (this.#lost.length) this.#report(new QueueOverflowError(this.#lost.splice(0), 'queue'));
    });
    return this.#saving;
  }

  #renewLease(): void {
    if (this.#stopped || !this.#environment.storage || !this.size) return;
    this.#environment.clearTimeout(this.#beat);
    this.#beat = this.#environment.setTimeout(() => void this.#save(), LEASE_RENEWAL_MS);
  }

  /** Later, so that an `onError` that throws is seen by whoever wrote it and breaks nothing here. */
  #report(error: AnalyticsError): void {
    queueMicrotask(() => this.#onError(error));
  }
}

/** What to throw if any event was refused. */
export function refusal(
  events: readonly SealedEvent[],
  outcomes: readonly EventOutcome[],
): EventsRefusedError | undefined {
  const is = (at: number) => outcomes[at]?.status === 'refused';
  const refused = events.flatMap((event, at) => (is(at) ? [{ event, errors: outcomes[at]?.errors ?? [] }] : []));
  const accepted = events.slice(0, outcomes.length).filter((_, at) => !is(at));
  return refused.length ? new EventsRefusedError(refused, idsOf(accepted)) : undefined;
}

export const idsOf = (events: readonly SealedEvent[]): string[] => events.map(({ event_id }) => event_id);
