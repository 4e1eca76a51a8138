import Link from 'next/link';
import { number, signed } from '../marks/format';
import { metricTitle, type Scored } from './shapes';

/** What stands out among the properties shown, each with its reason: outliers first, then who lost most. */
export function Attention({ rows }: { rows: readonly Scored[] }) {
  const named = [...outliers(rows), ...fallen(rows)].slice(0, 4);
  if (!named.length) return <p className="state">Nothing stands out.</p>;
  return (
    <ul className="attention">
      {named.map(({ row, reason }) => (
        <li key={row.id}>
          <Link href={`/property/?id=${row.id}`} prefetch={false}>
            {row.name}
          </Link>
          <span>{reason}</span>
        </li>
      ))}
    </ul>
  );
}

interface Named {
  row: Scored;
  reason: string;
}

function outliers(rows: readonly Scored[]): Named[] {
  const found = rows.flatMap((row) => {
    const worst = row.standing?.outliers.filter((one) => one.kind !== 'profile');
    const first = worst?.sort((one, other) => Math.abs(other.measure) - Math.abs(one.measure))[0];
    return first ? [{ row, first }] : [];
  });
  found.sort((one, other) => Math.abs(other.first.measure) - Math.abs(one.first.measure));
  return found.slice(0, 2).map(({ row, first }) => ({
    row,
    reason: `${first.metric ? metricTitle(first.metric) : 'Score'} ${number(Math.abs(first.measure), 1)} usual spreads ${
      first.measure < 0 ? 'below' : 'above'
    } the others: check it`,
  }));
}

function fallen(rows: readonly Scored[]): Named[] {
  const losers = rows.filter((row) => row.change !== null && row.change < 0 && !row.standing?.outliers.length);
  losers.sort((one, other) => (one.change as number) - (other.change as number));
  return losers.slice(0, 6).map((row) => {
    const [metric, points] = Object.entries(row.contributions).sort((one, other) => one[1] - other[1])[0] ?? [null, 0];
    return {
      row,
      reason: `Fell by ${number(Math.abs(row.change as number), 1)} to ${number(row.score, 1)}; ${metricTitle(metric).toLowerCase()} ${signed(points)}`,
    };
  });
}
