/** Cases of the curves of an MLP and their gradients. */
import type { Options } from '../op.ts';
import type { Case, Family, Fill, Random } from './case.ts';
import { coin, int, LENGTHS, someLength } from './fills.ts';

function flat(op: string, N: number, options: Options, note?: string, inp?: Fill): Case {
  return { op, dims: { N }, options, ...(note ? { note } : {}), ...(inp ? { fills: { inp } } : {}) };
}

function rows(op: string, R: number, C: number, options: Options = {}, note?: string, inp?: Fill): Case {
  return { op, dims: { R, C }, options, ...(note ? { note } : {}), ...(inp ? { fills: { inp } } : {}) };
}

// far tails: tanh and erf saturate, x³ must not overflow, gates of ±90 would overflow a careless exp
const TAILS: Fill = { kind: 'values', values: [0, -0.5, 0.5, -3, 3, -6, 6, -20, 20, -90, 90, 1e-20, -1e4, 1e4] };

const cases: Case[] = [
  ...LENGTHS.map((N, i) => flat('gelu', N, { ERF: i % 2 })),
  flat('gelu', 70, { ERF: 0 }, 'far tails', TAILS),
  flat('gelu', 70, { ERF: 1 }, 'far tails', TAILS),
  ...LENGTHS.map((N, i) => flat('gelu_dinp', N, { ERF: i % 2 })),
  flat('gelu_dinp', 70, { ERF: 0 }, 'far tails', TAILS),
  flat('gelu_dinp', 70, { ERF: 1 }, 'far tails', TAILS),

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
];

const random = {
  gelu: (random: Random) => flat('gelu', someLength(random), { ERF: coin(random) }),
  gelu_dinp: (random: Random) => flat('gelu_dinp', someLength(random), { ERF: coin(random) }),
  silu_mul: (random: Random) => rows('silu_mul', int(random, 1, 30), int(random, 1, 100)),
  silu_mul_dinp: (random: Random) => rows('silu_mul_dinp', int(random, 1, 30), int(random, 1, 100)),
};

export const family: Family = { cases, random };
