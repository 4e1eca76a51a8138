/** Rows of a table that have figures: of each figure the column that it stands in. */
export type Columns = readonly (readonly number[])[];

/** Where a figure is: which row with figures, and which figure of that row. */
export interface Spot {
  row: number;
  place: number;
}

/**
 * Where a key leads from a figure of a table; null where it leads nowhere.
 *
 * Left and right, Home and End stay in the row; up and down lead to the figure of the next row that stands nearest.
 */
export function led(columns: Columns, { row, place }: Spot, key: string): Spot | null {
  const own = columns[row] ?? [];
  if (key === 'ArrowLeft' || key === 'ArrowRight') {
    const next = place + (key === 'ArrowRight' ? 1 : -1);
    return next in own ? { row, place: next } : null;
  }
  if (key === 'Home' || key === 'End') return { row, place: key === 'Home' ? 0 : own.length - 1 };
  if (key !== 'ArrowUp' && key !== 'ArrowDown') return null;
  const next = row + (key === 'ArrowDown' ? 1 : -1);
  const others = columns[next];
  if (!others?.length) return null;
  const far = (column = Number.NaN) => Math.abs(column - (own[place] ?? 0));
  const nearest = others.reduce((best, column, index) => (far(column) < far(others[best]) ? index : best), 0);
  return { row: next, place: nearest };
}

const FIGURES = 'button.cell-figure';

/** Every table is one stop of the tab key: see to it that one of its figures can be reached by it. */
export function keepStop(table: HTMLTableElement): void {
  if (table.querySelector(`${FIGURES}[tabindex="0"]`)) return;
  table.querySelector(FIGURES)?.setAttribute('tabindex', '0');
}

/** Make a figure the stop of its table. */
export function becomeStop(figure: HTMLButtonElement): void {
  for (const other of figure.closest('table')?.querySelectorAll(`${FIGURES}[tabindex="0"]`) ?? [])
    other.setAttribute('tabindex', '-1');
  figure.setAttribute('tabindex', '0');
}

/** Follow a key from a figure to another one of its table; false where it leads nowhere. */
export function follow(figure: HTMLButtonElement, key: string): boolean {
  const rows = [...(figure.closest('table')?.rows ?? [])]
    .map((row) => [...row.querySelectorAll<HTMLButtonElement>(FIGURES)])
    .filter((figures) => figures.length > 0);
  const row = rows.findIndex((figures) => figures.includes(figure));
  const columns = rows.map((figures) =>
    figures.map((one) => one.closest<HTMLTableCellElement>('td, th')?.cellIndex ?? 0),
  );
  const spot = led(columns, { row, place: rows[row]?.indexOf(figure) ?? 0 }, key);
  if (!spot) return false;
  rows[spot.row]?.[spot.place]?.focus();
  return true;
}
