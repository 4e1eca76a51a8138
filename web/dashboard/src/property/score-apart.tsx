import { number, percent, signed } from '../marks/format';
import { Diverging } from '../marks/marks';
import { metricAsk } from '../query/narrower';
import { CellFigure } from '../query/query-panel';
import type { PropertyHealth, ScoredMetric } from './shapes';

/** Every metric with its weight and its points; what they add up to is the score. */
export function ScoreApart({ health, id }: { health: PropertyHealth['health']; id: string }) {
  const scale = Math.max(8, ...health.metrics.map((one) => Math.abs(one.contribution ?? 0)));
  const sum = health.metrics.reduce((total, one) => total + (one.contribution ?? 0), 0);
  return (
    <div className="scroll-x">
      <table>
        <thead>
          <tr>
            <th scope="col">Metric</th>
            <th scope="col" className="num">
              Property
            </th>
            <th scope="col" className="num">
              Market
            </th>
            <th scope="col" className="num">
              Weight
            </th>
            <th scope="col" className="num">
              Sub-score
            </th>
            <th scope="col">Takes or adds</th>
            <th scope="col" className="num">
              Points
            </th>
            <th scope="col">Trend against market</th>
          </tr>
        </thead>
        <tbody>
          {health.metrics.map((one) => (
            <Metric key={one.metric} of={one} id={id} scale={scale} />
          ))}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row" colSpan={6}>
              50 at market {health.score !== null && `${signed(sum, 2)} = ${number(health.score, 2)}`}
              <small>
                {health.model}, model version {health.model_version}; known metrics weigh {percent(health.coverage)}
              </small>
            </th>
            <td className="num">{signed(sum, 2)}</td>
            <td />
          </tr>
        </tfoot>
      </table>
    </div>
  );
}

function Metric({ of, id, scale }: { of: ScoredMetric; id: string; scale: number }) {
  const ask = metricAsk(id, of.metric);
  return (
    <tr>
      <th scope="row">
        {of.title}
        <small>{of.unit}</small>
      </th>
      <td className="num">
        <CellFigure title={`${of.title} of the property`} ask={ask}>
          {number(of.property_value, decimals(of.property_value))}
        </CellFigure>
      </td>
      <td className="num">
        <CellFigure title={`${of.title} of the market`} ask={ask}>
          {number(of.market_value, decimals(of.market_value))}
        </CellFigure>
      </td>
      <td className="num">{percent(of.weight)}</td>
      <td className="num">{number(of.sub_score, 1)}</td>
      <td>
        {of.reasons.length ? (
          <span className="sub">{of.reasons.join(', ').replaceAll('_', ' ')}</span>
        ) : (
          <Diverging value={of.contribution} scale={scale} label={`${signed(of.contribution, 2)} points`} />
        )}
      </td>
      <td className="num">{signed(of.contribution, 2)}</td>
      <td>{trend(of)}</td>
    </tr>
  );
}

const decimals = (value: number | null) =>
  value === null || Number.isInteger(value) ? 0 : Number.isInteger(value * 10) ? 1 : 2;

function trend({ momentum }: ScoredMetric): string {
  if (!momentum) return 'not known';
  if (momentum.p_value >= 0.1) return 'no clear trend';
  return momentum.slope_per_year > 0 ? 'gaining' : momentum.slope_per_year < 0 ? 'falling behind' : 'level';
}
