'use client';
import { useEffect, useRef } from 'react';
import type uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { number } from './format';
import { AsTable } from './marks';
import { DISTANCES, marked, type Step } from './ticks';

export interface Line {
  label: string;
  values: readonly (number | null)[];
  /** A custom property of the theme. */
  colour?: string;
  dashed?: boolean;
}

export interface Band {
  label: string;
  low: readonly (number | null)[];
  high: readonly (number | null)[];
}

/** Lines over time with an optional band, gaps as gaps, and the same as a table. */
export function TimeChart({
  title,
  starts,
  lines,
  band,
  step,
  unit = '',
  decimals = 0,
  height = 240,
}: {
  title: string;
  /** Begin of each bucket, RFC 3339. */
  starts: readonly string[];
  lines: readonly Line[];
  band?: Band;
  step: Step;
  unit?: string;
  decimals?: number;
  height?: number;
}) {
  const box = useRef<HTMLDivElement>(null);
  const what = JSON.stringify([starts, lines, band, step, unit, decimals, height]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `what` is all of them, by value
  useEffect(() => {
    const drawing = draw(box.current as HTMLDivElement, { starts, lines, band, step, unit, decimals, height });
    return () => void drawing.then((stop) => stop());
  }, [what]);
  return (
    <figure className="figure-box">
      <Legend lines={lines} band={band} />
      <div ref={box} aria-hidden="true" style={{ minHeight: height }} />
      <AsTable
        title={title}
        columns={[
          'From',
          ...lines.map((one) => one.label),
          ...(band ? [`${band.label}, low`, `${band.label}, high`] : []),
        ]}
        rows={starts.map((start, index) => [
          step === 'hour' ? start.slice(0, 16).replace('T', ' ') : start.slice(0, 10),
          ...[...lines.map((one) => one.values), ...(band ? [band.low, band.high] : [])].map((values) =>
            values[index] === null || values[index] === undefined ? 'no data' : number(values[index], decimals),
          ),
        ])}
      />
    </figure>
  );
}

function Legend({ lines, band }: { lines: readonly Line[]; band?: Band }) {
  return (
    <ul className="legend">
      {band && (
        <li>
          <i className="area" />
          {band.label}
        </li>
      )}
      {lines.map((line, index) => (
        <li key={line.label}>
          <i
            style={{
              borderColor: `var(${line.colour ?? `--c${index + 1}`})`,
              borderTopStyle: line.dashed ? 'dashed' : 'solid',
            }}
          />
          {line.label}
        </li>
      ))}
    </ul>
  );
}

interface Drawn {
  starts: readonly string[];
  lines: readonly Line[];
  band?: Band;
  step: Step;
  unit: string;
  decimals: number;
  height: number;
}

/** Draw, and draw again when the theme or the width changes; resolves to what ends it. */
async function draw(box: HTMLDivElement, drawn: Drawn): Promise<() => void> {
  const { default: Plot } = await import('uplot');
  let plot: uPlot | undefined;
  const again = () => {
    plot?.destroy();
    plot = new Plot(options(drawn, box), data(drawn), box);
  };
  again();
  const resized = new ResizeObserver(() => plot?.setSize({ width: box.clientWidth, height: drawn.height }));
  resized.observe(box);
  const scheme = matchMedia('(prefers-color-scheme: dark)');
  addEventListener('sightline-theme', again);
  scheme.addEventListener('change', again);
  return () => {
    removeEventListener('sightline-theme', again);
    scheme.removeEventListener('change', again);
    resized.disconnect();
    plot?.destroy();
  };
}

function data({ starts, lines, band }: Drawn): uPlot.AlignedData {
  const xs = starts.map((start) => Date.parse(start) / 1000);
  return [xs, ...(band ? [band.high, band.low] : []), ...lines.map((one) => one.values)] as uPlot.AlignedData;
}

function options({ lines, band, step, unit, decimals, height }: Drawn, box: HTMLElement): uPlot.Options {
  const computed = getComputedStyle(box);
  /** A colour of the theme as a canvas takes it: what it comes to, not how it is written. */
  const themed = (name: string): string => {
    box.style.color = `var(${name})`;
    const colour = computed.color;
    box.style.color = '';
    return colour;
  };
  const axis = { stroke: themed('--ink-2'), grid: { stroke: themed('--line'), width: 1 }, ticks: { show: false } };
  const font = `12px ${computed.fontFamily}`;
  const edge = { stroke: 'transparent', points: { show: false } };
  return {
    width: box.clientWidth,
    height,
    legend: { show: false },
    cursor: { y: false, points: { size: 6 } },
    tzDate: (seconds) => new Date(new Date(seconds * 1000).toISOString().slice(0, 19)),
    axes: [
      { ...axis, font, size: 28, space: 80, incrs: DISTANCES[step], values: (_, ticks) => marked(step, ticks) },
      {
        ...axis,
        font,
        size: 64,
        values: (_, ticks) => ticks.map((tick) => number(tick, tick % 1 ? Math.max(1, decimals) : 0) + unit),
      },
    ],
    bands: band ? [{ series: [1, 2], fill: themed('--band') }] : [],
    series: [
      {},
      ...(band ? [edge, edge] : []),
      ...lines.map((line, index) => ({
        stroke: themed(line.colour ?? `--c${index + 1}`),
        width: 2,
        dash: line.dashed ? [5, 4] : undefined,
        spanGaps: false,
        points: { show: line.values.filter((one) => one !== null).length < 3 },
      })),
    ],
  };
}
