import fc from 'fast-check';
import { expect, test } from 'vitest';
import { led } from '../src/query/roving';

const TRIANGLE = [[1, 2, 3, 4], [1, 2, 3], [1, 2], [1]];

test('arrows lead along a row and end at its ends', () => {
  expect(led(TRIANGLE, { row: 1, place: 0 }, 'ArrowRight')).toEqual({ row: 1, place: 1 });
  expect(led(TRIANGLE, { row: 1, place: 2 }, 'ArrowRight')).toBeNull();
  expect(led(TRIANGLE, { row: 1, place: 0 }, 'ArrowLeft')).toBeNull();
  expect(led(TRIANGLE, { row: 1, place: 1 }, 'End')).toEqual({ row: 1, place: 2 });
  expect(led(TRIANGLE, { row: 1, place: 1 }, 'Home')).toEqual({ row: 1, place: 0 });
});

test('up and down lead to the nearest figure of the next row', () => {
  expect(led(TRIANGLE, { row: 0, place: 3 }, 'ArrowDown')).toEqual({ row: 1, place: 2 });
  expect(led(TRIANGLE, { row: 2, place: 1 }, 'ArrowUp')).toEqual({ row: 1, place: 1 });
  expect(
    led(
      [
        [3, 5, 7],
        [1, 5],
      ],
      { row: 0, place: 2 },
      'ArrowDown',
    ),
  ).toEqual({ row: 1, place: 1 });
  expect(led(TRIANGLE, { row: 3, place: 0 }, 'ArrowDown')).toBeNull();
  expect(led(TRIANGLE, { row: 0, place: 0 }, 'ArrowUp')).toBeNull();
});

test('other keys lead nowhere', () => {
  for (const key of ['Tab', 'Enter', ' ', 'a', 'PageDown']) expect(led(TRIANGLE, { row: 0, place: 0 }, key)).toBeNull();
});

test('from every figure arrows reach every other, and none leads out of the table', () => {
  const rows = fc.array(
    fc
      .uniqueArray(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 5 })
      .map((some) => some.sort((a, b) => a - b)),
    { minLength: 1, maxLength: 6 },
  );
  fc.assert(
    fc.property(rows, (columns) => {
      const reached = new Set(['0 0']);
      const ahead = [{ row: 0, place: 0 }];
      for (let spot = ahead.pop(); spot; spot = ahead.pop())
        for (const key of ['ArrowUp', 'ArrowDown', 'ArrowLeft', 'ArrowRight']) {
          const next = led(columns, spot, key);
          if (!next || reached.has(`${next.row} ${next.place}`)) continue;
          expect(columns[next.row]?.[next.place]).toBeDefined();
          reached.add(`${next.row} ${next.place}`);
          ahead.push(next);
        }
      expect(reached.size).toBe(columns.flat().length);
    }),
  );
});
