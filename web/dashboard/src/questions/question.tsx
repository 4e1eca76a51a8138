'use client';
import { NotFoundError } from '@sightline/sdk';
import type { ReactNode } from 'react';
import type { Answer } from '../api/use-answer';
import { instant, number } from '../marks/format';
import { Answered } from '../shell/states';
import type { Change } from '../shell/use-url';
import type { Told } from './shapes';

const DAY_MILLISECONDS = 86_400_000;

/** The days that a question is about; the last 28 whole ones unless the address says otherwise. */
export function rangeOf(url: URLSearchParams, days = 28): { start: string; end: string } {
  const yesterday = Date.now() - DAY_MILLISECONDS;
  const iso = (milliseconds: number) => new Date(milliseconds).toISOString().slice(0, 10);
  return {
    start: url.get('start') ?? iso(yesterday - (days - 1) * DAY_MILLISECONDS),
    end: url.get('end') ?? iso(yesterday),
  };
}

export function RangeFields({
  range,
  change,
}: {
  range: { start: string; end: string };
  change: (change: Change) => void;
}) {
  return (
    <>
      <label className="field">
        <span>From</span>
        <input
          type="date"
          value={range.start}
          max={range.end}
          onChange={(event) => event.target.value && change({ start: event.target.value })}
        />
      </label>
      <label className="field">
        <span>to</span>
        <input
          type="date"
          value={range.end}
          min={range.start}
          onChange={(event) => event.target.value && change({ end: event.target.value })}
        />
      </label>
    </>
  );
}

export function TextField({
  label,
  value,
  placeholder,
  onChange,
}: {
  label: string;
  value: string;
  placeholder?: string;
  onChange: (value: string) => void;
}) {
  return (
    <label className="field">
      <span>{label}</span>
      <input
        size={16}
        value={value}
        placeholder={placeholder}
        spellCheck={false}
        onChange={(event) => onChange(event.target.value)}
      />
    </label>
  );
}

/** An answer over events with the rules it was made by; says so where this API has no such question. */
export function QuestionAnswer<T extends Told>({
  of,
  what,
  empty,
  children,
}: {
  of: Answer<T>;
  what: string;
  empty: (data: T) => boolean;
  children: (data: T) => ReactNode;
}) {
  if (of.problem instanceof NotFoundError)
    return (
      <p className="told" role="status">
        This API does not answer {what} (404, there is no such route). A newer one does; nothing is wrong with the data.
      </p>
    );
  return (
    <Answered
      of={of}
      what={what}
      empty={empty}
      emptyText="No event of this range fits. Try other days or other event types."
    >
      {(data) => (
        <>
          {children(data)}
          <Rules of={data} />
        </>
      )}
    </Answered>
  );
}

function Rules({ of }: { of: Told }) {
  return (
    <details className="as-table">
      <summary>
        Rules of this answer, seen as of position {number(of.as_of)}, complete until {instant(of.complete_until)} UTC
      </summary>
      <table>
        <tbody>
          {Object.entries(of.rules).map(([name, value]) => (
            <tr key={name}>
              <th scope="row">{name.replaceAll('_', ' ')}</th>
              <td className="mono">{typeof value === 'string' ? value : JSON.stringify(value)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}

/** Names with commas between. */
export const typed = (text: string): string[] =>
  text
    .split(',')
    .map((one) => one.trim())
    .filter(Boolean);
