'use client';
import { type ReactNode, useId } from 'react';

/** A page: where one is, what is shown, of what, and what can be chosen. */
export function Page({
  title,
  sub,
  crumb,
  aside,
  children,
}: {
  title: ReactNode;
  sub?: ReactNode;
  crumb?: ReactNode;
  aside?: ReactNode;
  children: ReactNode;
}) {
  return (
    <div className="page">
      <header className="page-head">
        <div>
          {crumb && <p className="crumb">{crumb}</p>}
          <h1>{title}</h1>
          {sub && <p className="sub">{sub}</p>}
        </div>
        {aside}
      </header>
      {children}
    </div>
  );
}

export function Card({
  title,
  aside,
  flush = false,
  children,
}: {
  title: ReactNode;
  aside?: ReactNode;
  flush?: boolean;
  children: ReactNode;
}) {
  return (
    <section className={flush ? 'card flush' : 'card'}>
      <header className="card-head">
        <h2>{title}</h2>
        {aside && <div className="card-aside">{aside}</div>}
      </header>
      {children}
    </section>
  );
}

export function Tile({
  title,
  big,
  note,
  children,
}: {
  title: string;
  big?: ReactNode;
  note?: ReactNode;
  children?: ReactNode;
}) {
  return (
    <article className="tile">
      <h2>{title}</h2>
      {big && <p className="big">{big}</p>}
      {note && <p className="note">{note}</p>}
      {children}
    </article>
  );
}

/** A labelled choice. */
export function Choice({
  label,
  value,
  options,
  onChange,
}: {
  label: string;
  value: string;
  options: readonly (readonly [value: string, text: string])[];
  onChange: (value: string) => void;
}) {
  const id = useId();
  return (
    <span className="field">
      <label htmlFor={id}>{label}</label>
      <select id={id} value={value} onChange={(event) => onChange(event.target.value)}>
        {options.map(([name, text]) => (
          <option key={name} value={name}>
            {text}
          </option>
        ))}
      </select>
    </span>
  );
}

/** A box that scrolls by keyboard as well. */
export function Scroll({ label, small = false, children }: { label: string; small?: boolean; children: ReactNode }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable with the keyboard
    // biome-ignore lint/a11y/useSemanticElements: a section with a name is a region all the same
    <div className={small ? 'scroll small' : 'scroll'} role="region" aria-label={label} tabIndex={0}>
      {children}
    </div>
  );
}
