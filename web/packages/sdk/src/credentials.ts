import type { Channel, Environment } from './environment';
import { AnalyticsAbortError } from './errors';

/** A token that ends. */
export interface AccessToken {
  readonly token: string;
  /** When it ends. [ms since 1970] */
  readonly expiresAt?: number;
}

/** A key or token, or how to come by one. */
export type Credential = string | (() => string | Promise<string>);

/** Long enough for a slow network, short enough for tokens of five minutes. */
const RENEW_BEFORE_MS = 90_000;
const COOL_DOWN_MS = 60_000;

/**
 * The credential of a client, renewed without interruption.
 *
 * However many calls meet a token that has ended, one renewal runs and all wait for it. A renewal that failed is not
 * tried again with the same token for a minute. One that ends after `forget` or in the shadow of another tab's is not
 * taken over. Tokens stay in memory.
 */
export class Credentials {
  #current: AccessToken | undefined;
  #flight: Promise<string> | undefined;
  #failure: { token: string; until: number; error: unknown } | undefined;
  #generation = 0;
  readonly #channel: Channel | undefined;

  readonly #source: Credential;
  readonly #refresh: (() => Promise<AccessToken | string>) | undefined;
  readonly #environment: Pick<Environment, 'now' | 'page'>;

  constructor(
    source: Credential,
    refresh: (() => Promise<AccessToken | string>) | undefined,
    environment: Pick<Environment, 'now' | 'page'>,
    channelName: string | undefined,
  ) {
    this.#source = source;
    this.#refresh = refresh;
    this.#environment = environment;
    if (refresh && channelName)
      this.#channel = environment.page?.channel(channelName, (text) => this.#accept(JSON.parse(text)));
  }

  /** Whether a refused token can be replaced. */
  get renewable(): boolean {
    return this.#refresh !== undefined || typeof this.#source === 'function';
  }

  /** The token to send now. */
  async token(): Promise<string> {
    const held = this.#current;
    if (!held) return typeof this.#source === 'string' ? this.#source : this.#source();
    const left = (held.expiresAt ?? Number.POSITIVE_INFINITY) - this.#environment.now();
    if (left <= 0) return this.renew(held.token);
    if (left < RENEW_BEFORE_MS) this.renew(held.token).catch(() => {});
    return held.token;
  }

  /** Another token in place of one that was refused or ends soon. */
  async renew(stale: string): Promise<string> {
    if (this.#current && this.#current.token !== stale) return this.#current.token;
    const failed = this.#failure;
    if (failed?.token === stale && this.#environment.now() < failed.until) throw failed.error;
    this.#flight ??= this.#renewal(stale, this.#generation);
    return this.#flight;
  }

  /** Let go of every token that was renewed; a renewal under way comes to nothing. */
  forget(): void {
    this.#generation++;
    this.#current = undefined;
    this.#flight = undefined;
  }

  close(): void {
    this.#channel?.close();
  }

  async #renewal(stale: string, generation: number): Promise<string> {
    await undefined; // a source that throws at once must not end this before it is known as under way
    try {
      if (!this.#refresh) return await (this.#source as () => Promise<string>)();
      const answer = await this.#refresh();
      const made = typeof answer === 'string' ? { token: answer } : answer;
      if (generation !== this.#generation) throw new AnalyticsAbortError('signed out');
      this.#accept(made);
      this.#channel?.post(JSON.stringify(made));
      return made.token;
    } catch (error) {
      const until = this.#environment.now() + COOL_DOWN_MS;
      if (generation === this.#generation) this.#failure = { token: stale, until, error };
      throw error;
    } finally {
      if (generation === this.#generation) this.#flight = undefined;
    }
  }

  #accept(made: AccessToken): void {
    const ends = (one: AccessToken) => one.expiresAt ?? this.#environment.now();
    if (!this.#current || ends(made) >= ends(this.#current)) this.#current = made;
  }
}
