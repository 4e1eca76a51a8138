import type { Environment, KeyValueStorage, Page } from '../src';

/** Lets everything that is ready happen. */
export const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Time that passes when it is told to. */
export class FakeClock {
  now = Date.UTC(2026, 0, 5, 9);
  private timers: { id: number; at: number; callback: () => void }[] = [];
  private made = 0;

  setTimeout = (callback: () => void, ms: number): number => {
    this.timers.push({ id: ++this.made, at: this.now + ms, callback });
    return this.made;
  };
  clearTimeout = (id: unknown): void => {
    this.timers = this.timers.filter((timer) => timer.id !== id);
  };
  get waiting(): number {
    return this.timers.length;
  }

  async pass(ms: number): Promise<void> {
    const end = this.now + ms;
    for (;;) {
      await settled();
      const [next] = this.timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at || a.id - b.id);
      if (!next) break;
      this.now = Math.max(this.now, next.at);
      this.clearTimeout(next.id);
      next.callback();
    }
    this.now = end;
    await settled();
  }
}

export class FakeStorage implements KeyValueStorage {
  readonly kept = new Map<string, string>();
  full = false;

  get length(): number {
    return this.kept.size;
  }
  key = (index: number) => [...this.kept.keys()][index] ?? null;
  getItem = (name: string) => this.kept.get(name) ?? null;
  removeItem = (name: string) => void this.kept.delete(name);
  setItem = (name: string, text: string) => {
    if (this.full) throw new Error('QuotaExceededError');
    this.kept.set(name, text);
  };
}

export class FakePage implements Page {
  private hidden = new Set<(gone: boolean) => void>();
  private online = new Set<() => void>();
  static tabs: { name: string; page: FakePage; listener: (text: string) => void }[] = [];

  onHide(listener: (gone: boolean) => void) {
    this.hidden.add(listener);
    return () => void this.hidden.delete(listener);
  }
  onOnline(listener: () => void) {
    this.online.add(listener);
    return () => void this.online.delete(listener);
  }
  channel(name: string, listener: (text: string) => void) {
    const tab = { name, page: this, listener };
    FakePage.tabs.push(tab);
    const others = () => FakePage.tabs.filter((one) => one.name === name && one !== tab);
    return {
      post: (text: string) => {
        for (const other of others()) other.listener(text);
      },
      close: () => {
        FakePage.tabs = FakePage.tabs.filter((one) => one !== tab);
      },
    };
  }
  hide(gone = true) {
    for (const listener of this.hidden) listener(gone);
  }
  reconnect() {
    for (const listener of this.online) listener();
  }
  get listeners(): number {
    return this.hidden.size + this.online.size;
  }
}

export interface Sent {
  readonly method: string;
  readonly url: URL;
  readonly headers: Record<string, string>;
  readonly body: string;
  readonly keepalive: boolean;
}

export type Answer = (sent: Sent, signal: AbortSignal) => Response | Promise<Response>;

/** Answers what it is told to, in order; the last answer again and again. */
export class FakeFetch {
  readonly sent: Sent[] = [];
  answers: Answer[];

  constructor(...answers: Answer[]) {
    this.answers = answers;
  }

  fetch = async (url: string | URL | Request, init: RequestInit = {}): Promise<Response> => {
    const sent = {
      method: init.method ?? 'GET',
      url: new URL(String(url)),
      headers: init.headers as Record<string, string>,
      body: String(init.body ?? ''),
      keepalive: init.keepalive ?? false,
    };
    this.sent.push(sent);
    const answer = this.answers.length > 1 ? this.answers.shift() : this.answers[0];
    if (!answer) throw new TypeError('no answer was prepared');
    return answer(sent, init.signal as AbortSignal);
  };
}

export const json = (body: unknown, status = 200, headers: Record<string, string> = {}): Response =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json', ...headers } });

export const problem = (status: number, slug = 'any', headers: Record<string, string> = {}): Response =>
  json({ type: `/problems/${slug}`, title: slug, status, detail: slug, request_id: 'r1' }, status, headers);

export const eventsOf = ({ body }: Sent) => JSON.parse(body).events as { event_id: string; event_type: string }[];

/** Accepts events as the API does: each id once, those of the type `bad` never. */
export class FakeApi {
  readonly kept = new Map<string, unknown>();
  readonly keys = new Map<string, string>();

  answer: Answer = (sent) => {
    const key = sent.headers['idempotency-key'] ?? '';
    if ((this.keys.get(key) ?? sent.body) !== sent.body) return problem(422, 'idempotency-key-reused');
    this.keys.set(key, sent.body);
    const results = eventsOf(sent).map((event, index) => this.outcome(event, index));
    const count = (status: string) => results.filter((one) => one.status === status).length;
    return json({
      accepted: count('accepted'),
      duplicates: count('duplicate'),
      quarantined: 0,
      refused: count('refused'),
      position: this.kept.size,
      results,
    });
  };

  private outcome(event: { event_id: string; event_type: string }, index: number) {
    const { event_id } = event;
    if (event.event_type === 'bad') {
      const errors = [{ pointer: '#/event_type', parameter: null, code: 'bad', detail: 'is bad' }];
      return { index, event_id, status: 'refused', position: null, errors };
    }
    const status = this.kept.has(event_id) ? 'duplicate' : 'accepted';
    this.kept.set(event_id, event);
    return { index, event_id, status, position: this.kept.size, errors: [] };
  }
}

/** An environment in which nothing happens by itself. */
export function environment(
  fetch: FakeFetch,
  parts: Partial<Environment> = {},
  clock = new FakeClock(),
): Environment & { clock: FakeClock } {
  let ids = 0;
  return {
    clock,
    fetch: fetch.fetch,
    now: () => clock.now,
    random: () => 0.5,
    newId: () => `id-${String(++ids).padStart(4, '0')}`,
    setTimeout: clock.setTimeout,
    clearTimeout: clock.clearTimeout,
    storage: null,
    page: null,
    ...parts,
  };
}
