'use client';
import Link from 'next/link';
import { useCallback, useDeferredValue, useMemo } from 'react';
import type { Ask } from '../api/ask';
import { number, quarter, signed } from '../marks/format';
import { Figure, QueryButton } from '../query/query-panel';
import { Card, Choice, Page, Tile } from '../shell/page';
import { Failed, Loading } from '../shell/states';
import { type Change, useUrl } from '../shell/use-url';
import { Attention } from './attention';
import { Distribution } from './distribution';
import { PropertyTable } from './property-table';
import { choices, markets, type Selection, select, selectionOf, sums } from './selection';
import { GRADES } from './shapes';
import { type Portfolio, usePortfolio } from './use-portfolio';

export function PortfolioPage() {
  const portfolio = usePortfolio();
  const [url, change] = useUrl();
  const text = url.toString();
  const selection = useMemo(() => selectionOf(new URLSearchParams(text)), [text]);
  const rows = useMemo(() => select(portfolio.rows, selection), [portfolio.rows, selection]);
  // The table answers at once; what sums it up may follow a frame later.
  const later = useDeferredValue(rows);
  const all = useMemo(() => sums(later), [later]);
  const picked = url.get('pick') ?? '';
  const chosen = useMemo(() => new Set(picked.split(',').filter(Boolean).map(Number)), [picked]);
  const pick = useCallback(
    (id: number) => {
      const next = new Set(chosen);
      if (!next.delete(id)) next.add(id);
      change({ pick: [...next].join(',') });
    },
    [chosen, change],
  );
  const ask = asAsk(selection);
  return (
    <Page
      title="Portfolio health"
      sub={<Sub portfolio={portfolio} />}
      aside={
        <label className="field">
          <span>Find</span>
          <input
            type="search"
            value={selection.q}
            placeholder="name, market or number"
            onChange={(event) => change({ q: event.target.value })}
          />
        </label>
      }
    >
      <Troubles portfolio={portfolio} />
      <Filters portfolio={portfolio} selection={selection} change={change} />
      {portfolio.rows.length === 0 ? (
        <Nothing portfolio={portfolio} />
      ) : (
        <>
          <div className="tiles">
            <Tile
              title="Score by area"
              big={
                <Figure title="score by area" ask={ask}>
                  {number(all.score, 1)}
                </Figure>
              }
              note={`of ${number(all.scored)} properties; 50 is at market`}
            />
            <Tile
              title="Change over the quarter"
              big={
                <Figure title="change over the quarter" ask={ask}>
                  {signed(all.change, 2)}
                </Figure>
              }
              note={portfolio.period ? `${quarter(portfolio.period.start)}, same properties` : 'no complete quarter'}
            />
            <Tile
              title="Under-performers"
              big={
                <Figure title="under-performers" ask={asAsk({ ...selection, flag: 'under_performer' })}>
                  {number(all.underPerformers)}
                </Figure>
              }
              note="surely under market, bottom quarter of peers"
            />
            <Tile
              title="Outliers"
              big={
                <Figure title="outliers" ask={asAsk({ ...selection, flag: 'outlier' })}>
                  {number(all.outliers)}
                </Figure>
              }
              note="figures to check before the building"
            />
          </div>
          <div className="split">
            <Card title="Distribution of scores" aside={<QueryButton title="the distribution of scores" ask={ask} />}>
              <Distribution rows={later} all={all} />
            </Card>
            <Card title="Stands out">
              <Attention rows={later} />
            </Card>
          </div>
          <Card
            flush
            title={`${number(rows.length)} of ${number(portfolio.rows.length)} properties`}
            aside={
              <>
                {chosen.size >= 2 && chosen.size <= 20 && (
                  <Link className="btn small" href={`/compare/?ids=${picked}`} prefetch={false}>
                    Compare {chosen.size}
                  </Link>
                )}
                <Link className="btn small" href={whatIf(selection)} prefetch={false}>
                  Change weights
                </Link>
                <QueryButton title="the table" ask={ask} />
              </>
            }
          >
            {rows.length === 0 && portfolio.complete ? (
              <p className="state">
                No property fits.{' '}
                <button type="button" className="btn small" onClick={() => change(NO_FILTER)}>
                  Show all
                </button>
              </p>
            ) : (
              <PropertyTable
                rows={rows}
                sort={selection.sort}
                onSort={(sort) => change({ sort })}
                picked={chosen}
                onPick={pick}
              />
            )}
          </Card>
        </>
      )}
    </Page>
  );
}

const NO_FILTER: Change = {
  q: null,
  city: null,
  market_id: null,
  property_class: null,
  property_type: null,
  grade: null,
  flag: null,
};

