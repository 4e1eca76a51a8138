'use client';
import { type FormEvent, type ReactNode, useId, useState } from 'react';
import { Dialog } from '../shell/dialog';
import { type Board, type Flaw, MOST_CARDS, parsed } from './board';

/** A board as a text that can be changed; it is used once nothing is wrong with it, null is the built-in one. */
export function BoardEditor({
  from,
  use,
  close,
}: {
  from: string;
  use: (board: Board | null) => void;
  close: () => void;
}) {
  const [text, setText] = useState(() => laidOut(from));
  const [flaws, setFlaws] = useState<readonly Flaw[]>([]);
  const id = useId();
  const tell = (event: FormEvent) => {
    const read = parsed(text);
    setFlaws(read.flaws);
    if (read.board) use(read.board);
    else event.preventDefault();
  };
  return (
    <Dialog title="Edit board" close={close}>
      <p className="sub" id={`${id}-rules`}>
        1 to {MOST_CARDS} cards, each of which shows a <code>number</code>, <code>line</code>, <code>bars</code>,{' '}
        <code>table</code> or <code>events</code>. A number and a line take the name of a <code>metric</code>; all but
        events take a <code>series</code>, the body of <code>POST /api/v2/analytics/realtime/query</code> without its
        range, which is the days of the page. The board becomes part of the address and is stored nowhere else.
      </p>
      <form method="dialog" className="editor" onSubmit={tell}>
        <label htmlFor={id}>Board, as JSON</label>
        <textarea
          id={id}
          className="mono"
          rows={18}
          value={text}
          spellCheck={false}
          aria-describedby={`${id}-rules`}
          aria-invalid={flaws.length > 0}
          onChange={(event) => setText(event.target.value)}
        />
        {flaws.length > 0 && <Flaws of={flaws} />}
        <div className="actions">
          <button type="submit" className="btn strong">
            Use it
          </button>
          <button
            type="button"
            className="btn"
            onClick={(event) => {
              use(null);
              event.currentTarget.closest('dialog')?.close();
            }}
          >
            Back to the built-in board
          </button>
        </div>
      </form>
    </Dialog>
  );
}

/** Everything that is wrong with a board. */
export function Flaws({ of, children }: { of: readonly Flaw[]; children?: ReactNode }) {
  return (
    <div role="alert" className="failed">
      <p>
        <strong>This board cannot be drawn:</strong>
      </p>
      <ul>
        {of.map(({ place, reason }) => (
          <li key={`${place} ${reason}`}>
            <code>{place}</code> {reason}
          </li>
        ))}
      </ul>
      {children}
    </div>
  );
}

/** JSON with a line for every part; what is none, as it is. */
function laidOut(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
