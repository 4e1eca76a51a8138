'use client';
import Link from 'next/link';
import { type FormEvent, useState } from 'react';
import type { Ask } from '../api/ask';
import { useAnswer } from '../api/use-answer';
import { number, percent, signed } from '../marks/format';
import { Diverging } from '../marks/marks';
import { bandOf, METRICS, metricTitle } from '../portfolio/shapes';
import { usePortfolio } from '../portfolio/use-portfolio';
import { healthAsk, metricAsk, pairAsk } from '../query/narrower';
import { CellFigure, QueryButton } from '../query/query-panel';
import { Card, Page } from '../shell/page';
import { Answered } from '../shell/states';
import { useUrl } from '../shell/use-url';
import type { Column, Comparison, MetricRow, Pair } from './shapes';

const MOST = 20;

/** Two to twenty properties side by side, each against its own market, and every pair of them. */
export function ComparePage() {
  const [url, change] = useUrl();
  const ids = [
    ...new Set(
      (url.get('ids') ?? '')
        .split(',')
        .map(Number)
        .filter((id) => id > 0),
    ),
  ];
  const ask: Ask = { method: 'POST', path: '/api/v1/portfolio/compare', body: { property_ids: ids } };
  const answer = useAnswer<Comparison>(ids.length >= 2 ? ask : null);
  const keep = (next: number[]) => change({ ids: next.join(',') });
  return (
    <Page
      title="Compare"
      sub="Each property against its own market; what is good differs from market to market, so points are compared, not values"
      aside={<Add ids={ids} add={(id) => keep([...ids, id])} />}
    >
      {ids.length < 2 ? (
        <p className="state">
          {ids.length ? 'One property is chosen; add another.' : 'Add two properties, or pick them in the '}
          {ids.length === 0 && <Link href="/portfolio/">portfolio</Link>}
        </p>
      ) : (
        <Answered of={answer} what="the comparison">
          {(data) => (
            <div className="stack">
              <Card flush title="Side by side" aside={<QueryButton title="the comparison" ask={ask} />}>
                <SideBySide of={data} remove={(id) => keep(ids.filter((one) => one !== id))} />
              </Card>
              <Card title="Pair by pair">
                <Pairs of={data} />
              </Card>
            </div>
          )}
        </Answered>
      )}
    </Page>
  );
}

function Add({ ids, add }: { ids: number[]; add: (id: number) => void }) {
  const { rows } = usePortfolio();
  const [text, setText] = useState('');
  const found = rows.find(
    (row) => row.name.toLowerCase() === text.trim().toLowerCase() || String(row.id) === text.trim(),
  );
  const words = text.trim().toLowerCase();
  const near = words ? rows.filter((row) => row.name.toLowerCase().includes(words)).slice(0, 20) : [];
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const chosen = found ?? near[0];
    if (chosen) add(chosen.id);
    setText('');
  };
  return (
    <form className="field" onSubmit={submit}>
      <label className="field">
        <span>Add</span>
        <input
          list="near"
          value={text}
          placeholder="name or number"
          onChange={(event) => setText(event.target.value)}
        />
      </label>
      <datalist id="near">
        {near.map((row) => (
          <option key={row.id} value={row.name} />
        ))}
      </datalist>
      <button type="submit" className="btn" disabled={!text.trim() || ids.length >= MOST}>
        Add
      </button>
    </form>
  );
}

function SideBySide({ of, remove }: { of: Comparison; remove: (id: number) => void }) {
  const scale = Math.max(8, ...of.metrics.flatMap((row) => row.cells.map((cell) => Math.abs(cell.contribution ?? 0))));
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable with the keyboard
    // biome-ignore lint/a11y/useSemanticElements: a section with a name is a region all the same
    <div className="scroll" role="region" aria-label="Side by side" tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col">Metric</th>
            {of.properties.map((one) => (
              <Heading key={one.id} of={one} best={of.best === one.id} remove={remove} />
            ))}
          </tr>
        </thead>
        <tbody>
          <tr>
            <th scope="row">
              Score<small>90 % interval</small>
            </th>
            {of.properties.map((one) => (
              <td key={one.id} className="num score" data-band={bandOf(one.grade)}>
                <CellFigure title={`the score of ${one.name}`} ask={healthAsk(one.id)}>
                  {number(one.score, 1)} {one.grade}
                </CellFigure>
                <small>
                  {one.low === null
                    ? one.reasons.join(', ').replaceAll('_', ' ')
                    : `${number(one.low)} to ${number(one.high)}`}
                </small>
              </td>
            ))}
          </tr>
          {of.metrics.map((row) => (
            <Metric key={row.metric} row={row} scale={scale} name={nameIn(of)} />
          ))}
          <tr>
            <th scope="row">In words</th>
            {of.properties.map((one) => (
              <td key={one.id} className="words">
                {one.insight}
              </td>
            ))}
          </tr>
        </tbody>
      </table>
    </div>
  );
}

