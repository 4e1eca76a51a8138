'use client';
import type { Ask } from '../api/ask';
import { useAnswer } from '../api/use-answer';
import { number } from '../marks/format';
import { Bar } from '../marks/marks';
import { TimeChart } from '../marks/time-chart';
import { CellFigure, Figure, QueryButton } from '../query/query-panel';
import { QuestionAnswer } from '../questions/question';
import { Card, Scroll, Tile } from '../shell/page';
import { Answered } from '../shell/states';
import { type Days, groupOf, linesOf, seriesAsk } from './asks';
import { MOST_LINES, plain, type Series, type SeriesCard, titled } from './board';
import { decimals, shown } from './figures';
import type { SeriesAnswer, SeriesRow } from './shapes';

interface Drawn {
  of: SeriesCard;
  title: string;
  days: Days;
}

const noRows = (data: SeriesAnswer) => data.rows.length === 0;

/** One figure of the whole range. */
export function SeriesNumber({ of, title, days }: Drawn) {
  const ask = seriesAsk(of, days);
  const answer = useAnswer<SeriesAnswer>(ask);
  const measure = of.series.measures[0];
  return (
    <Tile title={title}>
      <Answered of={answer} what={title} empty={noRows}>
        {(data) => (
          <>
            <p className="big">
              <Figure title={title} ask={ask}>
                {shown(data.rows[0]?.values[measure?.name ?? ''])}
              </Figure>
            </p>
            <p className="note">
              {meant(measure)}, {days.count} days
            </p>
          </>
        )}
      </Answered>
    </Tile>
  );
}

function meant(measure?: Series['measures'][number]): string {
  const { aggregate = 'count', property, event_type } = measure ?? {};
  const events = event_type ? [event_type].flat().join(' or ') : 'any event';
  return `${aggregate.replaceAll('_', ' ')} of ${property ? `${property} of ` : ''}${events}`;
}

const STEPS: Record<string, 'hour' | 'month'> = {
  minute: 'hour',
  hour: 'hour',
  month: 'month',
  quarter: 'month',
  year: 'month',
};

/** Measures, or the largest values of a dimension, over time. */
export function LinesCard({ of, title, days }: Drawn) {
  const ask = seriesAsk(of, days);
  const answer = useAnswer<SeriesAnswer>(ask);
  return (
    <Card title={title} aside={<QueryButton title={title} ask={ask} />}>
      <QuestionAnswer of={answer} what={title} empty={noRows}>
        {(data) => (data.rows_after > 0 ? <TooMany of={data} /> : <Lines of={of.series} data={data} title={title} />)}
      </QuestionAnswer>
    </Card>
  );
}

/** Which values are the largest cannot be told from a part of the rows. */
function TooMany({ of }: { of: SeriesAnswer }) {
  return (
    <p className="told" role="status">
      {number(of.rows.length + of.rows_after)} figures are too many for lines; at most {number(of.rows.length)} can be
      read. Choose fewer days, a longer interval or a dimension with fewer values.
    </p>
  );
}

function Lines({ of, data, title }: { of: Series; data: SeriesAnswer; title: string }) {
  const { starts, lines, left } = linesOf(of, data);
  return (
    <>
      <TimeChart
        title={title}
        step={STEPS[of.interval ?? 'day'] ?? 'day'}
        height={200}
        decimals={decimals(lines.flatMap((one) => one.values))}
        starts={starts}
        lines={lines}
      />
      {left > 0 && (
        <p className="note">
          The {MOST_LINES} largest of {number(left + MOST_LINES)} values, by the sum over these days; {number(left)} are
          left out.
        </p>
      )}
    </>
  );
}

/** A bar for every value, the largest first; every figure leads to what it is made of. */
export function BarsCard({ of, title, days }: Drawn) {
  const ask = seriesAsk(of, days);
  const answer = useAnswer<SeriesAnswer>(ask);
  return (
    <Card title={title} aside={<QueryButton title={title} ask={ask} />}>
      <QuestionAnswer of={answer} what={title} empty={noRows}>
        {(data) => (
          <>
            <Bars of={of.series} data={data} title={title} ask={ask} />
            <LeftOut of={data} />
          </>
        )}
      </QuestionAnswer>
    </Card>
  );
}

