import { InvalidEventError } from './errors';
import type { EventPayload } from './types';

/** An event with everything that makes it safe to send again. */
export type SealedEvent = EventPayload & { readonly event_id: string; readonly timestamp: string };

/** Events that are sent together, the same ones in every try, under the same key. */
export interface Batch {
  readonly events: readonly SealedEvent[];
  readonly body: string;
  /** Names the request; made of the body, so that the same batch from another tab has the same one. */
  readonly key: string;
  /** Of the body. [bytes] */
  readonly size: number;
  attempts: number;
  sending: boolean;
}

export const MOST_EVENTS = 100;
export const MOST_BYTES = 450_000;

/**
 * The event as it will be sent: named, timed, and a copy, so that later changes of the caller's object change nothing.
 *
 * @throws {InvalidEventError} If it can never be accepted: without a user or a type, or not JSON.
 */
export function sealed(event: EventPayload, newId: () => string, now: number): SealedEvent {
  named('user_id', event?.user_id, 200);
  named('event_type', event?.event_type, 100);
  const { user_id, event_type, event_id = newId(), timestamp = new Date(now), properties = {} } = event;
  try {
    return JSON.parse(JSON.stringify({ event_id, user_id, event_type, timestamp, properties }));
  } catch (error) {
    throw new InvalidEventError('the properties are not JSON', { cause: error });
  }
}

function named(field: string, value: unknown, most: number): void {
  if (typeof value !== 'string' || !value || value.length > most * 2)
    throw new InvalidEventError(`${field} must have 1 to ${most} characters`);
}

/** A batch of events. */
export function batchOf(events: readonly SealedEvent[]): Batch {
  const body = JSON.stringify({ events });
  return { events, body, key: `${events.length}-${digest(body)}`, size: bytes(body), attempts: 0, sending: false };
}

/** How many events from the first on fit into one request: at least one, if there is one. */
export function fitting(events: readonly SealedEvent[], mostEvents: number, mostBytes: number): number {
  let size = 16;
  let count = 0;
  while (count < events.length && count < mostEvents) {
    size += bytes(JSON.stringify(events[count])) + 1;
    if (count && size > mostBytes) break;
    count++;
  }
  return count;
}

const bytes = (text: string) => new TextEncoder().encode(text).length;

/**
 * 128 bits that differ when the text does; no secret, and nobody gains by a collision.
 * Four lanes of multiply and rotate over UTF-16 units (the mixing of MurmurHash3, Appleby 2011).
 */
export function digest(text: string): string {
  const lanes = [0x9e3779b9, 0x85ebca6b, 0xc2b2ae35, 0x27d4eb2f];
  for (let at = 0; at < text.length; at++)
    for (let lane = 0; lane < 4; lane++) {
      const mixed = Math.imul((lanes[lane] as number) ^ text.charCodeAt(at), 0x5bd1e995 + lane * 0x1000002);
      lanes[lane] = mixed ^ (mixed >>> (13 + lane));
    }
  return lanes.map((lane) => (lane >>> 0).toString(16).padStart(8, '0')).join('');
}
