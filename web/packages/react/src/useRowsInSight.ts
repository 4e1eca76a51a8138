import { type UIEvent, useState } from 'react';

/** Longer tables hold only the rows in sight, and some around them. */
const MOST_ROWS = 200;
const AROUND = 20;

export interface RowsInSight {
  readonly first: number;
  readonly end: number;
  /** Height of the rows that are left out. [px] */
  readonly above: number;
  readonly below: number;
  readonly onScroll: (event: UIEvent<HTMLElement>) => void;
}

/**
 * Which rows of a table are in sight of its scrolling region.
 *
 * @param rowHeight Of every row. [px]
 */
export function useRowsInSight(count: number, rowHeight: number): RowsInSight {
  const [sight, setSight] = useState({ top: 0, height: 600 });
  const onScroll = ({ currentTarget: { scrollTop, clientHeight } }: UIEvent<HTMLElement>) => {
    const top = Math.floor(scrollTop / rowHeight / AROUND) * AROUND * rowHeight;
    setSight((before) =>
      before.top === top && before.height === clientHeight ? before : { top, height: clientHeight },
    );
  };
  if (count <= MOST_ROWS) return { first: 0, end: count, above: 0, below: 0, onScroll };
  const first = Math.max(0, Math.min(count, Math.floor(sight.top / rowHeight)) - AROUND);
  const end = Math.min(count, first + Math.ceil(sight.height / rowHeight) + 3 * AROUND);
  return { first, end, above: first * rowHeight, below: (count - end) * rowHeight, onScroll };
}
