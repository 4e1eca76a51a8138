import { uuidv7 } from './id';

/** The part of the DOM's Storage that is used. */
export interface KeyValueStorage {
  readonly length: number;
  key(index: number): string | null;
  getItem(name: string): string | null;
  setItem(name: string, text: string): void;
  removeItem(name: string): void;
}

/** Texts among the tabs of one origin. */
export interface Channel {
  post(text: string): void;
  close(): void;
}

/** What the page tells; null outside of a browser. */
export interface Page {
  /** Calls back when the page may never be seen again; the answer ends it. `gone` if it is being left. */
  onHide(listener: (gone: boolean) => void): () => void;
  /** Calls back when there is a network again; the answer ends it. */
  onOnline(listener: () => void): () => void;
  /** Shares texts among the tabs of this origin. */
  channel(name: string, listener: (text: string) => void): Channel;
}

/** Everything that the client needs from outside. */
export interface Environment {
  fetch: typeof fetch;
  /** Milliseconds since 1970. */
  now(): number;
  /** Uniform in [0, 1). */
  random(): number;
  newId(): string;
  setTimeout(callback: () => void, ms: number): unknown;
  clearTimeout(timer: unknown): void;
  storage: KeyValueStorage | null;
  page: Page | null;
}

/** What a browser or Node offers, looked at when a client is made and not before. */
export function defaultEnvironment(): Environment {
  const inBrowser = typeof document !== 'undefined' && typeof addEventListener === 'function';
  return {
    fetch: (...request) => fetch(...request),
    now: () => Date.now(),
    random: () => Math.random(),
    newId: () => uuidv7(),
    setTimeout: (callback, ms) => setTimeout(callback, ms),
    clearTimeout: (timer) => clearTimeout(timer as number),
    storage: inBrowser ? storageOf(() => localStorage) : null,
    page: inBrowser ? browserPage() : null,
  };
}

function storageOf(get: () => KeyValueStorage): KeyValueStorage | null {
  try {
    return get();
  } catch {
    return null; // forbidden by the user
  }
}

function listen(target: EventTarget, name: string, listener: () => unknown): () => void {
  target.addEventListener(name, listener);
  return () => target.removeEventListener(name, listener);
}

const browserPage = (): Page => ({
  onHide(listener) {
    const hidden = () => document.visibilityState === 'hidden' && listener(false);
    const first = listen(document, 'visibilitychange', hidden);
    const second = listen(globalThis as unknown as EventTarget, 'pagehide', () => listener(true));
    return () => {
      first();
      second();
    };
  },
  onOnline: (listener) => listen(globalThis as unknown as EventTarget, 'online', listener),
  channel(name, listener) {
    const channel = new BroadcastChannel(name);
    channel.onmessage = ({ data }) => listener(String(data));
    return { post: (text) => channel.postMessage(text), close: () => channel.close() };
  },
});
