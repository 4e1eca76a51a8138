'use client';
import Link from 'next/link';
import { useEffect, useMemo, useState } from 'react';
import type { Ask } from '../api/ask';
import { useAnswer } from '../api/use-answer';
import { number, percent, signed } from '../marks/format';
import { AsTable } from '../marks/marks';
import { choices, markets } from '../portfolio/selection';
import { METRICS, metricTitle, type Scored } from '../portfolio/shapes';
import { usePortfolio } from '../portfolio/use-portfolio';
import { weighedAsk } from '../query/narrower';
import { CellFigure, Figure, QueryButton } from '../query/query-panel';
import { Card, Choice, Page, Tile } from '../shell/page';
import { Answered } from '../shell/states';
import { type Change, useUrl } from '../shell/use-url';
import { BeforeAfter, RankMove } from './marks';

interface Spread {
  count: number;
  median: number | null;
  grades: Record<string, number>;
  bins: number[];
}

interface WhatIf {
  before: { score: number | null; grade: string | null };
  after: { score: number | null; grade: string | null };
  change: number | null;
  distribution_before: Spread;
  distribution_after: Spread;
  properties: number;
  reranked: number;
  rank_correlation: number | null;
  movers: { id: number; before: number; after: number; change: number; rank_before: number; rank_after: number }[];
  levers: {
    metric: string;
    gain: number;
    properties: number;
    best_property: number | null;
    best_gain: number | null;
  }[];
}

interface Model {
  version: number;
  metrics: Record<string, { weight: number }>;
}

const MODEL: Ask = { path: '/api/v1/health-models/current' };
const SETTLE_MILLISECONDS = 150;

/** Other weights, and what they would make of scores and ranks. Nothing is changed by it. */
export function WhatIfPage() {
  const [url, change] = useUrl();
  const portfolio = usePortfolio();
  const model = useAnswer<Model>(MODEL);
  const city = url.get('city') ?? '';
  const market = url.get('market_id') ?? '';
  const weights = weightsOf(url, model.data);
  const ids = useMemo(() => scope(portfolio.rows, city, market), [portfolio.rows, city, market]);
  const body = {
    ...(ids && { market_ids: ids }),
    weights: Object.fromEntries(Object.entries(weights).filter(([, weight]) => weight > 0)),
  };
  const ready = model.data !== null && (!city || market !== '' || (portfolio.complete && ids !== null));
  const some = Object.values(weights).some((weight) => weight > 0);
  const asked = useSettled(ready && some ? JSON.stringify(body) : '');
  const ask: Ask = { method: 'POST', path: '/api/v1/portfolio/health/what-if', body: JSON.parse(asked || '{}') };
  const answer = useAnswer<WhatIf>(asked ? ask : null);
  return (
    <Page
      title="What if the weights were others?"
      sub="Scores and ranks of the same properties under other weights; nothing is changed by asking"
      aside={
        <div className="filters">
          <Choice
            label="City"
            value={city}
            options={[['', 'All'], ...choices(portfolio.rows, 'city').map((one) => [one, one] as const)]}
            onChange={(value) => change({ city: value, market_id: null })}
          />
          <Choice
            label="Market"
            value={market}
            options={[['', 'All'], ...markets(portfolio.rows, city)]}
            onChange={(value) => change({ market_id: value })}
          />
        </div>
      }
    >
      <Answered of={model} what="the weights in force">
        {(data) => <Weights weights={weights} model={data} change={change} />}
      </Answered>
      {some ? (
        <Answered of={answer} what="the other ranking">
          {(data) => <Outcome of={data} ask={ask} rows={portfolio.rows} />}
        </Answered>
      ) : (
        <p className="state">At least one metric must have a weight.</p>
      )}
    </Page>
  );
}

function weightsOf(url: URLSearchParams, model: Model | null): Record<string, number> {
  return Object.fromEntries(
    METRICS.map(([name]) => {
      const own = url.get(name);
      return [name, own === null ? Math.round((model?.metrics[name]?.weight ?? 0) * 100) : Number(own) || 0];
    }),
  );
}

/** Markets of a city, or one of them; null stands for all, and for those that are not known yet. */
function scope(rows: readonly Scored[], city: string, market: string): number[] | null {
  if (market) return [Number(market)];
  if (!city) return null;
  const found = [...new Set(rows.filter((row) => row.city === city).map((row) => row.market_id))];
  return found.length ? found.sort((one, other) => one - other) : null;
}

function useSettled(text: string): string {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), SETTLE_MILLISECONDS);
    return () => clearTimeout(timer);
  }, [text]);
  return settled;
}

function Weights({
  weights,
  model,
  change,
}: {
  weights: Record<string, number>;
  model: Model;
  change: (change: Change) => void;
}) {
  const total = Object.values(weights).reduce((sum, one) => sum + one, 0);
  const reset = () => change(Object.fromEntries(METRICS.map(([name]) => [name, null])));
  return (
    <Card
      title="Weights"
      aside={
        <button type="button" className="btn small" onClick={reset}>
          Weights in force (version {model.version})
        </button>
      }
    >
      <div className="weights">
        {METRICS.map(([name, title]) => (
          <Weight
            key={name}
            title={title}
            value={weights[name] ?? 0}
            share={total ? (weights[name] ?? 0) / total : null}
            before={model.metrics[name]?.weight ?? 0}
            onChange={(value) => change({ [name]: value })}
          />
        ))}
      </div>
    </Card>
  );
}

