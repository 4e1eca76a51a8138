import type { Credentials } from './credentials';
import type { Environment } from './environment';
import {
  AnalyticsAbortError,
  AnalyticsConnectionError,
  AnalyticsTimeoutError,
  AuthenticationError,
  apiError,
  isAnalyticsError,
} from './errors';
import { retryAfterMs, retryDecision } from './retry';
import type { ApiCall, Problem, RequestOptions } from './types';

export interface Call extends ApiCall {
  readonly body?: string;
  /** Whether the request outlives the page. */
  readonly keepalive?: boolean;
}

/** How calls are made where the caller says nothing else. */
export interface CallDefaults {
  readonly timeoutMs: number;
  readonly maxRetries: number;
}

const JSON_TYPE = 'application/json';
const ENDED = 'ended by the caller';

/** Calls of one API with one credential. */
export class Http {
  readonly #base: string;

  readonly #credentials: Credentials;
  readonly #environment: Environment;
  readonly #defaults: CallDefaults;

  constructor(baseUrl: string, credentials: Credentials, environment: Environment, defaults: CallDefaults) {
    this.#credentials = credentials;
    this.#environment = environment;
    this.#defaults = defaults;
    this.#base = baseUrl.replace(/\/+$/, '');
  }

  /**
   * The answer to a call, tried again where that may help.
   *
   * @throws {AnalyticsError} The reason of the last try.
   */
  async request<T>(call: Call, options: RequestOptions = {}): Promise<T> {
    const most = options.maxRetries ?? this.#defaults.maxRetries;
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.#authorized<T>(call, options);
      } catch (reason) {
        const error = isAnalyticsError(reason) ? reason : new AnalyticsConnectionError('no token', { cause: reason });
        const next = options.retryDelayMs
          ? options.retryDelayMs(error, attempt)
          : retryDecision(error, attempt, most, this.#environment.random());
        if (typeof next !== 'number') throw error;
        await this.#sleep(next, options.signal);
      }
    }
  }

  async #authorized<T>(call: Call, options: RequestOptions): Promise<T> {
    const token = await this.#credentials.token();
    try {
      return await this.#once<T>(call, token, options);
    } catch (error) {
      if (!(error instanceof AuthenticationError) || !this.#credentials.renewable) throw error;
      const renewed = await this.#credentials.renew(token).catch(() => token);
      if (renewed === token) throw error;
      return await this.#once<T>(call, renewed, options);
    }
  }

  async #once<T>(call: Call, token: string, options: RequestOptions): Promise<T> {
    const { signal } = options;
    if (signal?.aborted) throw new AnalyticsAbortError(ENDED);
    const stop = new AbortController();
    const abort = () => stop.abort();
    const timer = this.#environment.setTimeout(abort, options.timeoutMs ?? this.#defaults.timeoutMs);
    signal?.addEventListener('abort', abort);
    try {
      const answer = await this.#environment.fetch(this.#address(call), {
        method: call.method,
        body: call.body,
        keepalive: call.keepalive,
        signal: stop.signal,
        headers: {
          accept: JSON_TYPE,
          authorization: `Bearer ${token}`,
          ...(call.body && { 'content-type': JSON_TYPE }),
          ...call.headers,
        },
      });
      return this.#read<T>(answer, await answer.text());
    } catch (error) {
      if (isAnalyticsError(error)) throw error;
      if (signal?.aborted) throw new AnalyticsAbortError(ENDED, { cause: error });
      if (stop.signal.aborted) throw new AnalyticsTimeoutError('no answer in time', { cause: error });
      throw new AnalyticsConnectionError('no connection', { cause: error });
    } finally {
      this.#environment.clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    }
  }

  #address({ path, query = {} }: Call): string {
    const asked = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) {
      const given = String(value ?? '');
      if (given) asked.append(name, given);
    }
    const text = asked.toString();
    return `${this.#base}${path}${text && `?${text}`}`;
  }

  #read<T>(answer: Response, text: string): T {
    let body: unknown;
    if (answer.status === 204) return body as T;
    try {
      body = JSON.parse(text);
    } catch (cause) {
      // A gateway of a hotel or an office answers for the API.
      if (answer.ok) throw new AnalyticsConnectionError('the answer is not JSON', { cause });
    }
    if (answer.ok) return body as T;
    const wait = retryAfterMs(answer.headers, this.#environment.now());
    throw apiError(answer.status, (body ?? {}) as Partial<Problem>, answer.headers.get('x-request-id'), wait);
  }

  #sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const abort = () => {
        this.#environment.clearTimeout(timer);
        reject(new AnalyticsAbortError(ENDED));
      };
      const timer = this.#environment.setTimeout(() => {
        signal?.removeEventListener('abort', abort);
        resolve();
      }, ms);
      signal?.addEventListener('abort', abort, { once: true });
      if (signal?.aborted) abort();
    });
  }
}
