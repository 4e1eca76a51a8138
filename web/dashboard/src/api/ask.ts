import {
  AnalyticsAbortError,
  AnalyticsApiError,
  AnalyticsClient,
  type AnalyticsError,
  type ApiCall,
  AuthenticationError,
} from '@sightline/sdk';
import { activeWorkspace, leave } from '../session/workspaces';

/** A question to the API: what is sent, without who asks. */
export type Ask = ApiCall;

/** Path with its parameters as people read it; those without a value are left out. */
export function address({ path, query = {} }: Ask): string {
  const given = Object.entries(query).flatMap(([name, value]) => {
    const text = String(value ?? '');
    return text ? [[name, text]] : [];
  });
  const text = new URLSearchParams(given).toString().replaceAll('%2C', ',').replaceAll('%3A', ':');
  return text ? `${path}?${text}` : path;
}

export const identity = (ask: Ask): string =>
  `${ask.method ?? 'GET'} ${address(ask)} ${ask.body === undefined ? '' : JSON.stringify(ask.body)}`;

/**
 * The answer to a question, as the active workspace or with a credential of its own.
 *
 * A workspace whose credential the API refuses is left.
 *
 * @throws {AnalyticsError} Why there is no answer.
 */
export function answer<T>(ask: Ask, signal?: AbortSignal, credential?: string): Promise<T> {
  if (!HEAVY.test(ask.path)) return asked<T>(ask, signal, credential);
  // What was begun is computed to its end whoever leaves, so its turn lasts as long.
  return inTurn(() => {
    if (signal?.aborted) throw new AnalyticsAbortError('left before its turn');
    return asked<T>(ask, undefined, credential);
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

async function asked<T>(ask: Ask, signal?: AbortSignal, credential?: string): Promise<T> {
  const workspace = activeWorkspace();
  try {
    const client = clientOf(credential ?? workspace?.credential ?? '');
    return await client.request<T>(ask, { signal, timeoutMs: PATIENCE_MS, retryDelayMs });
  } catch (error) {
    if (error instanceof AuthenticationError && credential === undefined && workspace) leave(workspace.tenant, true);
    throw error;
  }
}

/** Longer than the API lets any question take. */
const PATIENCE_MS = 300_000;
const TRIES = 12;

/**
 * When to ask an API again that is busy (429, 503) and says so: when it wants to be, later each time, a few times. [ms]
 *
 * Null for everything else, and where it is to be more than five seconds: people ask again themselves.
 */
export function retryDelayMs(error: AnalyticsError, attempt: number): number | null {
  if (!(error instanceof AnalyticsApiError) || ![429, 503].includes(error.status)) return null;
  const wait = error.retryAfterMs;
  if (wait === null || wait > 5_000 || attempt + 1 >= TRIES) return null;
  return Math.max(wait, 100 * (attempt + 1));
}

let latest: { credential: string; client: AnalyticsClient } | null = null;

/** A client of the API that serves this page; it keeps nothing and listens to nothing. */
function clientOf(credential: string): AnalyticsClient {
  if (latest?.credential !== credential) {
    const fresh: typeof fetch = (url, how) => fetch(url, { ...how, cache: 'no-store' });
    const client = new AnalyticsClient(
      { apiKey: credential, baseUrl: '' },
      { fetch: fresh, storage: null, page: null },
    );
    latest = { credential, client };
  }
  return latest.client;
}