function Weight({
  title,
  value,
  share,
  before,
  onChange,
}: {
  title: string;
  value: number;
  share: number | null;
  before: number;
  onChange: (value: number) => void;
}) {
  return (
    <label>
      <span>{title}</span>
      <input
        type="range"
        min={0}
        max={100}
        step={5}
        value={value}
        aria-valuetext={`${percent(share)} of all`}
        onChange={(event) => onChange(Number(event.target.value))}
      />
      <strong className="num">{percent(share)}</strong>
      <span className="num note">was {percent(before)}</span>
    </label>
  );
}

function Outcome({ of, ask, rows }: { of: WhatIf; ask: Ask; rows: readonly Scored[] }) {
  const named = new Map(rows.map((row) => [row.id, row] as const));
  return (
    <div className="stack">
      <div className="tiles">
        <Tile
          title="Score by area"
          big={
            <Figure title="the score under other weights" ask={ask}>
              {number(of.after.score, 1)} {of.after.grade}
            </Figure>
          }
          note={`was ${number(of.before.score, 1)} ${of.before.grade ?? ''} (${signed(of.change)})`}
        />
        <Tile
          title="Another rank"
          big={
            <Figure title="how many change rank" ask={ask}>
              {number(of.reranked)}
            </Figure>
          }
          note={`of ${number(of.properties)} properties`}
        />
        <Tile
          title="Order kept"
          big={
            <Figure title="rank correlation" ask={ask}>
              {number(of.rank_correlation, 2)}
            </Figure>
          }
          note="rank correlation; 1 is the same order"
        />
        <Tile
          title="Median"
          big={
            <Figure title="the median under other weights" ask={ask}>
              {number(of.distribution_after.median, 1)}
            </Figure>
          }
          note={`was ${number(of.distribution_before.median, 1)}`}
        />
      </div>
      <div className="halves">
        <Card title="Distribution, before and after" aside={<QueryButton title="the distributions" ask={ask} />}>
          <BeforeAfter before={of.distribution_before.bins} after={of.distribution_after.bins} />
          <AsTable
            title="Distribution, before and after"
            columns={['Score', 'Before', 'After']}
            rows={of.distribution_before.bins.map((count, index) => [
              `${index * 10} to ${index * 10 + 10}`,
              count,
              of.distribution_after.bins[index] ?? 0,
            ])}
          />
        </Card>
        <Card
          title="If every property were better by its usual deviation"
          aside={<QueryButton title="the levers" ask={ask} />}
        >
          <table>
            <thead>
              <tr>
                <th scope="col">Metric</th>
                <th scope="col" className="num">
                  Portfolio gains
                </th>
                <th scope="col">Most gains</th>
              </tr>
            </thead>
            <tbody>
              {of.levers.map((one) => (
                <tr key={one.metric}>
                  <th scope="row">{metricTitle(one.metric)}</th>
                  <td className="num">{signed(one.gain)}</td>
                  <td>
                    {one.best_property !== null && (
                      <Link href={`/property/?id=${one.best_property}`} prefetch={false}>
                        {named.get(one.best_property)?.name ?? `Property ${one.best_property}`}
                      </Link>
                    )}{' '}
                    {signed(one.best_gain)}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </Card>
      </div>
      <Card title="Who moves furthest" aside={<QueryButton title="who moves furthest" ask={ask} />}>
        {of.movers.length ? <Movers of={of} ask={ask} named={named} /> : <p className="state">Nobody moves.</p>}
      </Card>
    </div>
  );
}

function Movers({ of, ask, named }: { of: WhatIf; ask: Ask; named: ReadonlyMap<number, Scored> }) {
  return (
    <div className="scroll-x">
      <table>
        <thead>
          <tr>
            <th scope="col">Property</th>
            <th scope="col" className="num">
              Score
            </th>
            <th scope="col" className="num">
              Change
            </th>
            <th scope="col" className="num">
              Rank
            </th>
            <th scope="col">Best … last</th>
          </tr>
        </thead>
        <tbody>
          {of.movers.map((one) => (
            <Mover key={one.id} of={one} all={of.properties} ask={ask} row={named.get(one.id)} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Mover({ of, all, ask, row }: { of: WhatIf['movers'][number]; all: number; ask: Ask; row?: Scored }) {
  const name = row?.name ?? `Property ${of.id}`;
  const own = row ? weighedAsk(ask, row.market_id) : ask;
  return (
    <tr>
      <th scope="row">
        <Link href={`/property/?id=${of.id}`} prefetch={false}>
          {name}
        </Link>
        <small>{row?.market_name}</small>
      </th>
      <td className="num">
        <CellFigure title={`the scores of ${name}`} ask={own}>
          {number(of.before, 1)} → {number(of.after, 1)}
        </CellFigure>
      </td>
      <td className="num">
        <CellFigure title={`the change of ${name}`} ask={own}>
          {signed(of.change)}
        </CellFigure>
      </td>
      <td className="num">
        {number(of.rank_before)} → {number(of.rank_after)}
      </td>
      <td>
        <RankMove before={of.rank_before} after={of.rank_after} of={all} />
      </td>
    </tr>
  );
}
