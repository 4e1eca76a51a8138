import { number, signed } from '../marks/format';
import { Bar } from '../marks/marks';
import type { Lever, ScoredMetric } from './shapes';

/** What the score would gain if one metric were better by its typical deviation. */
export function Levers({
  levers,
  metrics,
  score,
}: {
  levers: readonly Lever[];
  metrics: readonly ScoredMetric[];
  score: number | null;
}) {
  if (!levers.length) return <p className="state">Nothing is known that would lift it.</p>;
  const scale = Math.max(...levers.map((one) => one.gain));
  const title = (name: string) => metrics.find((one) => one.metric === name)?.title ?? name;
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">If</th>
          <th scope="col" className="num">
            Now → then
          </th>
          <th scope="col">Gain</th>
          <th scope="col" className="num">
            Score
          </th>
        </tr>
      </thead>
      <tbody>
        {levers.map((one) => (
          <tr key={one.metric}>
            <th scope="row">{title(one.metric)}</th>
            <td className="num nowrap">
              {number(one.value, 1)} → {number(one.better_value, 1)}
            </td>
            <td>
              <Bar value={one.gain} most={scale} label={`gains ${number(one.gain, 1)} points`} />
            </td>
            <td className="num nowrap">
              {number(one.score, 1)} {one.grade}
              <small>{score !== null && signed(one.score - score)}</small>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