/** The same selection as the API takes it; free text is the browser's own. */
function asAsk(selection: Selection): Ask {
  const { q: _, flag, sort, ...filters } = selection;
  const grades = [...filters.grade].join(',');
  const known = ['score', 'change', 'peer_percentile', 'area_sqft', 'name'].includes(sort.replace(/^-/, ''));
  const flags = flag === 'unscored' ? { scored: false } : flag ? { [flag]: true } : {};
  return {
    path: '/api/v1/portfolio/health',
    query: { ...filters, grade: grades, ...flags, sort: known ? sort : 'score', limit: 100 },
  };
}

function whatIf({ city, market_id }: Selection): string {
  const query = new URLSearchParams({ ...(city && { city }), ...(market_id && { market_id }) }).toString();
  return query ? `/what-if/?${query}` : '/what-if/';
}

function Sub({ portfolio }: { portfolio: Portfolio }) {
  if (portfolio.rows.length === 0) return <>Each property against its own market</>;
  const day = portfolio.ranking?.as_of;
  return (
    <>
      Each of {number(portfolio.rows.length)} properties against its own market
      {day && `, as of ${day}`} · 50 is at market, a score reads like a percentile
    </>
  );
}

function Nothing({ portfolio }: { portfolio: Portfolio }) {
  if (portfolio.problem) return null;
  if (!portfolio.complete) return <Loading what="the portfolio" />;
  return (
    <p className="state">
      This workspace has no properties yet. Send them to <code>POST /api/v1/properties</code>, or import a file with{' '}
      <code>sightline import properties</code>.
    </p>
  );
}

function Troubles({ portfolio }: { portfolio: Portfolio }) {
  const { problem, complete, rows, ranking } = portfolio;
  return (
    <>
      {problem && <Failed what="the portfolio" problem={problem} again={portfolio.again} />}
      {!problem && rows.length > 0 && !complete && (
        <p className="told" role="status">
          The first {number(rows.length)} properties are here; the rest is on its way. Figures and order are of those
          that are here.
        </p>
      )}
      {ranking && !ranking.current && complete && (
        <p className="told" role="status">
          Scores are being made: {number(ranking.pending)} are to come. What is shown may be of before; it renews
          itself.
        </p>
      )}
    </>
  );
}

const withAll = (names: readonly string[]) => [
  ['', 'All'] as const,
  ...names.map((one) => [one, one.replace('_', ' ')] as const),
];

function Filters({
  portfolio: { rows },
  selection,
  change,
}: {
  portfolio: Portfolio;
  selection: Selection;
  change: (change: Change) => void;
}) {
  const options = useMemo(
    () => ({
      city: withAll(choices(rows, 'city')),
      property_class: withAll(choices(rows, 'property_class')),
      property_type: withAll(choices(rows, 'property_type')),
      market_id: [['', 'All'] as const, ...markets(rows, selection.city)],
    }),
    [rows, selection.city],
  );
  const toggle = (grade: string) =>
    change({ grade: GRADES.filter((one) => (one === grade) !== selection.grade.includes(one)).join('') });
  return (
    <search className="filters">
      <Choice
        label="City"
        value={selection.city}
        options={options.city}
        onChange={(city) => change({ city, market_id: null })}
      />
      <Choice
        label="Market"
        value={selection.market_id}
        options={options.market_id}
        onChange={(market_id) => change({ market_id })}
      />
      <Choice
        label="Class"
        value={selection.property_class}
        options={options.property_class}
        onChange={(property_class) => change({ property_class })}
      />
      <Choice
        label="Type"
        value={selection.property_type}
        options={options.property_type}
        onChange={(property_type) => change({ property_type })}
      />
      <Choice
        label="Only"
        value={selection.flag}
        options={[
          ['', 'All'],
          ['under_performer', 'under-performers'],
          ['watch', 'watched (under 40)'],
          ['outlier', 'outliers'],
          ['unscored', 'not scored'],
        ]}
        onChange={(flag) => change({ flag })}
      />
      <fieldset className="group plain">
        <legend className="unseen">Grades</legend>
        {GRADES.map((grade) => (
          <button
            key={grade}
            type="button"
            className="btn"
            aria-pressed={selection.grade.includes(grade)}
            onClick={() => toggle(grade)}
          >
            {grade}
          </button>
        ))}
      </fieldset>
      {Object.keys(NO_FILTER).some((name) => selection[name as keyof Selection]) && (
        <button type="button" className="btn quiet" onClick={() => change(NO_FILTER)}>
          Show all
        </button>
      )}
    </search>
  );
}
