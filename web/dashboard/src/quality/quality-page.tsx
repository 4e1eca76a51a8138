'use client';
import Link from 'next/link';
import type { Ask } from '../api/ask';
import { useAnswer } from '../api/use-answer';
import { instant, number, percent } from '../marks/format';
import { Bar } from '../marks/marks';
import { METRICS, type Scored } from '../portfolio/shapes';
import { pageAsk, usePortfolio } from '../portfolio/use-portfolio';
import { CellFigure, Figure, QueryButton } from '../query/query-panel';
import { Card, Page, Tile } from '../shell/page';
import { Answered } from '../shell/states';

interface Job {
  id: string;
  kind: string;
  state: string;
  progress: number | null;
  progress_text: string | null;
  created_at: string;
  finished_at: string | null;
  error: string | null;
  result: { sources?: Record<string, number> } | null;
}

interface Quarantined {
  event_id: string;
  event_type: string;
  received_at: string;
  errors: { message?: string; detail?: string; pointer?: string }[];
}

interface Schema {
  event_type: string;
  mode: string;
}

const JOBS: Ask = { path: '/api/v1/jobs' };
const QUARANTINE: Ask = { path: '/api/v1/events/quarantine' };
const SCHEMAS: Ask = { path: '/api/v1/event-schemas' };

/** What may be wrong with the data before anything is wrong with what they tell. */
export function QualityPage() {
  const { rows, complete } = usePortfolio();
  const jobs = useAnswer<{ items: Job[] }>(JOBS);
  const quarantine = useAnswer<{ items: Quarantined[]; next_cursor: string | null }>(QUARANTINE);
  const schemas = useAnswer<{ items: Schema[] }>(SCHEMAS);
  const markets = jobs.data?.items.find((one) => one.result?.sources)?.result?.sources ?? null;
  const fresh = markets && (markets.live ?? 0) + (markets.cache ?? 0);
  const all = markets && Object.values(markets).reduce((sum, one) => sum + one, 0);
  const kept = quarantine.data?.items.length ?? null;
  return (
    <Page title="Data quality" sub="What is missing, old, kept apart or improbable">
      <div className="tiles">
        <Tile
          title="Properties with every metric"
          big={
            <Figure title="missing metrics" ask={pageAsk(null)}>
              {rows.length
                ? percent(
                    share(rows, (row) => row.missing.length === 0),
                    1,
                  )
                : '–'}
            </Figure>
          }
          note={`${number(rows.filter((row) => row.score === null).length)} have too few for a score${complete ? '' : ' so far'}`}
        />
        <Tile
          title="Improbable figures"
          big={
            <Figure title="outliers" ask={{ path: '/api/v1/portfolio/health', query: { outlier: true, limit: 100 } }}>
              {number(rows.filter((row) => row.standing?.outliers.length).length)}
            </Figure>
          }
          note={
            <Link href="/portfolio/?flag=outlier" prefetch={false}>
              properties to check
            </Link>
          }
        />
        <Tile
          title="Markets read"
          big={
            <Figure title="sources of market data" ask={JOBS}>
              {all === null ? '–' : `${number(fresh)} of ${number(all)}`}
            </Figure>
          }
          note={markets ? sources(markets) : 'no refresh is on record'}
        />
        <Tile
          title="Events kept apart"
          big={
            <Figure title="quarantined events" ask={QUARANTINE}>
              {kept === null ? '–' : `${number(kept)}${quarantine.data?.next_cursor ? '+' : ''}`}
            </Figure>
          }
          note={`${number(schemas.data?.items.length ?? 0)} event types have a schema`}
        />
      </div>
      <div className="halves">
        <Card title="Missing by metric" aside={<QueryButton title="missing metrics" ask={pageAsk(null)} />}>
          <Missing rows={rows} />
        </Card>
        <Card
          title="Events that break their schema"
          aside={<QueryButton title="quarantined events" ask={QUARANTINE} />}
        >
          <Answered
            of={quarantine}
            what="quarantined events"
            empty={(data) => data.items.length === 0}
            emptyText={
              schemas.data?.items.length
                ? 'No event is kept apart.'
                : 'No event is kept apart: no event type has a schema yet, so none can break one.'
            }
          >
            {(data) => <Apart of={data.items} />}
          </Answered>
        </Card>
      </div>
      <Card flush title="Work on the data" aside={<QueryButton title="jobs" ask={JOBS} />}>
        <Answered of={jobs} what="jobs" empty={(data) => data.items.length === 0} emptyText="No job is on record.">
          {(data) => <Jobs of={data.items} />}
        </Answered>
      </Card>
    </Page>
  );
}

const share = (rows: readonly Scored[], fits: (row: Scored) => boolean) => rows.filter(fits).length / rows.length;

function sources(markets: Record<string, number>): string {
  const told = Object.entries(markets).filter(([, count]) => count > 0);
  return told.map(([name, count]) => `${number(count)} ${name.replaceAll('_', ' ')}`).join(', ');
}

function Missing({ rows }: { rows: readonly Scored[] }) {
  const counted = METRICS.map(([name, title]) => ({
    title,
    count: rows.filter((row) => row.missing.includes(name)).length,
  }));
  const most = Math.max(1, ...counted.map((one) => one.count));
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">Metric</th>
          <th scope="col" className="num">
            Properties without it
          </th>
          <th scope="col">How many</th>
        </tr>
      </thead>
      <tbody>
        {counted.map((one) => (
          <tr key={one.title}>
            <th scope="row">{one.title}</th>
            <td className="num">
              {number(one.count)} <small>{rows.length ? percent(one.count / rows.length, 1) : ''}</small>
            </td>
            <td>
              <Bar value={one.count} most={most} label={`${one.count} properties`} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Apart({ of }: { of: readonly Quarantined[] }) {
  return (
    <div className="scroll-x">
      <table>
        <thead>
          <tr>
            <th scope="col">Received (UTC)</th>
            <th scope="col">Type</th>
            <th scope="col">Why</th>
          </tr>
        </thead>
        <tbody>
          {of.slice(0, 20).map((one) => (
            <tr key={one.event_id}>
              <td>{instant(one.received_at)}</td>
              <td>{one.event_type}</td>
              <td>
                {one.errors
                  .map((error) => [error.pointer, error.detail ?? error.message].filter(Boolean).join(' '))
                  .join('; ')}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Jobs({ of }: { of: readonly Job[] }) {
  return (
    <div className="scroll-x">
      <table>
        <thead>
          <tr>
            <th scope="col">Job</th>
            <th scope="col">State</th>
            <th scope="col">Progress</th>
            <th scope="col">Begun (UTC)</th>
            <th scope="col">Ended (UTC)</th>
          </tr>
        </thead>
        <tbody>
          {of.slice(0, 20).map((one) => (
            <tr key={one.id}>
              <th scope="row">{one.kind.replaceAll('_', ' ')}</th>
              <td>
                <span
                  className="chip"
                  data-band={one.state === 'done' ? 'high' : one.state === 'failed' ? 'low' : 'mid'}
                >
                  {one.state}
                </span>
              </td>
              <td>
                <CellFigure
                  title={`the job ${one.kind.replaceAll('_', ' ')} of ${instant(one.created_at)}`}
                  ask={{ path: `/api/v1/jobs/${encodeURIComponent(one.id)}` }}
                >
                  {one.error ?? one.progress_text ?? percent(one.progress)}
                </CellFigure>
              </td>
              <td>{instant(one.created_at)}</td>
              <td>{one.finished_at ? instant(one.finished_at) : '–'}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
