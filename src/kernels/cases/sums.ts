/** Cases of plain sums. */
import type { Options } from '../op.ts';
import type { Case, Family, Fill, Random } from './case.ts';
import { coin, int, LENGTHS, someLength } from './fills.ts';

function sum(N: number, options: Options = {}, note?: string, inp?: Fill): Case {
  return { op: 'sum', dims: { N }, options, ...(note ? { note } : {}), ...(inp ? { fills: { inp } } : {}) };
}

function sumRows(R: number, C: number, options: Options = {}, note?: string, inp?: Fill): Case {
  return { op: 'sum_rows', dims: { R, C }, options, ...(note ? { note } : {}), ...(inp ? { fills: { inp } } : {}) };
}

const cases: Case[] = [
  ...LENGTHS.map((N, i) => sum(N, { ACCUM: i % 2 })),
  sum(300, {}, 'one outlier 1e4', { kind: 'outlier', value: 1e4 }),
  sum(1000, {}, 'mean 1e3', { kind: 'normal', mean: 1e3 }),
  sum(1000, {}, 'all equal', { kind: 'constant', value: 0.1 }),
  { ...sum(300_007), size: 'wide' },

  sumRows(1, 1),
  sumRows(5, 3),
  sumRows(33, 64),
  sumRows(64, 48, { ACCUM: 1 }),
  sumRows(300, 7),
  sumRows(127, 131, { ACCUM: 1 }),
  sumRows(64, 16, {}, 'mean 1e3', { kind: 'normal', mean: 1e3 }),
];

const random = {
  sum: (random: Random) => sum(someLength(random), { ACCUM: coin(random) }),
  sum_rows: (random: Random) => sumRows(int(random, 1, 200), int(random, 1, 100), { ACCUM: coin(random) }),
};

export const family: Family = { cases, random };
