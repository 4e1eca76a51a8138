'use client';
import type { Ask } from '../api/ask';
import { useAnswer } from '../api/use-answer';
import { day, number, percent } from '../marks/format';
import { Spark } from '../marks/marks';
import { TimeChart } from '../marks/time-chart';
import { Figure, QueryButton } from '../query/query-panel';
import { Card, Choice, Page, Tile } from '../shell/page';
import { Answered } from '../shell/states';
import { type Change, useUrl } from '../shell/use-url';
import { Brands, useBrands } from './brands';
import { Parts } from './parts';
import { type Brand, brandAsk, type Figures, type Level, type PowerReport, powerPath } from './shapes';

const WINDOW = { start: '2024-04-01', end: '2024-04-08' };

/** What a brand, organization, location or circuit drew: energy, power, demand, and how much is known of it. */
export function EnergyPage() {
  const [url, change] = useUrl();
  const level = (url.get('level') ?? 'organization') as Level;
  const id = url.get('id') ?? '';
  const start = url.get('start') ?? WINDOW.start;
  const end = url.get('end') ?? WINDOW.end;
  const interval = url.get('interval') ?? 'hour';
  const query = { start: `${start}T00:00:00Z`, end: `${end}T00:00:00Z`, interval };
  const place = url.get('brands');
  const brands = useBrands(place, id, change);
  const several = place !== null || (brands.data?.items.length ?? 0) > 1;
  const ask: Ask = { path: powerPath(level, id), query };
  const answer = useAnswer<PowerReport>(id ? ask : null);
  const brand = answer.data?.scope.above.find((one) => one.level === 'brand')?.id ?? (level === 'brand' ? id : null);
  return (
    <Page
      title={answer.data ? `Energy: ${answer.data.scope.name}` : 'Energy'}
      crumb={id && <Above of={answer.data} several={several || answer.problem !== null} change={change} />}
      sub={
        answer.data &&
        `${day(start)} to ${day(end)}, UTC · ${number(answer.data.scope.circuits)} circuits, ${number(
          answer.data.figures.reporting_circuits,
        )} of them report · ${number(answer.data.figures.missing_readings)} readings missing`
      }
      aside={<Within start={start} end={end} interval={interval} change={change} />}
    >
      {!id && <Brands of={brands} cursor={place} change={change} />}
      {brand && <Choose brand={brand} level={level} id={id} change={change} />}
      {id && (
        <Answered
          of={answer}
          what="the power"
          empty={(data) => data.figures.reporting_circuits === 0}
          emptyText="No circuit reported in this window. Choose another one above."
        >
          {(data) => <Power of={data} ask={ask} query={query} interval={interval} change={change} />}
        </Answered>
      )}
    </Page>
  );
}

function Within({
  start,
  end,
  interval,
  change,
}: {
  start: string;
  end: string;
  interval: string;
  change: (change: Change) => void;
}) {
  return (
    <div className="filters">
      <label className="field">
        <span>From</span>
        <input
          type="date"
          value={start}
          max={end}
          onChange={(event) => event.target.value && change({ start: event.target.value })}
        />
      </label>
      <label className="field">
        <span>to</span>
        <input
          type="date"
          value={end}
          min={start}
          onChange={(event) => event.target.value && change({ end: event.target.value })}
        />
      </label>
      <Choice
        label="by"
        value={interval}
        options={[
          ['hour', 'hour'],
          ['day', 'day'],
          ['month', 'month'],
        ]}
        onChange={(value) => change({ interval: value })}
      />
    </div>
  );
}

function Above({
  of,
  several,
  change,
}: {
  of: PowerReport | null;
  several: boolean;
  change: (change: Change) => void;
}) {
  const above = of?.scope.above.filter((one) => one.level !== 'electric_sensor') ?? [];
  return (
    <>
      {several && (
        <button type="button" className="link" onClick={() => change({ level: null, id: null })}>
          All brands
        </button>
      )}
      {above.map((one, index) => (
        <span key={one.id}>
          {(several || index > 0) && ' › '}
          <button type="button" className="link" onClick={() => change({ level: one.level, id: one.id })}>
            {one.name}
          </button>
        </span>
      ))}
    </>
  );
}

