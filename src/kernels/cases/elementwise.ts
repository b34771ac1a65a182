/** Cases of ops on single elements. */
import type { Options, Scalars } from '../op.ts';
import type { Case, Family, Random } from './case.ts';
import { coin, int, LENGTHS, someLength, stateFill, typicalState } from './fills.ts';

function flat(op: string, N: number, scalars: Scalars): Case {
  return { op, dims: { N }, scalars };
}

function dropout(N: number, rate: number, step: number, options: Options = {}): Case {
  return {
    op: 'dropout',
    dims: { N, SALT: 7 },
    options,
    scalars: { rate },
    fills: stateFill({ seed: 1234, step }),
    note: `step ${step}`,
  };
}

const cases: Case[] = [
  ...LENGTHS.map((N, i) => flat('add', N, { alpha: 1, beta: [1, -1, 0.5, 0][i % 4] })),
  flat('add', 130, { alpha: -2, beta: 0.25 }),
  ...LENGTHS.map((N, i) => flat('fill', N, { value: [0, 1, -0.125][i % 3] })),

  dropout(1, 0.5, 0),
  dropout(64, 0.1, 1),
  dropout(1000, 0.1, 2, { RESIDUAL: 1 }),
  dropout(255, 0.5, 3, { RESIDUAL: 1 }),
  dropout(4099, 0.2, 4),
  dropout(256, 0, 5),
  { ...dropout(70_001, 0.1, 6), size: 'wide' },
];

const random = {
  add: (random: Random) => flat('add', someLength(random), { alpha: 2 * random() - 1, beta: 2 * random() - 1 }),
  fill: (random: Random) => flat('fill', someLength(random), { value: 2 * random() - 1 }),
  dropout: (random: Random) =>
    dropout(someLength(random), 0.9 * random(), int(random, 0, 1000), { RESIDUAL: coin(random) }),
};

const fills: Family['fills'] = {
  dropout: typicalState,
};

export const family: Family = { cases, random, fills };
