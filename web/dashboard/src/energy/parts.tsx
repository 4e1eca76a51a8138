'use client';
import type { Ask } from '../api/ask';
import { useAnswer } from '../api/use-answer';
import { number, percent } from '../marks/format';
import { Spark } from '../marks/marks';
import { Figure } from '../query/query-panel';
import { Card } from '../shell/page';
import type { Change } from '../shell/use-url';
import { type Level, type PowerReport, powerPath } from './shapes';

type Child = PowerReport['children'][number];

const MOST_DRAWN = 24;

/** The parts of a scope as small multiples, highest power first. */
export function Parts({
  of,
  query,
  open,
}: {
  of: readonly Child[];
  query: NonNullable<Ask['query']>;
  open: (change: Change) => void;
}) {
  const ordered = [...of].sort((one, other) => (other.figures.total_power_w ?? 0) - (one.figures.total_power_w ?? 0));
  const level = ordered[0]?.scope.level ?? 'circuit';
  return (
    <Card title={`By ${level}, highest first`}>
      <ul className="circuits">
        {ordered.map((child, index) => (
          <Part key={child.scope.id} of={child} query={query} drawn={index < MOST_DRAWN} open={open} />
        ))}
      </ul>
    </Card>
  );
}

function Part({
  of: { scope, figures },
  query,
  drawn,
  open,
}: {
  of: Child;
  query: NonNullable<Ask['query']>;
  drawn: boolean;
  open: (change: Change) => void;
}) {
  const ask: Ask = { path: powerPath(scope.level as Level, scope.id), query };
  const answer = useAnswer<PowerReport>(drawn ? ask : null);
  return (
    <li>
      <button type="button" className="link" onClick={() => open({ level: scope.level, id: scope.id })}>
        {scope.name}
      </button>
      <small>{scope.above.at(-1)?.name}</small>
      <strong>
        <Figure title={`the power of ${scope.name}`} ask={ask}>
          {figures.total_power_w === null ? 'silent' : `${number(figures.total_power_w / 1000, 1)} kW`}
        </Figure>
      </strong>
      <small>{percent(figures.coverage, 1)} known</small>
      {answer.data && (
        <Spark values={answer.data.buckets.map((one) => one.figures.total_power_w)} label={`Power of ${scope.name}`} />
      )}
    </li>
  );
}
