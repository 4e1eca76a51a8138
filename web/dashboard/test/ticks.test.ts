import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DISTANCES, marked, type Step } from '../src/marks/ticks';

const MIDNIGHT = Date.UTC(2026, 0, 1) / 1000;
const DAY = 86_400;

test('hours are told after the day that they are of', () => {
  const marks = [0, 6, 12, 18, 24].map((hours) => MIDNIGHT + hours * 3600);
  expect(marked('hour', marks)).toEqual(['1 Jan', '06:00', '12:00', '18:00', '2 Jan']);
});

test.each([
  ['day', 'a day', DAY],
  ['hour', 'an hour', 3600],
  ['month', 'a month', 30 * DAY],
] as const)('marks of buckets by %s are never closer than %s', (step, _, least) => {
  expect(Math.min(...DISTANCES[step])).toBe(least);
});

test('within a day and across days no two neighbours read the same', () => {
  const steps = fc.constantFrom<Step>('day', 'hour');
  fc.assert(
    fc.property(steps, fc.nat(400), fc.nat(7), (step, start, which) => {
      const distance = DISTANCES[step][which] as number;
      const marks = marked(
        step,
        [0, 1, 2, 3].map((at) => MIDNIGHT + start * DAY + at * distance),
      );
      for (const [at, mark] of marks.entries()) expect(mark).not.toBe(marks[at + 1]);
    }),
  );
});
