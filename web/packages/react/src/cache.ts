/** What is known of one question. */
export interface Entry<T> {
  readonly data: T | undefined;
  readonly error: Error | undefined;
  readonly fetching: boolean;
  /** When `data` came. [ms since 1970] */
  readonly at: number;
}

interface Flight {
  readonly promise: Promise<void>;
  readonly stop: AbortController;
}

const NOTHING: Entry<never> = { data: undefined, error: undefined, fetching: false, at: 0 };
/** Answers that nobody looks at any more. */
const MOST_KEPT = 50;

/** Answers by question: one request for all who ask the same, the last answer until there is a newer one. */
export class QueryCache {
  readonly #entries = new Map<string, Entry<unknown>>();
  readonly #listeners = new Map<string, Set<() => void>>();
  readonly #flights = new Map<string, Flight>();

  get<T>(key: string): Entry<T> {
    return (this.#entries.get(key) ?? NOTHING) as Entry<T>;
  }

  /** Listen to an entry; the answer ends it. A request that nobody waits for any more is ended. */
  subscribe(key: string, listener: () => void): () => void {
    const listeners = this.#listeners.get(key) ?? new Set();
    this.#listeners.set(key, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      // Later, for StrictMode and a change of parents subscribe again at once.
      queueMicrotask(() => listeners.size || this.#abandon(key));
    };
  }

  /** Ask, unless there is an answer younger than `staleMs` or a request under way. */
  fetch<T>(key: string, ask: (signal: AbortSignal) => Promise<T>, staleMs: number): Promise<void> {
    const { data, at } = this.get(key);
    if (data !== undefined && Date.now() - at < staleMs) return Promise.resolve();
    const under = this.#flights.get(key);
    if (under) return under.promise;
    const stop = new AbortController();
    const promise = this.#answer(key, ask, stop.signal);
    this.#flights.set(key, { promise, stop });
    return promise;
  }

  async #answer<T>(key: string, ask: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<void> {
    this.#set(key, { fetching: true });
    const news = await ask(signal).then(
      (data) => ({ data, error: undefined, at: Date.now() }),
      (error: Error) => ({ error }),
    );
    if (signal.aborted) return;
    this.#flights.delete(key);
    this.#set(key, { ...news, fetching: false });
  }

  #set(key: string, news: Partial<Entry<unknown>>): void {
    this.#entries.set(key, { ...this.get(key), ...news });
    for (const listener of this.#listeners.get(key) ?? []) listener();
  }

  #abandon(key: string): void {
    if (this.#listeners.get(key)?.size) return;
    this.#listeners.delete(key);
    this.#flights.get(key)?.stop.abort();
    this.#flights.delete(key);
    if (this.get(key).fetching) this.#set(key, { fetching: false });
    const unseen = [...this.#entries.keys()].filter((one) => !this.#listeners.has(one));
    for (const one of unseen.slice(0, Math.max(0, unseen.length - MOST_KEPT))) this.#entries.delete(one);
  }
}

/** The same question has the same name, in whatever order it is asked. */
export const nameOf = (kind: string, question: object): string => kind + JSON.stringify(question, sorted);

const sorted = (_: string, value: unknown): unknown =>
  value && typeof value === 'object' && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)))
    : value;
