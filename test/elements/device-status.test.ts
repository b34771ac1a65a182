/** Memory as slices of one bar. */
import { expect, test } from 'vitest';
import { slicesOf } from '../../src/elements/device-status/memory.ts';

test('the largest by name, equal names together, the small ones as one', () => {
  const arenas = [
    { name: 'params', bytes: 600 },
    { name: 'work of decode', bytes: 100 },
    { name: 'work of decode', bytes: 100 },
    { name: 'cache', bytes: 190 },
    { name: 'state', bytes: 4 },
    { name: 'gates', bytes: 6 },
  ];
  const { slices, held, full } = slicesOf({ arenas, limit: 2000 });
  expect([held, full]).toEqual([1000, 2000]);
  expect(slices.map(({ name, bytes }) => [name, bytes])).toEqual([
    ['params', 600],
    ['work of decode', 200],
    ['cache', 190],
    ['', 10],
  ]);
  expect(slices.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(0.5);
  expect(slicesOf({ arenas, limit: 500 }).full).toBe(1000);
  expect(slicesOf({ arenas: [], limit: 0 }).slices).toEqual([]);
});
