'use client';
import { useState } from 'react';
import type { Ask } from '../api/ask';
import { type Answer, useAnswer } from '../api/use-answer';
import { day } from '../marks/format';
import { QueryButton } from '../query/query-panel';
import { Card, Choice, Page, Tile } from '../shell/page';
import { Answered } from '../shell/states';
import { useUrl } from '../shell/use-url';
import { type Days, daysBefore, daysOf, summaryAsk } from './asks';
import { builtIn, parsed, titled, written } from './board';
import { Cards, EventsCard, MetricChart, Total } from './cards';
import { BoardEditor, Flaws } from './editor';
import type { Summary } from './shapes';

/** The board of the address, or the built-in one: each metric with its days, and the events of late. */
export function DashboardPage() {
  const [url, change] = useUrl();
  const [editing, setEditing] = useState(false);
  const days = daysOf(url);
  const text = url.get('board');
  const read = text === null ? null : parsed(text);
  const summary = useAnswer<Summary>(read ? null : summaryAsk(days));
  const metrics = summary.data?.metrics.map((one) => one.metric_name) ?? [];
  const edit = () => setEditing(true);
  return (
    <Page
      title={read ? (read.board?.title ?? 'Dashboard') : 'Product usage'}
      sub={`${day(days.start)} to ${day(days.end)}, whole days of UTC`}
      aside={
        <div className="filters">
          <Choice
            label="Days"
            value={String(days.count)}
            options={[...new Set([7, 28, 90, days.count])].sort((a, b) => a - b).map((one) => [`${one}`, `${one}`])}
            onChange={(value) => change({ days: value })}
          />
          <label className="field">
            <span>until</span>
            <input
              type="date"
              value={days.end}
              onChange={(event) => event.target.value && change({ until: event.target.value })}
            />
          </label>
          <button type="button" className="btn" onClick={edit}>
            Edit board
          </button>
        </div>
      }
    >
      {!read ? (
        <BuiltIn summary={summary} days={days} view={[url, change]} />
      ) : read.board ? (
        <Cards of={read.board} days={days} view={[url, change]} />
      ) : (
        <Flaws of={read.flaws}>
          <p className="actions">
            <button type="button" className="btn small" onClick={edit}>
              Mend it
            </button>
            <button type="button" className="btn small" onClick={() => change({ board: null })}>
              Back to the built-in board
            </button>
          </p>
        </Flaws>
      )}
      {editing && (
        <BoardEditor
          from={text ?? written(builtIn(metrics, url.get('metric') ?? undefined))}
          use={(board) => change({ board: board && written(board) })}
          close={() => setEditing(false)}
        />
      )}
    </Page>
  );
}

function BuiltIn({ summary, days, view }: { summary: Answer<Summary>; days: Days; view: ReturnType<typeof useUrl> }) {
  const [url, change] = view;
  const before = useAnswer<Summary>(summaryAsk(daysBefore(days)));
  return (
    <>
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
                <Tile key={metric.metric_name} title={titled(metric.metric_name)}>
                  <Total
                    of={metric}
                    before={before.data?.metrics.find((one) => one.metric_name === metric.metric_name)}
                    title={titled(metric.metric_name)}
                    ask={summaryAsk(days, metric.metric_name)}
                    days={days}
                  />
                </Tile>
              ))}
            </div>
            <ByDay
              of={data}
              askOf={(metric) => summaryAsk(days, metric)}
              name={url.get('metric') ?? ''}
              choose={(metric) => change({ metric })}
            />
          </div>
        )}
      </Answered>
      <EventsCard view={view} />
    </>
  );
}

function ByDay({
  of,
  askOf,
  name,
  choose,
}: {
  of: Summary;
  askOf: (metric: string) => Ask;
  name: string;
  choose: (metric: string) => void;
}) {
  const metric = of.metrics.find((one) => one.metric_name === name) ?? of.metrics[0];
  if (!metric) return null;
  const title = `${titled(metric.metric_name)} by day`;
  return (
    <Card
      title={title}
      aside={
        <>
          <Choice
            label="Metric"
            value={metric.metric_name}
            options={of.metrics.map((one) => [one.metric_name, titled(one.metric_name)] as const)}
            onChange={choose}
          />
          <QueryButton title="the metric by day" ask={askOf(metric.metric_name)} />
        </>
      }
    >
      <MetricChart of={metric} title={title} />
    </Card>
  );
}
