'use client';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef, useState } from 'react';
import { instant, number } from '../marks/format';
import { Failed, Loading } from '../shell/states';
import { EventDialog } from './event-dialog';
import type { Event, EventWalk } from './use-events';

const ROW = 38;
const AHEAD = 20;

/** Events as a table that loads on as one scrolls; only the rows in sight are in the document. */
export function EventTable({ walk, caption }: { walk: EventWalk; caption: string }) {
  const box = useRef<HTMLDivElement>(null);
  const [shown, setShown] = useState<Event | null>(null);
  const { events, loading, problem, done, more } = walk;
  const virtual = useVirtualizer({
    count: events.length,
    getScrollElement: () => box.current,
    estimateSize: () => ROW,
    overscan: 8,
    initialRect: { width: 1000, height: 520 },
  });
  const seen = virtual.getVirtualItems();
  const last = seen.at(-1)?.index ?? 0;
  useEffect(() => {
    if (events.length && !done && !problem && last >= events.length - AHEAD) more();
  }, [last, events.length, done, problem, more]);
  if (!events.length && problem) return <Failed what="events" problem={problem} again={walk.again} />;
  if (!events.length && loading) return <Loading what="events" />;
  if (!events.length) return <p className="state">No event fits.</p>;
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable with the keyboard */}
      {/* biome-ignore lint/a11y/useSemanticElements: a section with a name is a region all the same */}
      <div ref={box} className="scroll events" role="region" aria-label={caption} tabIndex={0} aria-busy={loading}>
        <table className="fixed" aria-rowcount={done ? events.length + 1 : -1}>
          <caption className="unseen">{caption}</caption>
          <colgroup>
            <col width={194} />
            <col width={150} />
            <col width={160} />
            <col />
          </colgroup>
          <thead>
            <tr aria-rowindex={1}>
              <th scope="col">Time (UTC)</th>
              <th scope="col">Type</th>
              <th scope="col">User</th>
              <th scope="col">Properties</th>
            </tr>
          </thead>
          <tbody>
            <Spacer height={seen[0]?.start ?? 0} />
            {seen.map((item) => {
              const event = events[item.index] as Event;
              return (
                <tr key={event.event_id} aria-rowindex={item.index + 2}>
                  <td>
                    <button type="button" className="link" onClick={() => setShown(event)}>
                      {instant(event.timestamp)}
                      <span className="unseen">, show this event</span>
                    </button>
                  </td>
                  <td>{event.event_type}</td>
                  <td>{event.user_id}</td>
                  <td className="mono">{words(event.properties)}</td>
                </tr>
              );
            })}
            <Spacer height={virtual.getTotalSize() - (seen.at(-1)?.end ?? 0)} />
          </tbody>
        </table>
      </div>
      {problem && <Failed what="more events" problem={problem} again={walk.again} />}
      <p className="below">
        <span role="status">
          {number(events.length)} events {done ? 'are all of them' : 'so far'}
          {walk.asOf !== null && `, as of position ${number(walk.asOf)}`}
        </span>{' '}
        {!done && (
          <button type="button" className="btn small" disabled={loading} onClick={more}>
            {loading ? 'Loading …' : 'Load more'}
          </button>
        )}
      </p>
      {shown && <EventDialog event={shown} close={() => setShown(null)} />}
    </>
  );
}

const words = (properties: Record<string, unknown>) =>
  Object.entries(properties)
    .map(([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(' · ');

function Spacer({ height }: { height: number }) {
  if (height <= 0) return null;
  return (
    <tr className="spacer">
      <td colSpan={4} style={{ height }} />
    </tr>
  );
}
