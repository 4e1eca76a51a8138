'use client';
import { createContext, type ReactNode, useCallback, useContext, useEffect, useRef, useState } from 'react';
import { type Ask, address, answer } from '../api/ask';
import { reasonOf } from '../api/reason';
import { Dialog } from '../shell/dialog';
import { asCurl, asTypeScript } from './as-code';
import { becomeStop, follow, keepStop } from './roving';

const Panel = createContext<(title: string, ask: Ask) => void>(() => {});

/** One dialog for the whole page that says where a figure comes from. */
export function QueryPanel({ children }: { children: ReactNode }) {
  const [shown, setShown] = useState<{ title: string; ask: Ask } | null>(null);
  const show = useCallback((title: string, ask: Ask) => setShown({ title, ask }), []);
  return (
    <Panel.Provider value={show}>
      {children}
      {shown && <QueryDialog {...shown} close={() => setShown(null)} />}
    </Panel.Provider>
  );
}

/** The query behind a section. */
export function QueryButton({ title, ask }: { title: string; ask: Ask }) {
  const show = useContext(Panel);
  return (
    <button type="button" className="btn small quiet" onClick={() => show(title, ask)}>
      Query<span className="unseen"> behind {title}</span>
    </button>
  );
}

/** A figure that leads to its query. */
export function Figure({ title, ask, children }: { title: string; ask: Ask; children: ReactNode }) {
  const show = useContext(Panel);
  return (
    <button type="button" className="figure" title="The query behind this figure" onClick={() => show(title, ask)}>
      {children}
      <span className="unseen">, show the query behind {title}</span>
    </button>
  );
}

/**
 * A figure of a table that leads to a query of its own, narrower than the table's.
 *
 * It looks like any other figure until one points at it. The tab key stops at one figure of a table, arrows lead to the
 * others: hundreds of figures are no hundreds of stops.
 */
export function CellFigure({
  title,
  ask,
  hint = 'The query behind this figure',
  children,
}: {
  title: string;
  ask: Ask;
  hint?: string;
  children: ReactNode;
}) {
  const show = useContext(Panel);
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    const table = button.current?.closest('table');
    if (!table) return;
    keepStop(table);
    return () => keepStop(table);
  }, []);
  return (
    <button
      ref={button}
      type="button"
      className="cell-figure"
      tabIndex={-1}
      title={`${hint}; arrow keys lead to the others`}
      onClick={() => show(title, ask)}
      onFocus={(event) => becomeStop(event.currentTarget)}
      onKeyDown={(event) => {
        if (follow(event.currentTarget, event.key)) event.preventDefault();
      }}
    >
      {children}
      <span className="unseen">, show the query behind {title}</span>
    </button>
  );
}

function QueryDialog({ title, ask, close }: { title: string; ask: Ask; close: () => void }) {
  const origin = window.location.origin;
  return (
    <Dialog title={`The query behind ${title}`} close={close}>
      <p className="sub">
        <strong>{ask.method ?? 'GET'}</strong> <code>{address(ask)}</code>
      </p>
      <Code name="curl" text={asCurl(ask, origin)} />
      <Code name="TypeScript" text={asTypeScript(ask, origin)} />
      <RawAnswer ask={ask} />
      <p className="sub">
        <code>KEY</code> is your key; it is never part of what is copied. <a href="/docs">All calls</a>
      </p>
    </Dialog>
  );
}

function Code({ name, text }: { name: string; text: string }) {
  const [said, setSaid] = useState('Copy');
  const copy = () =>
    navigator.clipboard.writeText(text).then(
      () => setSaid('Copied'),
      () => setSaid('Select the text and copy it'),
    );
  return (
    <section className="code">
      <h3>{name}</h3>
      <button type="button" className="btn small" onClick={copy}>
        {said}
        <span className="unseen"> {name}</span>
      </button>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable with the keyboard */}
      <pre tabIndex={0}>{text}</pre>
    </section>
  );
}

function RawAnswer({ ask }: { ask: Ask }) {
  const [text, setText] = useState<string | null>(null);
  const load = () =>
    answer<unknown>(ask).then(
      (data) => setText(JSON.stringify(data, null, 2)),
      (problem) => setText(reasonOf(problem).text),
    );
  if (text === null)
    return (
      <button type="button" className="btn small" onClick={load}>
        Show the answer as JSON
      </button>
    );
  return (
    <section className="code">
      <h3>Answer</h3>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable with the keyboard */}
      <pre tabIndex={0}>{text.length > 20_000 ? `${text.slice(0, 20_000)}\n…` : text}</pre>
    </section>
  );
}