function Heading({ of, best, remove }: { of: Column; best: boolean; remove: (id: number) => void }) {
  return (
    <th scope="col" className="num">
      <Link href={`/property/?id=${of.id}`} prefetch={false}>
        {of.name}
      </Link>{' '}
      {best && (
        <span className="chip" data-band="high">
          best
        </span>
      )}
      <small>{of.market_name}</small>
      <button type="button" className="btn small quiet" onClick={() => remove(of.id)}>
        Remove<span className="unseen"> {of.name}</span>
      </button>
    </th>
  );
}

function Metric({ row, scale, name }: { row: MetricRow; scale: number; name: (id: number) => string }) {
  return (
    <tr>
      <th scope="row">
        {row.title}
        <small>{row.unit}</small>
      </th>
      {row.cells.map((cell) => (
        <td key={cell.property_id} className="num">
          {signed(cell.contribution, 1)} points{' '}
          {row.best === cell.property_id && (
            <span className="chip" data-band="high">
              best
            </span>
          )}
          {row.worst === cell.property_id && (
            <span className="chip" data-band="low">
              worst
            </span>
          )}
          <Diverging value={cell.contribution} scale={scale} label={`${signed(cell.contribution)} points`} />
          <small>
            {cell.reasons.length ? (
              cell.reasons.join(', ').replaceAll('_', ' ')
            ) : (
              <CellFigure
                title={`${row.title} of ${name(cell.property_id)} against its market`}
                ask={metricAsk(cell.property_id, row.metric)}
              >
                {number(cell.property_value, 1)} against {number(cell.market_value, 1)}
              </CellFigure>
            )}
          </small>
        </td>
      ))}
    </tr>
  );
}

const nameIn = (of: Comparison) => (id: number) => of.properties.find((one) => one.id === id)?.name ?? `Property ${id}`;

function Pairs({ of }: { of: Comparison }) {
  const name = nameIn(of);
  return (
    <div className="scroll-x">
      <table>
        <thead>
          <tr>
            <th scope="col">Pair</th>
            <th scope="col" className="num">
              Difference
            </th>
            {METRICS.map(([metric, title]) => (
              <th key={metric} scope="col" className="num">
                {title}
              </th>
            ))}
            <th scope="col">Can they be told apart?</th>
          </tr>
        </thead>
        <tbody>
          {of.pairs.map((pair) => (
            <tr key={`${pair.first}-${pair.second}`}>
              <th scope="row">
                {name(pair.first)} – {name(pair.second)}
              </th>
              <td className="num">
                <CellFigure
                  title={`the difference of ${name(pair.first)} and ${name(pair.second)}`}
                  ask={pairAsk(pair.first, pair.second)}
                >
                  {signed(pair.difference)}
                </CellFigure>
              </td>
              {METRICS.map(([metric]) => (
                <td key={metric} className="num" title={metricTitle(metric)}>
                  {signed(pair.contributions?.[metric] ?? null)}
                </td>
              ))}
              <td>{verdict(pair, name)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function verdict(pair: Pair, name: (id: number) => string): string {
  const probability = pair.probability_first_higher;
  if (probability === null) return 'no: one has no score';
  const [higher, sure] = probability >= 0.5 ? [pair.first, probability] : [pair.second, 1 - probability];
  const how = sure > 0.9995 ? 'over 99.9 %' : percent(sure, 1);
  return pair.distinguishable
    ? `yes: ${name(higher)} is higher (${how})`
    : `no: ${name(higher)} may be higher (${how})`;
}
