'use client';
import type { Ask } from '../api/ask';
import { useAnswer } from '../api/use-answer';
import { EventTable } from '../events/event-table';
import { TypeFilter } from '../events/type-filter';
import { eventsAsk, useEvents } from '../events/use-events';
import { day, number, signed } from '../marks/format';
import { Spark } from '../marks/marks';
import { TimeChart } from '../marks/time-chart';
import { Figure, QueryButton } from '../query/query-panel';
import { Card, Choice, Page, Tile } from '../shell/page';
import { Answered } from '../shell/states';
import { useUrl } from '../shell/use-url';
import type { Metric, Summary } from './shapes';

const DAY_MILLISECONDS = 86_400_000;

/** What is used: each metric with its total of the right kind, its days, and the events of late. */
export function DashboardPage() {
  const [url, change] = useUrl();
  const days = Number(url.get('days') ?? 28);
  const until = url.get('until') ?? isoDay(Date.now() - DAY_MILLISECONDS);
  const ask = summaryAsk(until, days, 0);
  const summary = useAnswer<Summary>(ask);
  const before = useAnswer<Summary>(summaryAsk(until, days, days));
  const type = url.get('event_type') ?? '';
  const walk = useEvents({ event_type: type || undefined });
  return (
    <Page
      title="Product usage"
      sub={summary.data && `${day(summary.data.start_date)} to ${day(summary.data.end_date)}, whole days of UTC`}
      aside={
        <div className="filters">
          <Choice
            label="Days"
            value={String(days)}
            options={[
              ['7', '7'],
              ['28', '28'],
              ['90', '90'],
            ]}
            onChange={(value) => change({ days: value })}
          />
          <label className="field">
            <span>until</span>
            <input
              type="date"
              value={until}
              onChange={(event) => event.target.value && change({ until: event.target.value })}
            />
          </label>
        </div>
      }
    >
      <Answered
        of={summary}
        what="the metrics"
        empty={(data) => data.metrics.length === 0}
        emptyText="There are no metrics yet. Declare one with PUT /api/v1/metric-definitions/{name}."
      >
        {(data) => (
          <div className="stack">
            <div className="tiles">
              {data.metrics.map((metric) => (
                <MetricTile
                  key={metric.metric_name}
                  of={metric}
                  before={before.data?.metrics.find((one) => one.metric_name === metric.metric_name) ?? null}
                  ask={{ ...ask, query: { ...ask.query, metrics: metric.metric_name } }}
                  days={days}
                />
              ))}
            </div>
            <ByDay of={data} ask={ask} name={url.get('metric') ?? ''} choose={(metric) => change({ metric })} />
          </div>
        )}
      </Answered>
      <Card
        flush
        title="Recent events"
        aside={
          <>
            <TypeFilter value={type} events={walk.events} onChange={(event_type) => change({ event_type })} />
            <QueryButton title="recent events" ask={eventsAsk({ event_type: type || undefined })} />
          </>
        }
      >
        <EventTable walk={walk} caption="Recent events" />
      </Card>
    </Page>
  );
}

const isoDay = (milliseconds: number) => new Date(milliseconds).toISOString().slice(0, 10);

function summaryAsk(until: string, days: number, earlier: number): Ask {
  const end = Date.parse(until) - earlier * DAY_MILLISECONDS;
  const start = end - (days - 1) * DAY_MILLISECONDS;
  return { path: '/api/v1/metrics/summary', query: { start_date: isoDay(start), end_date: isoDay(end) } };
}

const titled = (name: string) =>
  name
    .replaceAll('_', ' ')
    .replace(/\b(usd|eur|mrr|arr|nps|dau|wau|mau)\b/g, (word) => word.toUpperCase())
    .replace(/^./, (letter) => letter.toUpperCase());

function MetricTile({ of, before, ask, days }: { of: Metric; before: Metric | null; ask: Ask; days: number }) {
  const was = before?.total.value;
  const now = of.total.value;
  const change = was && now !== null ? (now / was - 1) * 100 : null;
  return (
    <Tile
      title={titled(of.metric_name)}
      big={
        <Figure title={titled(of.metric_name)} ask={ask}>
          {shown(now)} <small className="unit">{now !== null && of.unit}</small>
        </Figure>
      }
      note={
        now === null ? (
          (of.total.reason?.replaceAll('_', ' ') ?? 'no total')
        ) : (
          <>
            {change === null ? 'nothing to compare with' : `${signed(change)} % against the ${days} days before`}
            <br />
            {of.total.how}
          </>
        )
      }
    >
      <Spark values={of.days.map((one) => one.value)} label={`${titled(of.metric_name)} by day`} />
    </Tile>
  );
}

const shown = (value: number | null) =>
  value === null
    ? '–'
    : number(value, Number.isInteger(value) || Math.abs(value) >= 1000 ? 0 : Math.abs(value) < 1 ? 3 : 2);

function ByDay({ of, ask, name, choose }: { of: Summary; ask: Ask; name: string; choose: (metric: string) => void }) {
  const metric = of.metrics.find((one) => one.metric_name === name) ?? of.metrics[0];
  if (!metric) return null;
  const whole = metric.days.every((one) => one.value === null || Number.isInteger(one.value));
  return (
    <Card
      title={`${titled(metric.metric_name)} by day`}
      aside={
        <>
          <Choice
            label="Metric"
            value={metric.metric_name}
            options={of.metrics.map((one) => [one.metric_name, titled(one.metric_name)] as const)}
            onChange={choose}
          />
          <QueryButton
            title="the metric by day"
            ask={{ ...ask, query: { ...ask.query, metrics: metric.metric_name } }}
          />
        </>
      }
    >
      <TimeChart
        title={`${titled(metric.metric_name)} by day`}
        step="day"
        height={200}
        decimals={whole ? 0 : 2}
        starts={metric.days.map((one) => one.date)}
        lines={[
          { label: `${titled(metric.metric_name)}, ${metric.unit}`, values: metric.days.map((one) => one.value) },
        ]}
      />
    </Card>
  );
}
