'use client';
import type { AnalyticsError } from '@sightline/sdk';
import { useEffect, useState } from 'react';
import { type Ask, answer } from '../api/ask';
import { useWorkspace } from '../session/use-session';
import type { PortfolioPage, Ranking, Scored } from './shapes';

export interface Portfolio {
  rows: readonly Scored[];
  complete: boolean;
  ranking: Ranking | null;
  period: PortfolioPage['period'];
  problem: AnalyticsError | null;
  again: () => void;
}

type Loaded = Omit<Portfolio, 'again'>;

export const PAGE = 1000;
const NOTHING: Loaded = { rows: [], complete: false, ranking: null, period: null, problem: null };
const RENEW_MILLISECONDS = 2000;

let kept: { tenant: string; loaded: Loaded } | null = null;

const RANKING: Ask = { path: '/api/v1/portfolio/health', query: { limit: 1, summary: false } };

export const pageAsk = (cursor: string | null): Ask => ({
  path: '/api/v1/portfolio/health',
  query: { sort: 'score', limit: PAGE, summary: false, ...(cursor && { cursor }) },
});

/**
 * All scored properties, page by page: the first is shown as soon as it is here, and the rest follows.
 *
 * While the ranking is not up to date one asks how far it is, and walks again when it is: a fresh workspace fills by itself.
 */
export function usePortfolio(): Portfolio {
  const tenant = useWorkspace()?.tenant ?? '';
  const [loaded, setLoaded] = useState<Loaded>(() => (kept?.tenant === tenant ? kept.loaded : NOTHING));
  const [round, setRound] = useState(0);
  useEffect(() => {
    if (round === 0 && kept?.tenant === tenant && kept.loaded.complete && kept.loaded.ranking?.current) return;
    const leaving = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const wait = (shown: Loaded) => {
      timer = setTimeout(async () => {
        const { ranking } = await answer<PortfolioPage>(RANKING, leaving.signal).catch(() => ({ ranking: null }));
        if (leaving.signal.aborted) return;
        if (ranking?.current) setRound((number) => number + 1);
        else {
          setLoaded({ ...shown, ranking: ranking ?? shown.ranking });
          wait(shown);
        }
      }, RENEW_MILLISECONDS);
    };
    const show = (next: Loaded) => {
      if (leaving.signal.aborted) return;
      kept = { tenant, loaded: next };
      setLoaded(next);
      if (next.complete && next.ranking && !next.ranking.current) wait(next);
    };
    walk(show, leaving.signal).catch((problem) => {
      if (!leaving.signal.aborted) setLoaded((old) => ({ ...old, problem }));
    });
    return () => {
      leaving.abort();
      clearTimeout(timer);
    };
  }, [tenant, round]);
  return { ...loaded, again: () => setRound((number) => number + 1) };
}

async function walk(show: (loaded: Loaded) => void, signal: AbortSignal): Promise<void> {
  let cursor: string | null = null;
  let rows: Scored[] = [];
  do {
    const page: PortfolioPage = await answer<PortfolioPage>(pageAsk(cursor), signal);
    rows = [...rows, ...page.items];
    cursor = page.next_cursor;
    const complete = cursor === null;
    show({ rows, complete, ranking: page.ranking, period: page.period, problem: null });
  } while (cursor);
}
