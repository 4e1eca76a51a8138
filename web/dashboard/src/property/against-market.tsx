import type { Ask } from '../api/ask';
import { month, number } from '../marks/format';
import { TimeChart } from '../marks/time-chart';
import { QueryButton } from '../query/query-panel';
import { Card, Choice } from '../shell/page';
import type { MarketPerformance } from './shapes';

const CAUTIONS: Record<string, string> = {
  old_benchmark: 'the benchmark is six months old or more',
  small_sample: 'fewer than ten buildings',
  low_data_quality: 'low data quality',
  low_confidence: 'low confidence of the source',
};

/** One metric of the property over its market's, month by month, and how good the market's figures are. */
export function AgainstMarket({
  of,
  ask,
  metric,
  choose,
}: {
  of: MarketPerformance;
  ask: Ask;
  metric: string;
  choose: (metric: string) => void;
}) {
  const histories = of.history?.metrics ?? [];
  const shown = histories.find((one) => one.metric === metric) ?? histories[0];
  const known = shown?.buckets.some((one) => one.property_value !== null || one.market_value !== null);
  return (
    <Card
      title="Against its market, by month"
      aside={
        <>
          {shown && (
            <Choice
              label="Metric"
              value={shown.metric}
              options={histories.map((one) => [one.metric, one.title] as const)}
              onChange={choose}
            />
          )}
          <QueryButton title="the property against its market" ask={ask} />
        </>
      }
    >
      <p className="sub">{of.summary.sentence}</p>
      {of.market && <Market of={of.market} />}
      {shown && known ? (
        <TimeChart
          title={`${shown.title}, ${shown.unit}`}
          step="month"
          decimals={1}
          starts={shown.buckets.map((one) => one.start)}
          lines={[
            { label: 'Property', values: shown.buckets.map((one) => one.property_value) },
            {
              label: of.market?.name ?? 'Market',
              values: shown.buckets.map((one) => one.market_value),
              colour: '--ink-2',
              dashed: true,
            },
          ]}
        />
      ) : (
        <p className="state">There is no history of this metric.</p>
      )}
    </Card>
  );
}

function Market({ of }: { of: NonNullable<MarketPerformance['market']> }) {
  const cautions = of.cautions.map((one) => CAUTIONS[one] ?? one.replaceAll('_', ' '));
  return (
    <p className="sub">
      Benchmark of {month(of.benchmark_date)}, {number(of.sample_size)} buildings, {of.confidence} confidence
      {cautions.length > 0 && `. Take care: ${cautions.join(', ')}`}.
    </p>
  );
}
