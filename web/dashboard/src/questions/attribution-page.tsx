'use client';
import { useDeferredValue } from 'react';
import type { Ask } from '../api/ask';
import { useAnswer } from '../api/use-answer';
import { day, number, percent } from '../marks/format';
import { Bar } from '../marks/marks';
import { modelAsk } from '../query/narrower';
import { CellFigure, Figure, QueryButton } from '../query/query-panel';
import { Card, Choice, Page, Tile } from '../shell/page';
import { useUrl } from '../shell/use-url';
import { QuestionAnswer, RangeFields, rangeOf, TextField } from './question';
import type { Attribution } from './shapes';

const MODELS = ['first_touch', 'last_touch', 'linear', 'position_based', 'time_decay', 'markov'] as const;

/** Which touches conversions are credited to, by several models side by side. */
export function AttributionPage() {
  const [url, change] = useUrl();
  const range = rangeOf(url);
  const conversion = useDeferredValue(url.get('conversion') ?? 'subscribe');
  const touch = useDeferredValue(url.get('touch') ?? 'visit');
  const property = useDeferredValue(url.get('property') ?? 'channel');
  const lookback = url.get('lookback') ?? 'P30D';
  const query = {
    range,
    conversion: { event_type: conversion },
    touchpoint: { event_type: touch || null, property },
    lookback,
  };
  const ask: Ask = {
    method: 'POST',
    path: '/api/v2/analytics/attribution/model',
    body: { ...query, models: MODELS },
  };
  const answer = useAnswer<Attribution>(conversion && property ? ask : null);
  return (
    <Page
      title="Attribution"
      sub={`${day(range.start)} to ${day(range.end)} · to which ${property} each ${conversion} is credited; models differ, so they stand side by side`}
      aside={
        <div className="filters">
          <RangeFields range={range} change={change} />
        </div>
      }
    >
      <search className="filters">
        <TextField
          label="Conversion"
          value={url.get('conversion') ?? 'subscribe'}
          onChange={(value) => change({ conversion: value })}
        />
        <TextField
          label="Touch"
          value={url.get('touch') ?? 'visit'}
          placeholder="any event"
          onChange={(value) => change({ touch: value })}
        />
        <TextField
          label="Property"
          value={url.get('property') ?? 'channel'}
          onChange={(value) => change({ property: value })}
        />
        <Choice
          label="Looking back"
          value={lookback}
          options={[
            ['P7D', '7 days'],
            ['P30D', '30 days'],
            ['P90D', '90 days'],
          ]}
          onChange={(value) => change({ lookback: value })}
        />
      </search>
      <QuestionAnswer of={answer} what="attribution" empty={(data) => data.conversions === 0}>
        {(data) => (
          <div className="stack">
            <div className="tiles">
              <Tile
                title="Conversions"
                big={
                  <Figure title="conversions" ask={ask}>
                    {number(data.conversions)}
                  </Figure>
                }
                note={`${conversion} in the range; ${number(data.untouched)} of them without a touch`}
              />
            </div>
            <Card flush title="Credits by model" aside={<QueryButton title="the credits" ask={ask} />}>
              <Credits of={data} property={property} query={query} />
            </Card>
          </div>
        )}
      </QuestionAnswer>
    </Page>
  );
}

function Credits({ of, property, query }: { of: Attribution; property: string; query: object }) {
  const values = [...new Set(of.models.flatMap((one) => one.credits.map((credit) => credit.value)))];
  const credit = (model: number, value: string) => of.models[model]?.credits.find((one) => one.value === value);
  values.sort((one, other) => (credit(0, other)?.credit ?? 0) - (credit(0, one)?.credit ?? 0));
  const most = Math.max(0, ...of.models.flatMap((one) => one.credits.map((credit) => credit.credit)));
  return (
    <div className="scroll-x">
      <table>
        <thead>
          <tr>
            <th scope="col">{property}</th>
            {of.models.map((one) => (
              <th key={one.model} scope="col" className="num">
                {one.model.replaceAll('_', ' ')}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {values.map((value) => (
            <tr key={value}>
              <th scope="row">{value}</th>
              {of.models.map((one, model) => (
                <td key={one.model} className="num">
                  <CellFigure title={`${value} by ${one.model.replaceAll('_', ' ')}`} ask={modelAsk(query, one.model)}>
                    {number(credit(model, value)?.credit ?? 0, 1)}
                  </CellFigure>
                  <Bar
                    value={credit(model, value)?.credit ?? 0}
                    most={most}
                    label={`${number(credit(model, value)?.credit ?? 0, 1)} of ${number(most, 1)}`}
                  />
                  <small>{percent(credit(model, value)?.share, 1)}</small>
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
