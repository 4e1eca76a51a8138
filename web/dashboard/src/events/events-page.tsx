'use client';
import { useDeferredValue } from 'react';
import { QueryButton } from '../query/query-panel';
import { Card, Choice, Page } from '../shell/page';
import { type Change, useUrl } from '../shell/use-url';
import { EventTable } from './event-table';
import { TypeFilter } from './type-filter';
import { eventsAsk, type Filters, useEvents } from './use-events';

const OPS = [
  ['eq', 'equals'],
  ['ne', 'is not'],
  ['contains', 'contains'],
  ['not_contains', 'does not contain'],
  ['gt', 'over'],
  ['ge', 'at least'],
  ['lt', 'under'],
  ['le', 'at most'],
  ['is_set', 'is set'],
  ['is_not_set', 'is not set'],
] as const;

/** All events, newest first, by type, user, days and one condition on a property. */
export function EventsPage() {
  const [url, change] = useUrl();
  const filters = useDeferredValue(filtersOf(url));
  const walk = useEvents(filters);
  return (
    <Page
      title="Events"
      sub="Newest first; a walk sees the log as it was when it began, so nothing is skipped or shown twice"
    >
      <search className="filters">
        <TypeFilter
          value={url.get('event_type') ?? ''}
          events={walk.events}
          onChange={(event_type) => change({ event_type })}
        />
        <Text label="User" name="user_id" url={url} change={change} />
        <Text label="From" name="start_date" type="date" url={url} change={change} />
        <Text label="to" name="end_date" type="date" url={url} change={change} />
        <Text label="Property" name="property" url={url} change={change} />
        <Choice label="Condition" value={url.get('op') ?? 'eq'} options={OPS} onChange={(op) => change({ op })} />
        <Text label="Value" name="value" url={url} change={change} />
      </search>
      <Card flush title="Events" aside={<QueryButton title="these events" ask={eventsAsk(filters)} />}>
        <EventTable walk={walk} caption="Events, newest first" />
      </Card>
    </Page>
  );
}

function filtersOf(url: URLSearchParams): Filters {
  const get = (name: string) => url.get(name) ?? undefined;
  const [property, op, value] = [get('property'), get('op') ?? 'eq', get('value')];
  const unary = op === 'is_set' || op === 'is_not_set';
  const numeric = value !== undefined && value.trim() !== '' && Number.isFinite(Number(value)) && /^[gl][te]$/.test(op);
  const condition = unary ? { property, op } : { property, op, value: numeric ? Number(value) : value };
  return {
    event_type: get('event_type'),
    user_id: get('user_id'),
    start_date: get('start_date'),
    end_date: get('end_date'),
    filters: property && (unary || value !== undefined) ? JSON.stringify(condition) : undefined,
  };
}

function Text({
  label,
  name,
  type = 'text',
  url,
  change,
}: {
  label: string;
  name: string;
  type?: 'text' | 'date';
  url: URLSearchParams;
  change: (change: Change) => void;
}) {
  return (
    <label className="field">
      <span>{label}</span>
      <input
        type={type}
        size={14}
        value={url.get(name) ?? ''}
        onChange={(event) => change({ [name]: event.target.value })}
      />
    </label>
  );
}
