/** Cases of ops on single elements and plain sums. */
import type { Options, Scalars } from '../op.ts';
import type { Case, Family, Fill, Random } from './case.ts';
import { coin, int, oneOf, stateFill } from './fills.ts';

const LENGTHS = [1, 3, 64, 255, 256, 1000, 4099];

function flat(op: string, N: number, options: Options = {}, scalars: Scalars = {}, note?: string, inp?: Fill): Case {
  return { op, dims: { N }, options, scalars, ...(note ? { note } : {}), ...(inp ? { fills: { inp } } : {}) };
}

function rows(op: string, R: number, C: number, options: Options = {}, note?: string, inp?: Fill): Case {
  return { op, dims: { R, C }, options, ...(note ? { note } : {}), ...(inp ? { fills: { inp } } : {}) };
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

// far tails: tanh and erf saturate, x³ must not overflow, gates of ±90 would overflow a careless exp
const TAILS: Fill = { kind: 'values', values: [0, -0.5, 0.5, -3, 3, -6, 6, -20, 20, -90, 90, 1e-20, -1e4, 1e4] };

const cases: Case[] = [
  ...LENGTHS.map((N, i) => flat('gelu', N, { ERF: i % 2 })),
  flat('gelu', 70, { ERF: 0 }, {}, 'far tails', TAILS),
  flat('gelu', 70, { ERF: 1 }, {}, 'far tails', TAILS),
  ...LENGTHS.map((N, i) => flat('gelu_dinp', N, { ERF: i % 2 })),
  flat('gelu_dinp', 70, { ERF: 0 }, {}, 'far tails', TAILS),
  flat('gelu_dinp', 70, { ERF: 1 }, {}, 'far tails', TAILS),

  rows('silu_mul', 1, 1),
  rows('silu_mul', 5, 3),
  rows('silu_mul', 9, 64),
  rows('silu_mul', 3, 127),
  rows('silu_mul', 16, 172),
  rows('silu_mul', 7, 5, {}, 'far tails', TAILS),
  rows('silu_mul_dinp', 1, 1),
  rows('silu_mul_dinp', 5, 3),
  rows('silu_mul_dinp', 9, 64),
  rows('silu_mul_dinp', 3, 127),
  rows('silu_mul_dinp', 16, 172),
  rows('silu_mul_dinp', 7, 5, {}, 'far tails', TAILS),

  ...LENGTHS.map((N, i) => flat('add', N, {}, { alpha: 1, beta: [1, -1, 0.5, 0][i % 4] })),
  flat('add', 130, {}, { alpha: -2, beta: 0.25 }),
  ...LENGTHS.map((N, i) => flat('fill', N, {}, { value: [0, 1, -0.125][i % 3] })),

  dropout(1, 0.5, 0),
  dropout(64, 0.1, 1),
  dropout(1000, 0.1, 2, { RESIDUAL: 1 }),
  dropout(255, 0.5, 3, { RESIDUAL: 1 }),
  dropout(4099, 0.2, 4),
  dropout(256, 0, 5),
  { ...dropout(70_001, 0.1, 6), size: 'wide' },

  ...LENGTHS.map((N, i) => flat('sum', N, { ACCUM: i % 2 })),
  flat('sum', 300, {}, {}, 'one outlier 1e4', { kind: 'outlier', value: 1e4 }),
  flat('sum', 1000, {}, {}, 'mean 1e3', { kind: 'normal', mean: 1e3 }),
  flat('sum', 1000, {}, {}, 'all equal', { kind: 'constant', value: 0.1 }),
  { ...flat('sum', 300_007), size: 'wide' },

  rows('sum_rows', 1, 1),
  rows('sum_rows', 5, 3),
  rows('sum_rows', 33, 64),
  rows('sum_rows', 64, 48, { ACCUM: 1 }),
  rows('sum_rows', 300, 7),
  rows('sum_rows', 127, 131, { ACCUM: 1 }),
  rows('sum_rows', 64, 16, {}, 'mean 1e3', { kind: 'normal', mean: 1e3 }),
];

const length = (random: Random) => int(random, 1, oneOf(random, [8, 300, 3000]));

const random = {
  gelu: (random: Random) => flat('gelu', length(random), { ERF: coin(random) }),
  gelu_dinp: (random: Random) => flat('gelu_dinp', length(random), { ERF: coin(random) }),
  silu_mul: (random: Random) => rows('silu_mul', int(random, 1, 30), int(random, 1, 100)),
  silu_mul_dinp: (random: Random) => rows('silu_mul_dinp', int(random, 1, 30), int(random, 1, 100)),
  add: (random: Random) => flat('add', length(random), {}, { alpha: 2 * random() - 1, beta: 2 * random() - 1 }),
  fill: (random: Random) => flat('fill', length(random), {}, { value: 2 * random() - 1 }),
  dropout: (random: Random) =>
    dropout(length(random), 0.9 * random(), int(random, 0, 1000), { RESIDUAL: coin(random) }),
  sum: (random: Random) => flat('sum', length(random), { ACCUM: coin(random) }),
  sum_rows: (random: Random) => rows('sum_rows', int(random, 1, 200), int(random, 1, 100), { ACCUM: coin(random) }),
};

export const elementwiseFamily: Family = { cases, random };