function Bars({ of, data, title, ask }: { of: Series; data: SeriesAnswer; title: string; ask: Ask }) {
  const { dimensions = [], interval } = of;
  const name = of.measures[0]?.name ?? '';
  const value = (row: SeriesRow) => row.values[name] ?? null;
  const most = Math.max(0, ...data.rows.map((row) => value(row) ?? 0));
  const labelled = (row: SeriesRow) =>
    [
      ...(interval ? [begun(row, interval)] : []),
      ...(dimensions.length ? [groupOf(dimensions, row.dimensions)] : []),
    ].join(' · ');
  return (
    <div className="scroll-x">
      <table className="bars">
        <caption className="unseen">{title}</caption>
        <thead>
          <tr>
            <th scope="col">{[...(interval ? ['from'] : []), ...dimensions.map(plain)].join(' · ')}</th>
            <th scope="col" className="num">
              {titled(name)}
            </th>
            <td />
          </tr>
        </thead>
        <tbody>
          {data.rows.map((row) => (
            <tr key={labelled(row)}>
              <th scope="row">{labelled(row)}</th>
              <td className="num">
                <CellFigure title={`${titled(name)} of ${labelled(row)}`} ask={deeper(row, ask)}>
                  {shown(value(row))}
                </CellFigure>
              </td>
              <td className="drawn">
                <Bar
                  value={Math.max(0, value(row) ?? 0)}
                  most={most}
                  label={`${shown(value(row))} of at most ${shown(most)}`}
                />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Rows with their sums and what they are compared with; every figure leads to what it is made of. */
export function SeriesTable({ of, title, days }: Drawn) {
  const ask = seriesAsk(of, days);
  const answer = useAnswer<SeriesAnswer>(ask);
  return (
    <Card title={title} aside={<QueryButton title={title} ask={ask} />}>
      <QuestionAnswer of={answer} what={title} empty={noRows}>
        {(data) => (
          <>
            <div className="tabled">
              <Scroll label={title}>
                <Rows of={of.series} data={data} title={title} ask={ask} />
              </Scroll>
            </div>
            <LeftOut of={data} />
          </>
        )}
      </QuestionAnswer>
    </Card>
  );
}

function Rows({ of, data, title, ask }: { of: Series; data: SeriesAnswer; title: string; ask: Ask }) {
  const { measures, dimensions = [], interval, compare_to } = of;
  const label = (row: SeriesRow) =>
    [...(interval ? [begun(row, interval)] : []), ...dimensions.map((one) => groupOf([one], row.dimensions))].join(
      ' · ',
    );
  return (
    <table>
      <caption className="unseen">{title}</caption>
      <thead>
        <tr>
          {interval && <th scope="col">From</th>}
          {dimensions.map((one) => (
            <th key={one} scope="col">
              {plain(one)}
            </th>
          ))}
          {measures.map(({ name }) => (
            <th key={name} scope="col" className="num">
              {titled(name)}
            </th>
          ))}
          {compare_to &&
            measures.map(({ name }) => (
              <th key={name} scope="col" className="num">
                {titled(name)} before
              </th>
            ))}
        </tr>
      </thead>
      <tbody>
        {data.rows.map((row) => (
          <tr key={`${row.level} ${label(row)}`}>
            {interval && <th scope="row">{begun(row, interval)}</th>}
            {dimensions.map((one) => (
              <th key={one} scope="row">
                {groupOf([one], row.dimensions)}
              </th>
            ))}
            {measures.map(({ name }) => (
              <td key={name} className="num">
                <CellFigure title={`${titled(name)} of ${label(row) || 'all'}`} ask={deeper(row, ask)}>
                  {shown(row.values[name])}
                </CellFigure>
              </td>
            ))}
            {compare_to &&
              measures.map(({ name }) => (
                <td key={name} className="num">
                  {shown(row.compared?.[name])}
                </td>
              ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function LeftOut({ of }: { of: SeriesAnswer }) {
  if (of.rows_after === 0) return null;
  return (
    <p className="note">
      The first {number(of.rows.length)} of {number(of.rows.length + of.rows_after)} rows; {number(of.rows_after)} are
      left out.
    </p>
  );
}

/** The question whose rows make up a row; where there is none, the whole one. */
const deeper = (row: SeriesRow, ask: Ask): Ask => (row.drill ? { ...ask, body: row.drill } : ask);

/** When the interval of a row began; "all" where it sums them up. */
const begun = ({ start }: SeriesRow, interval: string): string =>
  start === null
    ? 'all'
    : interval === 'hour' || interval === 'minute'
      ? start.slice(0, 16).replace('T', ' ')
      : start.slice(0, 10);
