import { number } from '../marks/format';

/** Two distributions over the same bins: what was as an outline, what would be as bars. */
export function BeforeAfter({ before, after }: { before: readonly number[]; after: readonly number[] }) {
  const most = Math.max(1, ...before, ...after);
  const width = 100 / before.length;
  const height = (count: number) => (count / most) * 38;
  return (
    <>
      <ul className="legend">
        <li>
          <i className="outline" />
          Before
        </li>
        <li>
          <i className="solid" />
          After
        </li>
      </ul>
      <svg
        className="histogram"
        viewBox="0 0 100 40"
        preserveAspectRatio="none"
        role="img"
        aria-label="Distribution of scores before and after"
      >
        {after.map((count, index) => (
          <rect
            // biome-ignore lint/suspicious/noArrayIndexKey: a bin is its place
            key={index}
            className="plain"
            x={index * width + 0.4}
            width={width - 0.8}
            y={39 - height(count)}
            height={height(count)}
          />
        ))}
        {before.map((count, index) => (
          <path
            // biome-ignore lint/suspicious/noArrayIndexKey: a bin is its place
            key={index}
            className="outline"
            d={`M${index * width + 0.2} 39V${39 - height(count)}H${(index + 1) * width - 0.2}V39`}
          />
        ))}
        <line x1="0" x2="100" y1="39.5" y2="39.5" />
      </svg>
      <div className="histogram-axis" aria-hidden="true">
        {[0, 20, 40, 60, 80, 100].map((one) => (
          <span key={one}>{one}</span>
        ))}
      </div>
    </>
  );
}

/** A step from one rank to another between the best on the left and the last on the right. */
export function RankMove({ before, after, of }: { before: number; after: number; of: number }) {
  const x = (rank: number) => 8 + ((rank - 1) / Math.max(1, of - 1)) * 204;
  const [from, to] = [x(before), x(after)];
  const better = after < before;
  return (
    <svg
      className={better ? 'rank-move better' : 'rank-move worse'}
      viewBox="0 0 220 16"
      width="220"
      height="16"
      role="img"
      aria-label={`from rank ${number(before)} to ${number(after)} of ${number(of)}`}
    >
      <line className="axis" x1="8" x2="212" y1="8" y2="8" />
      <line className="way" x1={from} x2={to} y1="8" y2="8" />
      <circle className="from" cx={from} cy="8" r="3.5" />
      <circle className="to" cx={to} cy="8" r="4.5" />
    </svg>
  );
}
