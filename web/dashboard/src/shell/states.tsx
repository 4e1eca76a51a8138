import type { AnalyticsError } from '@sightline/sdk';
import type { ReactNode } from 'react';
import { reasonOf } from '../api/reason';
import type { Answer } from '../api/use-answer';
import { clock } from '../marks/format';

/** An answer in whichever state it is: loading, failed, empty, stale or there. */
export function Answered<T>({
  of,
  what,
  empty,
  emptyText = 'There is nothing here.',
  children,
}: {
  of: Answer<T>;
  what: string;
  empty?: (data: T) => boolean;
  emptyText?: ReactNode;
  children: (data: T) => ReactNode;
}) {
  if (of.data === null)
    return of.problem ? <Failed what={what} problem={of.problem} again={of.again} /> : <Loading what={what} />;
  return (
    <>
      {of.problem && <Failed what={what} problem={of.problem} again={of.again} shownFrom={of.answeredAt} />}
      {empty?.(of.data) ? (
        <p className="state">{emptyText}</p>
      ) : (
        <div className={of.stale ? 'answered stale' : 'answered'} aria-busy={of.loading}>
          {children(of.data)}
        </div>
      )}
    </>
  );
}

export function Loading({ what }: { what: string }) {
  return (
    <div className="state" role="status">
      <span className="pulse" aria-hidden="true" /> Loading {what} …
    </div>
  );
}

/** What went wrong, whether something older is still shown, and a way to ask again. */
export function Failed({
  what,
  problem,
  again,
  shownFrom = null,
}: {
  what: string;
  problem: AnalyticsError;
  again: () => void;
  shownFrom?: number | null;
}) {
  const { text, fields, requestId } = reasonOf(problem);
  return (
    <div role="alert" className="failed">
      <p>
        <strong>{shownFrom ? `Could not renew ${what}` : `Could not load ${what}`}: </strong>
        {text}
        {shownFrom && ` What is shown is from ${clock(shownFrom)}.`}
      </p>
      {fields.length > 0 && (
        <ul>
          {fields.map((one) => (
            <li key={one.detail + (one.pointer ?? one.parameter ?? '')}>
              <code>{one.pointer ?? one.parameter}</code> {one.detail}
            </li>
          ))}
        </ul>
      )}
      <p>
        <button type="button" className="btn small" onClick={again}>
          Try again
        </button>{' '}
        {requestId && <small>Request {requestId}</small>}
      </p>
    </div>
  );
}
