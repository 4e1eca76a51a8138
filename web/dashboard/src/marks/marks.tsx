/** Small marks in SVG. They take their colours from the theme and say in words what they show. */

/** A line without axes; gaps stay gaps. */
export function Spark({ values, label }: { values: readonly (number | null)[]; label: string }) {
  const known = values.filter((one): one is number => one !== null);
  if (known.length < 2) return null;
  const low = Math.min(...known);
  const span = Math.max(...known) - low || 1;
  const x = (index: number) => 2 + (index / (values.length - 1)) * 216;
  const y = (value: number) => 33 - ((value - low) / span) * 30;
  let path = '';
  let drawing = false;
  values.forEach((value, index) => {
    if (value !== null) path += `${drawing ? 'L' : 'M'}${x(index).toFixed(1)} ${y(value).toFixed(1)}`;
    drawing = value !== null;
  });
  const last = values.findLastIndex((one) => one !== null);
  return (
    <svg className="spark" viewBox="0 0 220 36" role="img" aria-label={label} preserveAspectRatio="none">
      <path d={path} />
      <circle cx={x(last)} cy={y(values[last] as number)} r="2.5" />
    </svg>
  );
}

/** A score on 0 to 100 with its interval; the line in the middle is the market. */
export function ScoreMark({ score, low, high }: { score: number | null; low: number | null; high: number | null }) {
  if (score === null || low === null || high === null) return null;
  const x = (value: number) => 4 + value * 1.12;
  return (
    <svg className="score-mark" viewBox="0 0 120 16" width="120" height="16" aria-hidden="true">
      <line className="axis" x1="4" x2="116" y1="8" y2="8" />
      <line className="middle" x1={x(50)} x2={x(50)} y1="2" y2="14" />
      <rect className="interval" x={x(low)} width={Math.max(1, x(high) - x(low))} y="5" height="6" />
      <circle className={score < 40 ? 'dot low' : 'dot'} cx={x(score)} cy="8" r="3.5" />
    </svg>
  );
}

/** What each metric adds to or takes from 50, on one scale for all rows. */
export function Contributions({ parts, scale = 12 }: { parts: readonly (number | null)[]; scale?: number }) {
  const slot = 190 / parts.length;
  return (
    <svg className="contributions" viewBox="0 0 190 30" width="190" height="30" aria-hidden="true">
      <line className="axis" x1="0" x2="190" y1="15" y2="15" />
      {parts.map((part, index) => {
        const height = Math.min(14, (Math.abs(part ?? 0) / scale) * 14);
        const key = `${index}`;
        if (part === null) return <circle key={key} className="unknown" cx={slot * (index + 0.5)} cy="15" r="2" />;
        return (
          <rect
            key={key}
            className={part < 0 ? 'loss' : 'gain'}
            x={slot * index + 5}
            width={slot - 10}
            y={part < 0 ? 15 : 15 - height}
            height={Math.max(height, 0.5)}
          />
        );
      })}
    </svg>
  );
}

/** One bar to the left or right of nothing. */
export function Diverging({ value, scale, label }: { value: number | null; scale: number; label: string }) {
  const width = value === null ? 0 : Math.min(98, (Math.abs(value) / (scale || 1)) * 98);
  return (
    <svg className="diverging" viewBox="0 0 200 12" width="200" height="12" role="img" aria-label={label}>
      <rect className="ground" width="200" height="12" />
      {value !== null && (
        <rect
          className={value < 0 ? 'loss' : 'gain'}
          x={value < 0 ? 100 - width : 100}
          width={width}
          y="1"
          height="10"
        />
      )}
      <line className="middle" x1="100" x2="100" y1="0" y2="12" />
    </svg>
  );
}

/** A share of the most, from the left. */
export function Bar({ value, most, label }: { value: number; most: number; label: string }) {
  return (
    <svg
      className="diverging"
      viewBox="0 0 200 12"
      width="200"
      height="12"
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
    >
      <rect className="ground" width="200" height="12" />
      <rect className="gain" width={most ? Math.min(200, (value / most) * 200) : 0} y="1" height="10" />
    </svg>
  );
}

export interface Bin {
  from: number;
  to: number;
  count: number;
  marked: boolean;
}

/** How values are spread; marked bins are in the second colour. */
export function Histogram({ bins, label }: { bins: readonly Bin[]; label: string }) {
  const most = Math.max(1, ...bins.map((one) => one.count));
  const width = 100 / bins.length;
  return (
    <svg className="histogram" viewBox="0 0 100 40" preserveAspectRatio="none" role="img" aria-label={label}>
      {bins.map((bin, index) => (
        <rect
          key={bin.from}
          className={bin.marked ? 'marked' : 'plain'}
          x={index * width + 0.15}
          width={width - 0.3}
          y={39 - (bin.count / most) * 38}
          height={(bin.count / most) * 38}
        />
      ))}
      <line x1="0" x2="100" y1="39.5" y2="39.5" />
    </svg>
  );
}

/** The numbers of a chart, for whoever reads rather than looks. */
export function AsTable({
  title,
  columns,
  rows,
}: {
  title: string;
  columns: readonly string[];
  rows: readonly (readonly (string | number)[])[];
}) {
  return (
    <details className="as-table">
      <summary>{title} as a table</summary>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable with the keyboard */}
      {/* biome-ignore lint/a11y/useSemanticElements: a section with a name is a region all the same */}
      <div className="scroll small" role="region" aria-label={`${title} as a table`} tabIndex={0}>
        <table>
          <thead>
            <tr>
              {columns.map((name, index) => (
                <th key={name} scope="col" className={index ? 'num' : undefined}>
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row[0]}>
                {row.map((cell, index) => (
                  <td key={columns[index]} className={index ? 'num' : undefined}>
                    {cell}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}
