'use client';
import { useId, useRef } from 'react';
import type { Event } from './use-events';

/** Chooses an event type; those that were seen so far are offered, and any other may be typed. */
export function TypeFilter({
  value,
  events,
  onChange,
}: {
  value: string;
  events: readonly Event[];
  onChange: (type: string) => void;
}) {
  const seen = useRef(new Set<string>());
  for (const event of events) seen.current.add(event.event_type);
  const list = useId();
  return (
    <label className="field">
      <span>Type</span>
      <input
        list={list}
        size={16}
        value={value}
        placeholder="all types"
        onChange={(event) => onChange(event.target.value)}
      />
      <datalist id={list}>
        {[...seen.current].sort().map((type) => (
          <option key={type} value={type} />
        ))}
      </datalist>
    </label>
  );
}
