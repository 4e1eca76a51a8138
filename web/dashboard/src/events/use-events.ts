'use client';
import type { AnalyticsError } from '@sightline/sdk';
import { useCallback, useEffect, useRef, useState } from 'react';
import { type Ask, answer, identity } from '../api/ask';

export interface Event {
  event_id: string;
  user_id: string;
  event_type: string;
  timestamp: string;
  properties: Record<string, unknown>;
  received_at: string;
  schema_version: string | null;
  position: number;
}

interface Page {
  items: Event[];
  next_cursor: string | null;
  as_of_position: number;
}

export interface Filters {
  event_type?: string;
  user_id?: string;
  start_date?: string;
  end_date?: string;
  filters?: string;
}

export interface EventWalk {
  events: readonly Event[];
  loading: boolean;
  problem: AnalyticsError | null;
  done: boolean;
  /** All pages of a walk see the log as of this position. */
  asOf: number | null;
  more: () => void;
  again: () => void;
}

export const PAGE = 100;
export const eventsAsk = (filters: Filters): Ask => ({
  path: '/api/v1/events',
  query: { ...filters, limit: PAGE },
});

interface Walked {
  key: string;
  events: readonly Event[];
  cursor: string | null;
  asOf: number | null;
  problem: AnalyticsError | null;
  started: boolean;
}

/** Events newest first, a page at a time, all of one position; other filters begin another walk. */
export function useEvents(filters: Filters): EventWalk {
  const ask = eventsAsk(filters);
  const [round, setRound] = useState(0);
  const key = `${round} ${identity(ask)}`;
  const [walked, setWalked] = useState<Walked>(() => begun(key));
  const [loading, setLoading] = useState(false);
  const running = useRef<{ key: string; leaving: AbortController } | null>(null);
  const now = walked.key === key ? walked : begun(key);
  const latest = useRef({ ask, now });
  latest.current = { ask, now };
  const more = useCallback(() => {
    const { ask, now } = latest.current;
    if (running.current?.key === now.key || (now.started && now.cursor === null)) return;
    running.current?.leaving.abort();
    const leaving = new AbortController();
    running.current = { key: now.key, leaving };
    setLoading(true);
    const ended = () => {
      if (running.current?.leaving !== leaving) return;
      running.current = null;
      setLoading(false);
    };
    answer<Page>({ ...ask, query: { ...ask.query, cursor: now.cursor } }, leaving.signal).then(
      (page) => {
        if (leaving.signal.aborted) return;
        const events = [...now.events, ...page.items];
        setWalked({
          key: now.key,
          events,
          cursor: page.next_cursor,
          asOf: page.as_of_position,
          problem: null,
          started: true,
        });
        ended();
      },
      (problem) => {
        if (leaving.signal.aborted) return;
        setWalked({ ...now, problem });
        ended();
      },
    );
  }, []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another key begins another walk
  useEffect(() => {
    more();
    return () => {
      running.current?.leaving.abort();
      running.current = null;
    };
  }, [key, more]);
  return {
    events: now.events,
    loading: loading || (!now.started && now.problem === null),
    problem: now.problem,
    done: now.started && now.cursor === null,
    asOf: now.asOf,
    more,
    again: now.events.length ? more : () => setRound((number) => number + 1),
  };
}

function begun(key: string): Walked {
  return { key, events: [], cursor: null, asOf: null, problem: null, started: false };
}
