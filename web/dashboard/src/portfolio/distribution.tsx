import { number } from '../marks/format';
import { AsTable, type Bin, Histogram } from '../marks/marks';
import type { Sums } from './selection';
import { GRADES, type Scored } from './shapes';

const WIDTH = 5;
const WATCHED_BELOW = 40;

/** How the scores are spread, in steps of five, and how many there are of each grade. */
export function Distribution({ rows, all }: { rows: readonly Scored[]; all: Sums }) {
  const bins = binned(rows);
  const grades = GRADES.map((grade) => [grade, rows.filter((row) => row.grade === grade).length] as const);
  return (
    <>
      <Histogram bins={bins} label={`${all.scored} scores, median ${number(all.median, 1)}`} />
      <div className="histogram-axis" aria-hidden="true">
        {[0, 20, 40, 60, 80, 100].map((one) => (
          <span key={one}>{one}</span>
        ))}
      </div>
      <dl className="facts">
        {grades.map(([grade, count]) => (
          <div key={grade}>
            <dt>Grade {grade}</dt>
            <dd>{number(count)}</dd>
          </div>
        ))}
        <div>
          <dt>Not scored</dt>
          <dd>{number(all.count - all.scored)}</dd>
        </div>
      </dl>
      <AsTable
        title="Distribution of scores"
        columns={['Score', 'Properties']}
        rows={bins.map((bin) => [`${bin.from} to ${bin.to}`, bin.count])}
      />
    </>
  );
}

function binned(rows: readonly Scored[]): Bin[] {
  const counts = new Array<number>(100 / WIDTH).fill(0);
  for (const { score } of rows)
    if (score !== null) {
      const index = Math.min(counts.length - 1, Math.floor(score / WIDTH));
      counts[index] = (counts[index] as number) + 1;
    }
  return counts.map((count, index) => ({
    from: index * WIDTH,
    to: (index + 1) * WIDTH,
    count,
    marked: (index + 1) * WIDTH <= WATCHED_BELOW,
  }));
}
