'use client';
import { useAnswer } from '../api/use-answer';
import { instant, number } from '../marks/format';
import { QueryButton } from '../query/query-panel';
import { Dialog } from '../shell/dialog';
import { Answered } from '../shell/states';
import type { Event } from './use-events';

interface Trace {
  received_at: string;
  position: number;
  quarantined: boolean;
  loaded_position: number;
  visible_in: string[];
}

/** One event, all of it, and where it has come to. */
export function EventDialog({ event, close }: { event: Event; close: () => void }) {
  const path = `/api/v1/events/${encodeURIComponent(event.event_id)}`;
  const trace = useAnswer<Trace>({ path: `${path}/trace` });
  return (
    <Dialog title={`${event.event_type} of ${event.user_id}`} close={close}>
      <table>
        <tbody>
          {facts(event).map(([name, value]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td className="mono">{value}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <h3>Where it is</h3>
      <Answered of={trace} what="where it is">
        {(data) => (
          <p>
            Acknowledged at position {number(data.position)}, {instant(data.received_at)} UTC.{' '}
            {data.quarantined
              ? 'It is kept apart because it breaks its schema.'
              : `It is in ${data.visible_in.join(' and ')}.`}
          </p>
        )}
      </Answered>
      <p>
        <QueryButton title="this event" ask={{ path }} />
      </p>
    </Dialog>
  );
}

function facts(event: Event): [string, string][] {
  const own = Object.entries(event.properties).map(([name, value]): [string, string] => [
    name,
    typeof value === 'string' ? value : JSON.stringify(value),
  ]);
  return [
    ['event_id', event.event_id],
    ['timestamp', event.timestamp],
    ['received_at', event.received_at],
    ...(event.schema_version ? [['schema_version', event.schema_version] as [string, string]] : []),
    ...own.map(([name, value]): [string, string] => [`properties.${name}`, value]),
  ];
}
