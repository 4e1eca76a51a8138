export type Step = 'month' | 'day' | 'hour';

const HOUR = 3600;
const DAY = 24 * HOUR;
const MONTH = 30 * DAY; // from here on the chart counts calendar months

/** How far apart the marks under a chart may be: never closer than its buckets. [s] */
export const DISTANCES: Record<Step, number[]> = {
  month: [1, 2, 3, 6, 12, 24, 60].map((months) => months * MONTH),
  day: [...[1, 2, 3, 7, 14].map((days) => days * DAY), ...[1, 2, 3, 6, 12].map((months) => months * MONTH)],
  hour: [...[1, 2, 3, 6, 12].map((hours) => hours * HOUR), ...[1, 2, 3, 7, 14].map((days) => days * DAY)],
};

const dates = (options: Intl.DateTimeFormatOptions) => {
  const format = new Intl.DateTimeFormat('en-GB', { ...options, timeZone: 'UTC' });
  return (seconds: number) => format.format(seconds * 1000);
};
const byDay = dates({ day: 'numeric', month: 'short' });
const byMonth = dates({ month: 'short', year: '2-digit' });
const byHour = dates({ hour: '2-digit', minute: '2-digit' });

/** What stands at the marks, no two alike: months, days, or hours after the day they are of. [s since 1970] */
export const marked = (step: Step, instants: readonly number[]): string[] =>
  instants.map((at) => (step === 'month' ? byMonth(at) : step === 'hour' && at % DAY ? byHour(at) : byDay(at)));
