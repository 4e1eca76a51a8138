import type { SealedEvent } from './batch';
import type { Environment, KeyValueStorage } from './environment';

const LEASE_MS = 10_000;

interface Content {
  readonly until: number;
  readonly events: readonly SealedEvent[];
}

/**
 * Where one tab keeps what is not delivered yet.
 *
 * A box is leased; a tab adopts boxes whose lease has run out. If two adopt the same or its owner comes back, events are
 * sent twice and counted once, for they have ids. Where storage is full or forbidden there is none, and memory remains.
 */
export class Box {
  readonly #name: string;

  readonly #storage: KeyValueStorage | null;
  readonly #prefix: string;
  readonly #now: Environment['now'];

  constructor(storage: KeyValueStorage | null, prefix: string, tab: string, now: Environment['now']) {
    this.#storage = storage;
    this.#prefix = prefix;
    this.#now = now;
    this.#name = prefix + tab;
  }

  /** Keep exactly these, with a new lease; with none if the page is being left. */
  save(events: readonly SealedEvent[], gone = false): void {
    attempt(() => {
      if (!events.length) this.#storage?.removeItem(this.#name);
      else this.#storage?.setItem(this.#name, JSON.stringify({ until: gone ? 0 : this.#now() + LEASE_MS, events }));
    });
  }

  /** Take over what other tabs left. */
  adopt(): readonly SealedEvent[] {
    return attempt(() => this.#others().flatMap((name) => this.#taken(name))) ?? [];
  }

  /** Remove the boxes of all tabs. */
  clear(): void {
    attempt(() => {
      for (const name of [...this.#others(), this.#name]) this.#storage?.removeItem(name);
    });
  }

  #others(): string[] {
    const storage = this.#storage;
    if (!storage) return [];
    const names = Array.from({ length: storage.length }, (_, index) => storage.key(index) ?? '');
    return names.filter((name) => name.startsWith(this.#prefix) && name !== this.#name);
  }

  #taken(name: string): readonly SealedEvent[] {
    const content = attempt(() => JSON.parse(this.#storage?.getItem(name) ?? '') as Content);
    if (content && content.until > this.#now()) return [];
    this.#storage?.removeItem(name);
    return Array.isArray(content?.events) ? content.events : [];
  }
}

function attempt<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch {
    return undefined;
  }
}
