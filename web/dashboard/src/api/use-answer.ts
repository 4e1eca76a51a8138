'use client';
import type { AnalyticsError } from '@sightline/sdk';
import { useCallback, useEffect, useRef, useState } from 'react';
import { useWorkspace } from '../session/use-session';
import { type Ask, answer, identity } from './ask';

export interface Answer<T> {
  /** The latest answer; of an earlier question while `stale`. */
  data: T | null;
  problem: AnalyticsError | null;
  loading: boolean;
  /** What is shown answers an earlier question, or could not be renewed. */
  stale: boolean;
  answeredAt: number | null;
  again: () => void;
}

interface Kept {
  data: unknown;
  at: number;
}

const FRESH_MILLISECONDS = 30_000;
const MOST_KEPT = 60;
const kept = new Map<string, Kept>();

export function remember(key: string, data: unknown): void {
  kept.delete(key);
  kept.set(key, { data, at: Date.now() });
  for (const oldest of kept.keys()) {
    if (kept.size <= MOST_KEPT) break;
    kept.delete(oldest);
  }
}

/** Ask while mounted; null asks nothing. An answer of the last half minute is not asked for again. */
export function useAnswer<T>(ask: Ask | null): Answer<T> {
  const tenant = useWorkspace()?.tenant ?? '';
  const key = ask && `${tenant} ${identity(ask)}`;
  const [state, setState] = useState<{
    key: string | null;
    data: T | null;
    problem: AnalyticsError | null;
    at: number | null;
  }>(() => known<T>(key));
  const [round, setRound] = useState(0);
  const asked = useRef(ask);
  asked.current = ask;
  useEffect(() => {
    if (!key) return;
    const before = kept.get(key);
    if (before) setState({ key, data: before.data as T, problem: null, at: before.at });
    if (before && Date.now() - before.at < FRESH_MILLISECONDS && round === 0) return;
    const leaving = new AbortController();
    answer<T>(asked.current as Ask, leaving.signal).then(
      (data) => {
        remember(key, data);
        if (!leaving.signal.aborted) setState({ key, data, problem: null, at: Date.now() });
      },
      (error) => {
        if (leaving.signal.aborted) return;
        setState((old) => ({ ...(old.data && sameTenant(old.key, key) ? old : known<T>(null)), key, problem: error }));
      },
    );
    return () => leaving.abort();
  }, [key, round]);
  const again = useCallback(() => {
    setState((old) => ({ ...old, problem: null, key: null }));
    setRound((number) => number + 1);
  }, []);
  const settled = state.key === key;
  const data = sameTenant(state.key, key) || state.key === null ? state.data : null;
  return {
    data,
    problem: settled ? state.problem : null,
    loading: key !== null && !settled,
    stale: data !== null && (!settled || state.problem !== null),
    answeredAt: state.at,
    again,
  };
}

function known<T>(key: string | null) {
  const before = key ? kept.get(key) : undefined;
  return { key: before ? key : null, data: (before?.data as T) ?? null, problem: null, at: before?.at ?? null };
}

const sameTenant = (one: string | null, other: string | null) => one?.split(' ')[0] === other?.split(' ')[0];
