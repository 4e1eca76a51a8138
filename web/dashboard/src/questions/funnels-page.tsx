'use client';
import { useDeferredValue } from 'react';
import type { Ask } from '../api/ask';
import { useAnswer } from '../api/use-answer';
import { day, duration, number, percent } from '../marks/format';
import { steppedAsk } from '../query/narrower';
import { Figure, QueryButton } from '../query/query-panel';
import { Card, Choice, Page } from '../shell/page';
import { useUrl } from '../shell/use-url';
import { QuestionAnswer, RangeFields, rangeOf, TextField, typed } from './question';
import type { Funnel, FunnelStep } from './shapes';

const STEPS = 'visit,signup,activate,subscribe';

/** How many went from step to step, what was lost between, and how long it took. */
export function FunnelsPage() {
  const [url, change] = useUrl();
  const range = rangeOf(url);
  const text = useDeferredValue(url.get('steps') ?? STEPS);
  const steps = typed(text);
  const window = url.get('window') ?? 'P14D';
  const order = url.get('order') ?? 'ordered';
  const property = useDeferredValue(url.get('breakdown') ?? '');
  const query = { range, steps: steps.map((event_type) => ({ event_type })), order, window };
  const ask: Ask = {
    method: 'POST',
    path: '/api/v2/analytics/funnel/analyze',
    body: { ...query, ...(property && { breakdown: { property, attribution: 'first_touch', limit: 10 } }) },
  };
  const answer = useAnswer<Funnel>(steps.length >= 2 ? ask : null);
  return (
    <Page
      title="Funnels"
      sub={`${day(range.start)} to ${day(range.end)} · users who did one step after the other within the window`}
      aside={
        <div className="filters">
          <RangeFields range={range} change={change} />
        </div>
      }
    >
      <search className="filters">
        <label className="field wide">
          <span>Steps</span>
          <input
            size={44}
            value={url.get('steps') ?? STEPS}
            spellCheck={false}
            onChange={(event) => change({ steps: event.target.value })}
          />
        </label>
        <Choice
          label="Within"
          value={window}
          options={[
            ['PT1H', 'an hour'],
            ['P1D', 'a day'],
            ['P7D', '7 days'],
            ['P14D', '14 days'],
            ['P30D', '30 days'],
          ]}
          onChange={(value) => change({ window: value })}
        />
        <Choice
          label="Order"
          value={order}
          options={[
            ['ordered', 'in order'],
            ['strict', 'without others between'],
            ['unordered', 'in any order'],
          ]}
          onChange={(value) => change({ order: value })}
        />
        <TextField
          label="By property"
          value={url.get('breakdown') ?? ''}
          placeholder="channel"
          onChange={(breakdown) => change({ breakdown })}
        />
      </search>
      {steps.length < 2 ? (
        <p className="state">A funnel has two steps or more: event types with commas between.</p>
      ) : (
        <Card title="Step by step" aside={<QueryButton title="the funnel" ask={ask} />}>
          <QuestionAnswer of={answer} what="funnels" empty={(data) => !data.steps[0]?.count}>
            {(data) => (
              <>
                <Hatch />
                <div className="steps">
                  {data.steps.map((step, index) => (
                    <Step
                      key={step.step}
                      of={step}
                      before={data.steps[index - 1]}
                      first={data.steps[0]}
                      query={query}
                    />
                  ))}
                </div>
                {(data.breakdowns ?? []).length > 0 && <ByValue of={data} property={property} />}
              </>
            )}
          </QuestionAnswer>
        </Card>
      )}
    </Page>
  );
}

/** The pattern of what was lost, for all bars. */
function Hatch() {
  return (
    <svg width="0" height="0" className="unseen" aria-hidden="true">
      <defs>
        <pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
          <rect width="2.4" height="6" fill="var(--c1)" opacity="0.55" />
        </pattern>
      </defs>
    </svg>
  );
}

/** Steps without an order have no event of their own. */
const nameOf = (step: FunnelStep) =>
  step.event_type === null ? `any ${step.step} of them` : [step.event_type].flat().join(' or ').replaceAll('_', ' ');

function Step({
  of,
  before,
  first,
  query,
}: {
  of: FunnelStep;
  before?: FunnelStep;
  first?: FunnelStep;
  query: object;
}) {
  const all = first?.count || 1;
  const [reached, lost] = [(of.count / all) * 100, ((before?.count ?? of.count) / all) * 100];
  return (
    <div className="step">
      <div>
        {of.step}. {nameOf(of)}
      </div>
      <svg
        className="step-bar"
        viewBox="0 0 100 28"
        preserveAspectRatio="none"
        role="img"
        aria-label={`${percent(of.conversion_from_first, 1)} of those who began`}
      >
        <rect className="ground" width="100" height="28" />
        <rect className="lost" width={lost} height="28" />
        <rect className="reached" width={reached} height="28" />
      </svg>
      <p className="sub">
        <strong>
          <Figure title={`who reached step ${of.step}`} ask={steppedAsk(query, of.step, 'reached')}>
            {number(of.count)}
          </Figure>
        </strong>{' '}
        {before ? (
          <>
            {percent(of.conversion_from_previous, 1)} of the step before
            <br />
            <Figure title={`who dropped out before step ${of.step}`} ask={steppedAsk(query, of.step, 'dropped')}>
              {number(before.count - of.count)}
            </Figure>{' '}
            did not, median {duration(of.median_seconds)}
          </>
        ) : (
          'began'
        )}
        {(of.undecided ?? 0) > 0 && (
          <>
            <br />
            {number(of.undecided)} may still go on
          </>
        )}
      </p>
    </div>
  );
}

function ByValue({ of, property }: { of: Funnel; property: string }) {
  return (
    <div className="scroll-x">
      <table>
        <caption className="unseen">The funnel by {property}</caption>
        <thead>
          <tr>
            <th scope="col">{property}</th>
            {of.steps.map((step) => (
              <th key={step.step} scope="col" className="num">
                {nameOf(step)}
              </th>
            ))}
            <th scope="col" className="num">
              From first to last
            </th>
          </tr>
        </thead>
        <tbody>
          {(of.breakdowns ?? []).map((one) => (
            <tr key={one.value}>
              <th scope="row">{one.other ? 'Other' : one.value || '(none)'}</th>
              {one.steps.map((step) => (
                <td key={step.step} className="num">
                  {number(step.count)}
                </td>
              ))}
              <td className="num">{percent(one.steps.at(-1)?.conversion_from_first, 1)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
