import type { Event, EventFilters } from '@sightline/sdk';
import type { CSSProperties, ReactElement, ReactNode } from 'react';
import { useEvents } from './useEvents';
import { useRowsInSight } from './useRowsInSight';

export interface EventsTableProps extends Omit<EventFilters, 'limit' | 'cursor'> {
  /** Events of one request. Default 100. */
  pageSize?: number;
  /** What the table holds, for those who cannot see it. Default "Events". */
  caption?: string;
  className?: string;
  /** Instead of the sentence for no events. */
  empty?: ReactNode;
  /** How properties are shown; as JSON where it is left out. */
  renderProperties?: (event: Event) => ReactNode;
  /** Makes the type of each event a button. */
  onSelect?: (event: Event) => void;
  /** Of every row. Default 36. [px] */
  rowHeight?: number;
  /** Of the scrolling region, as CSS. Default 60vh. */
  maxHeight?: string;
}

const HIDDEN: CSSProperties = {
  position: 'absolute',
  width: 1,
  height: 1,
  overflow: 'hidden',
  clipPath: 'inset(50%)',
  whiteSpace: 'nowrap',
};

/**
 * A table of events that loads further ones as one scrolls. It brings no style of its own but what scrolling needs; classes
 * begin with `sl-`.
 */
export function EventsTable({ className = '', ...props }: EventsTableProps): ReactElement {
  const { pageSize, caption, empty, renderProperties, onSelect, rowHeight, maxHeight, ...filters } = props;
  const walk = useEvents({ ...filters, limit: pageSize });
  const { events, error, loading, fetchingMore, refetch } = walk;
  const failed = error && !events.length;
  return (
    <div className={`sl-events ${className}`} aria-busy={loading || fetchingMore}>
      <p role="status" style={HIDDEN}>
        {loading ? 'Loading events' : `${events.length} events loaded`}
      </p>
      {failed && <Failure text="Events could not be loaded" error={error} retry={refetch} />}
      {loading && <p className="sl-state">Loading events…</p>}
      {!loading && !failed && !events.length && <p className="sl-state">{empty ?? 'No events match these filters.'}</p>}
      {events.length > 0 && <Rows {...props} walk={walk} />}
    </div>
  );
}

function Rows({
  walk,
  caption = 'Events',
  rowHeight = 36,
  maxHeight = '60vh',
  renderProperties,
  onSelect,
}: EventsTableProps & { walk: ReturnType<typeof useEvents> }): ReactElement {
  const { events, error, hasMore, fetchMore, refetch, fetchingMore, sentinelRef } = walk;
  const { first, end, above, below, onScroll } = useRowsInSight(events.length, rowHeight);
  return (
    <section
      className="sl-scroll"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: who has no mouse must be able to scroll it
      tabIndex={0}
      aria-label={caption}
      onScroll={onScroll}
      style={{ maxHeight, overflow: 'auto' }}
    >
      <table aria-rowcount={hasMore ? -1 : events.length + 1}>
        <caption style={HIDDEN}>{caption}, newest first, times in UTC</caption>
        <thead>
          <tr aria-rowindex={1}>
            <th scope="col">Time</th>
            <th scope="col">Type</th>
            <th scope="col">User</th>
            <th scope="col">Properties</th>
          </tr>
        </thead>
        <tbody>
          <Gap height={above} />
          {events.slice(first, end).map((event, at) => (
            <tr key={event.event_id} aria-rowindex={first + at + 2} style={{ height: rowHeight, whiteSpace: 'nowrap' }}>
              <td>
                <time dateTime={event.timestamp}>{event.timestamp.slice(0, 19).replace('T', ' ')}</time>
              </td>
              <th scope="row">
                {onSelect ? (
                  <button type="button" onClick={() => onSelect(event)}>
                    {event.event_type}
                  </button>
                ) : (
                  event.event_type
                )}
              </th>
              <td>{event.user_id}</td>
              <td className="sl-properties">
                {renderProperties ? renderProperties(event) : JSON.stringify(event.properties)}
              </td>
            </tr>
          ))}
          <Gap height={below} />
        </tbody>
      </table>
      {error && (
        <Failure text="Further events could not be loaded" error={error} retry={hasMore ? fetchMore : refetch} />
      )}
      {hasMore && !error && (
        <div ref={sentinelRef} className="sl-more">
          <button type="button" onClick={fetchMore} disabled={fetchingMore}>
            {fetchingMore ? 'Loading…' : 'Load more'}
          </button>
        </div>
      )}
    </section>
  );
}

const Gap = ({ height }: { height: number }) =>
  height > 0 && (
    // biome-ignore lint/a11y/noAriaHiddenOnFocusable: a row without content takes no focus
    <tr aria-hidden="true" style={{ height }}>
      <td colSpan={4} />
    </tr>
  );

function Failure({ text, error, retry }: { text: string; error: Error; retry: () => void }): ReactElement {
  return (
    <div role="alert" className="sl-state">
      <p>
        {text}: {error.message}
      </p>
      <button type="button" onClick={retry}>
        Try again
      </button>
    </div>
  );
}
