'use client';
import { useDeferredValue } from 'react';
import type { Ask } from '../api/ask';
import { useAnswer } from '../api/use-answer';
import { day, number, percent } from '../marks/format';
import { retainedAsk } from '../query/narrower';
import { CellFigure, QueryButton } from '../query/query-panel';
import { Card, Choice, Page } from '../shell/page';
import { useUrl } from '../shell/use-url';
import { QuestionAnswer, RangeFields, rangeOf, TextField } from './question';
import type { Retention } from './shapes';

const DARKEST_SHARES = [0.05, 0.15, 0.3, 0.5, 0.75] as const;

/** Of those who did one thing, how many came back so many intervals later. */
export function RetentionPage() {
  const [url, change] = useUrl();
  const range = rangeOf(url, 56);
  const interval = url.get('interval') ?? 'week';
  const rule = url.get('cohort_rule') ?? 'first_time';
  const target = useDeferredValue(url.get('target') ?? 'signup');
  const returning = useDeferredValue(url.get('returning') ?? '');
  const query = {
    range,
    interval,
    target: { event_type: target || null },
    returning: { event_type: returning || null },
    cohort_rule: rule,
    return_rule: 'in_interval',
  };
  const ask: Ask = { method: 'POST', path: '/api/v2/analytics/retention/analyze', body: query };
  const answer = useAnswer<Retention>(ask);
  return (
    <Page
      title="Retention"
      sub={`Users by the ${interval} of their ${target || 'event'}, and how many did ${returning || 'anything'} in each ${interval} after`}
      aside={
        <div className="filters">
          <RangeFields range={range} change={change} />
        </div>
      }
    >
      <search className="filters">
        <TextField
          label="Began with"
          value={url.get('target') ?? 'signup'}
          placeholder="any event"
          onChange={(value) => change({ target: value })}
        />
        <TextField
          label="Came back with"
          value={url.get('returning') ?? ''}
          placeholder="any event"
          onChange={(value) => change({ returning: value })}
        />
        <Choice
          label="By"
          value={interval}
          options={[
            ['day', 'day'],
            ['week', 'week'],
            ['month', 'month'],
          ]}
          onChange={(value) => change({ interval: value })}
        />
        <Choice
          label="Counted"
          value={rule}
          options={[
            ['first_time', 'at their first time'],
            ['first_ever', 'if their first ever fits'],
            ['recurring', 'in every interval'],
          ]}
          onChange={(value) => change({ cohort_rule: value })}
        />
      </search>
      <Card title={`By ${interval}`} aside={<QueryButton title="retention" ask={ask} />}>
        <QuestionAnswer of={answer} what="retention" empty={(data) => data.cohorts.every((one) => one.size === 0)}>
          {(data) => <Triangle of={data} interval={interval} query={query} />}
        </QuestionAnswer>
        <p className="sub">A dashed cell is not over yet: who is missing there may still come.</p>
      </Card>
    </Page>
  );
}

function Triangle({ of, interval, query }: { of: Retention; interval: string; query: object }) {
  const columns = Math.max(0, ...of.cohorts.map((one) => one.values.length));
  return (
    <div className="scroll-x">
      <table className="heat">
        <caption className="unseen">Retention by cohort</caption>
        <thead>
          <tr>
            <th scope="col">{interval} of</th>
            <th scope="col" className="num">
              Users
            </th>
            {Array.from({ length: columns }, (_, column) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a column is its place
              <th key={column} scope="col" className="num">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {of.cohorts.map((cohort) => (
            <tr key={cohort.start}>
              <th scope="row">{day(cohort.start)}</th>
              <td className="num">
                <CellFigure title={`the users of ${day(cohort.start)}`} ask={retainedAsk(query, cohort.start, 0)}>
                  {number(cohort.size)}
                </CellFigure>
              </td>
              {cohort.values.map((count, column) => (
                <Cell
                  // biome-ignore lint/suspicious/noArrayIndexKey: a column is its place
                  key={column}
                  count={count}
                  size={cohort.size}
                  title={`the users of ${day(cohort.start)} in ${interval} ${column}`}
                  ask={retainedAsk(query, cohort.start, column)}
                  complete={cohort.complete[column] ?? true}
                />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Cell({
  count,
  size,
  complete,
  title,
  ask,
}: {
  count: number;
  size: number;
  complete: boolean;
  title: string;
  ask: Ask;
}) {
  if (!size) return <td className="num">–</td>;
  const share = count / size;
  const step = DARKEST_SHARES.filter((limit) => share >= limit).length;
  return (
    <td className="num" data-step={step} data-open={complete ? undefined : ''}>
      <CellFigure title={title} ask={ask} hint={`${number(count)} of ${number(size)} users`}>
        {percent(share)}
        {!complete && <span className="unseen">, not over yet</span>}
      </CellFigure>
    </td>
  );
}
