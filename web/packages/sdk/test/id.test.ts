import fc from 'fast-check';
import { expect, test } from 'vitest';
import { uuidv7 } from '../src/id';

const UUIDV7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

test('ids sort in the order of their making, whatever the clock does', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 2, maxLength: 50 }), (clock) => {
      const ids = clock.map((ms) => uuidv7(1_700_000_000_000 + ms));
      expect(ids.every((id) => UUIDV7.test(id))).toBe(true);
      expect(ids).toEqual([...ids].sort());
      expect(new Set(ids).size).toBe(ids.length);
    }),
  );
});

test('more ids than one millisecond has room for still sort', () => {
  const ids = Array.from({ length: 10_000 }, () => uuidv7(1_800_000_000_000));
  expect(ids).toEqual([...ids].sort());
});
