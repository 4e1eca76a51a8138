'use client';
import type { Ask } from '../api/ask';
import { useAnswer } from '../api/use-answer';
import { EventTable } from '../events/event-table';
import { TypeFilter } from '../events/type-filter';
import { eventsAsk, useEvents } from '../events/use-events';
import { signed } from '../marks/format';
import { Spark } from '../marks/marks';
import { TimeChart } from '../marks/time-chart';
import { Figure, QueryButton } from '../query/query-panel';
import { Card, Tile } from '../shell/page';
import { Answered } from '../shell/states';
import type { useUrl } from '../shell/use-url';
import { type Days, daysBefore, summaryAsk } from './asks';
import { type Board, type Card as CardOf, titled, titles } from './board';
import { decimals, shown } from './figures';
import { BarsCard, LinesCard, SeriesNumber, SeriesTable } from './series-cards';
import type { Metric, Summary } from './shapes';

/** The address of the page, and a way to change it. */
type View = ReturnType<typeof useUrl>;

/** The cards of a board in their order: numbers side by side, charts in pairs, the rest over the whole width. */
export function Cards({ of, days, view }: { of: Board; days: Days; view: View }) {
  const called = titles(of);
  const drawn = of.cards.map((card, index) => ({
    key: `${index} ${JSON.stringify(card)}`,
    card,
    title: called[index] ?? '',
  }));
  return (
    <div className="stack">
      {runs(drawn).map((run) => (
        <div key={run[0]?.key} className={LAYOUT[run[0]?.card.show ?? 'table']}>
          {run.map(({ key, card, title }) => (
            <OneCard key={key} of={card} title={title} days={days} view={view} />
          ))}
        </div>
      ))}
    </div>
  );
}

const LAYOUT: Record<CardOf['show'], string> = {
  number: 'tiles',
  line: 'pairs',
  bars: 'pairs',
  table: 'stack',
  events: 'stack',
};

function runs<T extends { card: CardOf }>(drawn: readonly T[]): T[][] {
  const found: T[][] = [];
  for (const one of drawn) {
    const run = found.at(-1);
    if (run?.[0] && LAYOUT[run[0].card.show] === LAYOUT[one.card.show]) run.push(one);
    else found.push([one]);
  }
  return found;
}

function OneCard({ of, title, days, view }: { of: CardOf; title: string; days: Days; view: View }) {
  if (of.show === 'events') return <EventsCard title={title} type={of.event_type} view={view} />;
  if ('metric' in of)
    return of.show === 'number' ? (
      <MetricNumber title={title} metric={of.metric} days={days} />
    ) : (
      <MetricLine title={title} metric={of.metric} days={days} />
    );
  const Drawn = { number: SeriesNumber, line: LinesCard, bars: BarsCard, table: SeriesTable }[of.show];
  return <Drawn of={of} title={title} days={days} />;
}

const named = (data: Summary, metric: string) => data.metrics.find((one) => one.metric_name === metric);
const NO_METRIC = 'There is no such metric.';

function MetricNumber({ title, metric, days }: { title: string; metric: string; days: Days }) {
  const ask = summaryAsk(days, metric);
  const summary = useAnswer<Summary>(ask);
  const before = useAnswer<Summary>(summaryAsk(daysBefore(days), metric));
  return (
    <Tile title={title}>
      <Answered of={summary} what={title} empty={(data) => !named(data, metric)} emptyText={NO_METRIC}>
        {(data) => (
          <Total
            of={named(data, metric) as Metric}
            before={before.data && named(before.data, metric)}
            title={title}
            ask={ask}
            days={days}
          />
        )}
      </Answered>
    </Tile>
  );
}

function MetricLine({ title, metric, days }: { title: string; metric: string; days: Days }) {
  const ask = summaryAsk(days, metric);
  const summary = useAnswer<Summary>(ask);
  return (
    <Card title={title} aside={<QueryButton title={title} ask={ask} />}>
      <Answered of={summary} what={title} empty={(data) => !named(data, metric)} emptyText={NO_METRIC}>
        {(data) => <MetricChart of={named(data, metric) as Metric} title={title} />}
      </Answered>
    </Card>
  );
}

/** A metric's total, how it is made, what it was before, and its days. */
export function Total({
  of,
  before,
  title,
  ask,
  days,
}: {
  of: Metric;
  before?: Metric | null;
  title: string;
  ask: Ask;
  days: Days;
}) {
  const was = before?.total.value;
  const now = of.total.value;
  const change = was && now !== null ? (now / was - 1) * 100 : null;
  return (
    <>
      <p className="big">
        <Figure title={title} ask={ask}>
          {shown(now)} <small className="unit">{now !== null && of.unit}</small>
        </Figure>
      </p>
      <p className="note">
        {now === null ? (
          (of.total.reason?.replaceAll('_', ' ') ?? 'no total')
        ) : (
          <>
            {change === null ? 'nothing to compare with' : `${signed(change)} % against the ${days.count} days before`}
            <br />
            {of.total.how}
          </>
        )}
      </p>
      <Spark values={of.days.map((one) => one.value)} label={`${title} by day`} />
    </>
  );
}

export function MetricChart({ of, title }: { of: Metric; title: string }) {
  return (
    <TimeChart
      title={title}
      step="day"
      height={200}
      decimals={decimals(of.days.map((one) => one.value))}
      starts={of.days.map((one) => one.date)}
      lines={[{ label: `${titled(of.metric_name)}, ${of.unit}`, values: of.days.map((one) => one.value) }]}
    />
  );
}

/** Events newest first, of one type, or of the type that the address tells. */
export function EventsCard({ title = 'Recent events', type, view }: { title?: string; type?: string; view: View }) {
  const [url, change] = view;
  const wanted = type ?? url.get('event_type') ?? '';
  const filters = { event_type: wanted || undefined };
  const walk = useEvents(filters);
  const choose = (event_type: string) => change({ event_type });
  return (
    <Card
      flush
      title={title}
      aside={
        <>
          {type === undefined && <TypeFilter value={wanted} events={walk.events} onChange={choose} />}
          <QueryButton title={title.toLowerCase()} ask={eventsAsk(filters)} />
        </>
      }
    >
      <EventTable walk={walk} caption={title} />
    </Card>
  );
}
