'use client';
import { useVirtualizer } from '@tanstack/react-virtual';
import Link from 'next/link';
import { memo, useRef } from 'react';
import { number, signed } from '../marks/format';
import { Contributions, ScoreMark } from '../marks/marks';
import { healthAsk } from '../query/narrower';
import { CellFigure } from '../query/query-panel';
import { bandOf, METRICS, type Scored } from './shapes';

const ROW = 52;

interface Column {
  title: string;
  sort?: string;
  width: number;
  numeric?: boolean;
  /** Names of the bars below, each over its own. */
  slots?: readonly string[];
}

const COLUMNS: readonly Column[] = [
  { title: 'Pick', width: 52 },
  { title: 'Property', sort: 'name', width: 170 },
  { title: 'Market', sort: 'market_name', width: 172 },
  { title: 'Score', sort: 'score', width: 84, numeric: true },
  { title: '90 % interval', width: 144 },
  { title: 'Change', sort: 'change', width: 84, numeric: true },
  { title: 'Takes or adds', width: 214, slots: METRICS.map(([, , short]) => short) },
  { title: 'Among peers', sort: 'peer_percentile', width: 114, numeric: true },
  { title: 'Remarks', width: 176 },
];

/** The properties as a table of which only the rows in sight are in the document. */
export function PropertyTable({
  rows,
  sort,
  onSort,
  picked,
  onPick,
}: {
  rows: readonly Scored[];
  sort: string;
  onSort: (sort: string) => void;
  picked: ReadonlySet<number>;
  onPick: (id: number) => void;
}) {
  const box = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => box.current,
    estimateSize: () => ROW,
    overscan: 6,
    initialRect: { width: 1200, height: 640 },
  });
  const seen = virtual.getVirtualItems();
  const above = seen[0]?.start ?? 0;
  const below = virtual.getTotalSize() - (seen.at(-1)?.end ?? 0);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable with the keyboard
    // biome-ignore lint/a11y/useSemanticElements: a section with a name is a region all the same
    <div ref={box} className="scroll tall" role="region" aria-label="Properties by health score" tabIndex={0}>
      <table className="fixed" aria-rowcount={rows.length + 1}>
        <caption className="unseen">Properties against their markets, {rows.length} of them</caption>
        <colgroup>
          {COLUMNS.map((column) => (
            <col key={column.title} width={column.width} />
          ))}
        </colgroup>
        <thead>
          <tr aria-rowindex={1}>
            {COLUMNS.map((column) => (
              <Heading key={column.title} {...column} current={sort} onSort={onSort} />
            ))}
          </tr>
        </thead>
        <tbody>
          <Spacer height={above} />
          {seen.map((item) => {
            const row = rows[item.index] as Scored;
            return <Row key={row.id} row={row} index={item.index} picked={picked.has(row.id)} onPick={onPick} />;
          })}
          <Spacer height={below} />
        </tbody>
      </table>
    </div>
  );
}

function Heading({
  title,
  sort,
  numeric,
  slots,
  current,
  onSort,
}: Column & { current: string; onSort: (sort: string) => void }) {
  const name = current.replace(/^-/, '');
  const down = current.startsWith('-');
  const order = sort === name ? (down ? 'descending' : 'ascending') : undefined;
  return (
    <th scope="col" className={numeric ? 'num' : undefined} aria-sort={order}>
      {sort ? (
        <button type="button" className="sort" onClick={() => onSort(sort === name && !down ? `-${sort}` : sort)}>
          {title} {order ? (down ? '↓' : '↑') : ''}
        </button>
      ) : slots ? (
        <Slots title={title} names={slots} />
      ) : (
        title
      )}
    </th>
  );
}

function Slots({ title, names }: { title: string; names: readonly string[] }) {
  return (
    <span className="slots">
      <span className="unseen">{title}: </span>
      {names.map((name) => (
        <span key={name}>{name}</span>
      ))}
    </span>
  );
}

function Spacer({ height }: { height: number }) {
  if (height <= 0) return null;
  return (
    <tr className="spacer">
      <td colSpan={COLUMNS.length} style={{ height }} />
    </tr>
  );
}

const Row = memo(function Row({
  row,
  index,
  picked,
  onPick,
}: {
  row: Scored;
  index: number;
  picked: boolean;
  onPick: (id: number) => void;
}) {
  const ask = healthAsk(row.id);
  return (
    <tr aria-rowindex={index + 2}>
      <td>
        <input
          type="checkbox"
          checked={picked}
          aria-label={`Pick ${row.name} to compare`}
          onChange={() => onPick(row.id)}
        />
      </td>
      <th scope="row">
        <Link href={`/property/?id=${row.id}`} prefetch={false}>
          {row.name}
        </Link>
        <small>
          {[row.property_type?.replace('_', ' '), row.property_class && `class ${row.property_class}`]
            .filter(Boolean)
            .join(' · ')}
        </small>
      </th>
      <td title={row.market_name ?? undefined}>
        {row.market_name ?? `Market ${row.market_id}`}
        <small>{row.area_sqft === null ? '' : `${number(row.area_sqft)} sq ft`}</small>
      </td>
      <td className="num score" data-band={bandOf(row.grade)}>
        <CellFigure title={`the score of ${row.name}`} ask={ask}>
          {number(row.score, 1)} {row.grade}
        </CellFigure>
      </td>
      <td>
        <ScoreMark score={row.score} low={row.low} high={row.high} />
        <span className="unseen">{row.low !== null && `${number(row.low)} to ${number(row.high)}`}</span>
      </td>
      <td className="num">
        <CellFigure title={`the change of ${row.name}`} ask={ask}>
          {signed(row.change)}
        </CellFigure>
      </td>
      <td>
        <Contributions parts={METRICS.map(([name]) => row.contributions[name] ?? null)} />
        <span className="unseen">
          {METRICS.map(([name, title]) => `${title} ${signed(row.contributions[name] ?? null)}`).join(', ')}
        </span>
      </td>
      <td className="num">
        <CellFigure title={`the place of ${row.name} among its peers`} ask={ask}>
          {row.standing ? `${row.standing.peer_rank} of ${row.standing.peers}` : '–'}
        </CellFigure>
      </td>
      <td>
        <Remarks row={row} />
      </td>
    </tr>
  );
});

function Remarks({ row }: { row: Scored }) {
  const { standing } = row;
  return (
    <>
      {row.score === null && <span className="chip">not scored</span>}
      {standing?.under_performer && (
        <span className="chip" data-band="low">
          under
        </span>
      )}
      {standing?.watch && (
        <span className="chip" data-band="mid">
          watch
        </span>
      )}
      {(standing?.outliers.length ?? 0) > 0 && <span className="chip">outlier</span>}
      {row.missing.length > 0 && <span className="chip">{row.missing.length} missing</span>}
    </>
  );
}