function Choose({
  brand,
  level,
  id,
  change,
}: {
  brand: string;
  level: Level;
  id: string;
  change: (change: Change) => void;
}) {
  const tree = useAnswer<Brand>(brandAsk(brand));
  if (!tree.data) return null;
  const organizations = tree.data.organizations.flatMap((one) => [
    [`organization:${one.id}`, one.name] as const,
    ...one.locations.map((place) => [`location:${place.id}`, `\u2003${place.name}`] as const),
  ]);
  const current = `${level}:${id}`;
  const known = [[`brand:${tree.data.id}`, tree.data.name] as const, ...organizations];
  const options = known.some(([one]) => one === current) ? known : [...known, [current, 'one circuit'] as const];
  return (
    <div className="filters">
      <Choice
        label="Level"
        value={current}
        options={options}
        onChange={(value) => {
          const [chosen = '', of = ''] = value.split(':');
          change({ level: chosen, id: of });
        }}
      />
    </div>
  );
}

function Power({
  of,
  ask,
  query,
  interval,
  change,
}: {
  of: PowerReport;
  ask: Ask;
  query: NonNullable<Ask['query']>;
  interval: string;
  change: (change: Change) => void;
}) {
  const series = (name: keyof Figures, divisor = 1) =>
    of.buckets.map(({ figures }) => (figures[name] === null ? null : (figures[name] as number) / divisor));
  const { figures } = of;
  const kilowatts = (watts: number | null) => (watts === null ? '–' : `${number(watts / 1000, 1)} kW`);
  return (
    <div className="stack">
      {figures.partial && (
        <p className="told" role="status">
          Only {percent(figures.coverage)} of the window is known; figures are of that part.
        </p>
      )}
      <div className="tiles">
        <Tile
          title="Energy"
          big={
            <Figure title="energy" ask={ask}>
              {number(figures.energy_kwh)} kWh
            </Figure>
          }
        >
          <Spark values={series('energy_kwh')} label={`Energy by ${interval}`} />
        </Tile>
        <Tile
          title="Power of all circuits"
          big={
            <Figure title="power" ask={ask}>
              {kilowatts(figures.total_power_w)}
            </Figure>
          }
        >
          <Spark values={series('total_power_w')} label={`Power by ${interval}`} />
        </Tile>
        <Tile
          title="Highest quarter hour"
          big={
            <Figure title="peak demand" ask={ask}>
              {kilowatts(figures.peak_demand_w)}
            </Figure>
          }
          note={`load factor ${number(figures.demand_load_factor, 2)}`}
        />
        <Tile
          title="Complete"
          big={
            <Figure title="coverage" ask={ask}>
              {percent(figures.coverage, 1)}
            </Figure>
          }
        >
          <Spark values={series('coverage')} label={`Share of the time that is known, by ${interval}`} />
        </Tile>
      </div>
      <Card title={`Power by ${interval}`} aside={<QueryButton title="power over time" ask={ask} />}>
        <TimeChart
          title={`Power by ${interval}, kW`}
          step={interval === 'hour' ? 'hour' : interval === 'day' ? 'day' : 'month'}
          unit=" kW"
          decimals={1}
          height={260}
          starts={of.buckets.map((one) => one.start)}
          lines={[
            { label: 'Mean power', values: series('total_power_w', 1000) },
            { label: 'Highest quarter hour', values: series('peak_demand_w', 1000), colour: '--c2', dashed: true },
          ]}
        />
        <p className="sub">{of.rules.definitions.total_power_w}</p>
      </Card>
      {of.children.length > 0 && <Parts of={of.children} query={query} open={change} />}
    </div>
  );
}
