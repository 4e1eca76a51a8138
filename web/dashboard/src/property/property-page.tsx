'use client';
import Link from 'next/link';
import type { Ask } from '../api/ask';
import { useAnswer } from '../api/use-answer';
import { number, percent, signed } from '../marks/format';
import { TimeChart } from '../marks/time-chart';
import { bandOf } from '../portfolio/shapes';
import { healthAsk } from '../query/narrower';
import { Figure, QueryButton } from '../query/query-panel';
import { Card, Page, Tile } from '../shell/page';
import { Answered } from '../shell/states';
import { useUrl } from '../shell/use-url';
import { AgainstMarket } from './against-market';
import { Levers } from './levers';
import { ScoreApart } from './score-apart';
import type { MarketPerformance, PropertyHealth } from './shapes';

/** One property: its score taken apart, why it is so, where it goes, and its market. */
export function PropertyPage() {
  const [url, change] = useUrl();
  const id = url.get('id') ?? '';
  const scoreAsk = healthAsk(id);
  const marketAsk: Ask = {
    path: `/api/v1/properties/${encodeURIComponent(id)}/market-performance`,
    query: { interval: 'month' },
  };
  const health = useAnswer<PropertyHealth>(id ? scoreAsk : null);
  const market = useAnswer<MarketPerformance>(id ? marketAsk : null);
  const crumb = (
    <Link href="/portfolio/" prefetch={false}>
      Portfolio
    </Link>
  );
  if (!id)
    return (
      <Page title="Property" crumb={crumb}>
        <p className="state">Choose a property in the portfolio.</p>
      </Page>
    );
  return (
    <Page
      crumb={crumb}
      title={health.data?.property.name ?? `Property ${id}`}
      sub={health.data && <Sub of={health.data} market={market.data} />}
      aside={health.data && <BigScore of={health.data} ask={scoreAsk} />}
    >
      <Troubles of={market.data} />
      <Answered of={health} what="the score">
        {(data) => (
          <div className="stack">
            <Standing of={data} ask={scoreAsk} />
            <Card title="What makes the score" aside={<QueryButton title="what makes the score" ask={scoreAsk} />}>
              <ScoreApart health={data.health} id={id} />
            </Card>
            <div className="halves">
              <Card title="In words">
                {data.insights.length ? (
                  <ul className="sentences">
                    {data.insights.map((one) => (
                      <li key={one.code}>{one.sentence}</li>
                    ))}
                  </ul>
                ) : (
                  <p className="state">There is nothing to say about it.</p>
                )}
              </Card>
              <Card title="What would lift it" aside={<QueryButton title="what would lift it" ask={scoreAsk} />}>
                <Levers
                  levers={data.explanation?.levers ?? []}
                  metrics={data.health.metrics}
                  score={data.health.score}
                />
              </Card>
            </div>
            <Card title="Score by quarter" aside={<QueryButton title="the score by quarter" ask={scoreAsk} />}>
              {data.history?.some((one) => one.score !== null) ? (
                <TimeChart
                  title="Score by quarter"
                  step="month"
                  decimals={1}
                  height={220}
                  starts={data.history.map((one) => one.start)}
                  lines={[
                    { label: 'Score', values: data.history.map((one) => one.score) },
                    { label: 'At market', values: data.history.map(() => 50), colour: '--ink-2', dashed: true },
                  ]}
                  band={{
                    label: '90 % interval',
                    low: data.history.map((one) => one.low),
                    high: data.history.map((one) => one.high),
                  }}
                />
              ) : (
                <p className="state">There is no history of this property.</p>
              )}
            </Card>
          </div>
        )}
      </Answered>
      <Answered of={market} what="the market">
        {(data) => (
          <AgainstMarket
            of={data}
            ask={marketAsk}
            metric={url.get('metric') ?? ''}
            choose={(metric) => change({ metric })}
          />
        )}
      </Answered>
    </Page>
  );
}

function Sub({ of: { property }, market }: { of: PropertyHealth; market: MarketPerformance | null }) {
  const facts = [
    property.address,
    property.property_type?.replace('_', ' '),
    property.property_class && `class ${property.property_class}`,
    property.area_sqft && `${number(property.area_sqft)} sq ft`,
    property.year_built && `built ${property.year_built}`,
    market?.market?.name,
  ];
  return <>{facts.filter(Boolean).join(' · ')}</>;
}

function BigScore({ of: { health }, ask }: { of: PropertyHealth; ask: Ask }) {
  return (
    <div className="score-big">
      <span>Health</span>
      <strong>
        <Figure title="the score" ask={ask}>
          {number(health.score, 1)}
        </Figure>
      </strong>{' '}
      {health.grade && (
        <span className="chip grade" data-band={bandOf(health.grade)}>
          grade {health.grade}
        </span>
      )}
    </div>
  );
}

function Troubles({ of }: { of: MarketPerformance | null }) {
  if (!of?.freshness.degraded) return null;
  const { source, age_seconds, reasons } = of.freshness;
  return (
    <p className="told" role="status">
      The market's figures are from {source}
      {age_seconds !== null && `, ${number(age_seconds / 3600, 1)} hours old`}
      {reasons.length > 0 && `: ${reasons.join(', ').replaceAll('_', ' ')}`}.
    </p>
  );
}

function Standing({ of: { health, standing }, ask }: { of: PropertyHealth; ask: Ask }) {
  const compare = standing && `${standing.peer_description}`;
  return (
    <div className="tiles">
      <Tile
        title="90 % interval"
        big={
          <Figure title="the interval" ask={ask}>
            {health.low === null ? '–' : `${number(health.low)}–${number(health.high)}`}
          </Figure>
        }
        note={
          health.confidence
            ? `${health.confidence} confidence, grades ${health.grade_at_low} to ${health.grade_at_high}`
            : 'not scored'
        }
      />
      <Tile
        title="Among peers"
        big={
          <Figure title="the place among peers" ask={ask}>
            {standing ? `${standing.peer_rank} of ${standing.peers}` : '–'}
          </Figure>
        }
        note={compare ?? 'not ranked yet'}
      />
      <Tile
        title="Rank in the portfolio"
        big={
          <Figure title="the rank" ask={ask}>
            {number(standing?.rank)}
          </Figure>
        }
        note={
          standing?.rank_best
            ? `between ${number(standing.rank_best)} and ${number(standing.rank_worst)} under other weights and within errors`
            : 'without a band'
        }
      />
      <Tile
        title="Today and its trend"
        big={
          <Figure title="level and momentum" ask={ask}>
            {number(health.level, 1)} / {number(health.momentum, 1)}
          </Figure>
        }
        note={
          health.momentum === null
            ? 'level alone: no trend is known'
            : `level counts ${percent(1 - health.momentum_share)}, momentum ${percent(health.momentum_share)} (${signed(
                health.momentum - 50,
              )} against market)`
        }
      />
    </div>
  );
}
