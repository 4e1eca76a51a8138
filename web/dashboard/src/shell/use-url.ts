'use client';
import { useSearchParams } from 'next/navigation';
import { useCallback, useEffect, useRef, useState } from 'react';

export type Change = Record<string, string | number | null>;

/**
 * What a view shows, kept in its address so that it can be shared: the query string, and a way to change it.
 *
 * The change is seen at once; the address follows. Empty values leave the address.
 */
export function useUrl(): [URLSearchParams, (change: Change) => void] {
  const outside = useSearchParams().toString();
  const [text, setText] = useState(outside);
  const written = useRef(outside);
  useEffect(() => {
    if (outside !== written.current) {
      written.current = outside;
      setText(outside);
    }
  }, [outside]);
  const latest = useRef(text);
  latest.current = text;
  const change = useCallback((wanted: Change) => {
    const next = new URLSearchParams(latest.current);
    for (const [name, value] of Object.entries(wanted))
      if (value === null || value === '') next.delete(name);
      else next.set(name, String(value));
    const search = next.toString();
    latest.current = search;
    written.current = search;
    setText(search);
    history.replaceState(null, '', search ? `?${plainly(search)}` : location.pathname);
  }, []);
  return [new URLSearchParams(text), change];
}

/** What an address may hold as it is. */
const plainly = (search: string) => search.replaceAll('%2C', ',').replaceAll('%3A', ':');
