import { activeWorkspace, leave } from '../session/workspaces';

/** A question to the API: what is sent, without who asks. */
export interface Ask {
  method?: 'GET' | 'POST';
  path: string;
  parameters?: Record<string, string | number | boolean | null | undefined>;
  body?: unknown;
}

/** An answer that is an error: RFC 9457, or what stands in for it when no answer came. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly title: string,
    readonly detail: string,
    readonly requestId: string | null,
    readonly errors: { detail: string; pointer: string | null; parameter: string | null }[] = [],
  ) {
    super(detail || title);
  }
}

/** Path with its parameters; those without a value are left out. */
export function address({ path, parameters = {} }: Ask): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters))
    if (value !== undefined && value !== null && value !== '') query.set(name, String(value));
  const text = query.toString().replaceAll('%2C', ',').replaceAll('%3A', ':');
  return text ? `${path}?${text}` : path;
}

export const identity = (ask: Ask): string =>
  `${ask.method ?? 'GET'} ${address(ask)} ${ask.body === undefined ? '' : JSON.stringify(ask.body)}`;

const TRIES = 12;

/**
 * The answer to a question, as the active workspace.
 *
 * An API that is busy (429, 503) says when to come back; it is asked again then, a few times.
 */
export function answer<T>(ask: Ask, signal?: AbortSignal, credential?: string): Promise<T> {
  if (!HEAVY.test(ask.path)) return tried<T>(ask, signal, credential);
  // What was begun is computed to its end whoever leaves, so its turn lasts as long.
  return inTurn(() => {
    signal?.throwIfAborted();
    return tried<T>(ask, undefined, credential);
  });
}

/** What the API computes on one core at a time; asked one after another, nothing is refused. */
const HEAVY = /^\/api\/v1\/(portfolio|metrics\/summary|brands\/|organizations)|^\/api\/v2\/analytics/;

let turn: Promise<unknown> = Promise.resolve();

function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const mine = turn.then(work, work);
  turn = mine.catch(() => {});
  return mine;
}

async function tried<T>(ask: Ask, signal?: AbortSignal, credential?: string): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    signal?.throwIfAborted();
    const response = await sent(ask, signal, credential);
    if (response.ok) return (await response.json()) as T;
    const wait = Number(response.headers.get('retry-after') ?? 'NaN');
    const busy = response.status === 429 || response.status === 503;
    if (!busy || attempt === TRIES || !(wait <= 5)) throw await problem(response, credential);
    await response.text(); // or the connection would stay open
    await pause(Math.max(wait * 1000, 100 * attempt), signal);
  }
}

async function sent(ask: Ask, signal?: AbortSignal, credential?: string): Promise<Response> {
  const headers: Record<string, string> = {
    accept: 'application/json',
    authorization: `Bearer ${credential ?? activeWorkspace()?.credential ?? ''}`,
  };
  if (ask.body !== undefined) headers['content-type'] = 'application/json';
  const body = ask.body === undefined ? undefined : JSON.stringify(ask.body);
  try {
    return await fetch(address(ask), { method: ask.method ?? 'GET', headers, body, signal, cache: 'no-store' });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Problem(0, 'No answer', 'The API cannot be reached from here. Is it running?', null);
  }
}

async function problem(response: Response, credential?: string): Promise<Problem> {
  const told = await response.json().catch(() => ({}));
  const workspace = activeWorkspace();
  if (response.status === 401 && credential === undefined && workspace) leave(workspace.tenant, true);
  return new Problem(
    response.status,
    told.title ?? `Status ${response.status}`,
    told.detail ?? '',
    told.request_id ?? response.headers.get('x-request-id'),
    told.errors ?? [],
  );
}

function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds);
    signal?.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}
