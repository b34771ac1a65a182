/** Cases of matmul. */
import type { Options } from '../op.ts';
import type { Case, Family, Fills, Random } from './case.ts';
import { coin, even, int } from './fills.ts';

const NN = {};
const NT = { TB: 1 };
const TN = { TA: 1 };

function matmul(Z: number, M: number, N: number, K: number, options: Options, note?: string, fills?: Fills): Case {
  return { op: 'matmul', dims: { Z, M, N, K }, options, ...(note ? { note } : {}), ...(fills ? { fills } : {}) };
}

const positive = { kind: 'uniform', low: 0.5, high: 1.5 } as const;

const cases: Case[] = [
  matmul(1, 1, 1, 1, NN, 'one element'),
  matmul(1, 5, 7, 3, NN, 'smaller than any tile'),
  matmul(1, 5, 7, 3, NT),
  matmul(1, 5, 7, 3, TN),
  matmul(1, 13, 31, 1, NT, 'K = 1'),
  matmul(1, 13, 31, 1, TN, 'K = 1'),
  matmul(1, 37, 41, 53, NN, 'primes'),
  matmul(1, 67, 61, 71, NT, 'primes beyond one tile'),
  matmul(1, 41, 67, 73, TN, 'primes'),
  matmul(1, 64, 64, 64, NN, 'whole tiles'),
  matmul(1, 64, 128, 64, NT, 'whole tiles'),
  matmul(1, 128, 64, 64, TN, 'whole tiles'),
  matmul(1, 1, 97, 64, NT, 'one row'),
  matmul(1, 1, 300, 67, NN, 'one row, whole quads'),
  matmul(1, 1, 97, 64, NN, 'one row, odd N'),
  matmul(1, 1, 133, 41, { ...TN, DBIAS: 1 }, 'one row, odd'),
  matmul(
    1,
    2,
    260,
    30,
    { ...NN, BIAS: 1, GELU: 1, SAVE_PRE: 1, GATE: 1, RESIDUAL: 1 },
    'two rows, everything after the sum',
  ),
  matmul(1, 3, 136, 50, { ...TN, DBIAS: 1, ACCUM: 1 }, 'three rows'),
  matmul(1, 4, 143, 24, { ...NN, DGELU: 2, ACCUM: 1 }, 'four rows, odd N'),
  matmul(3, 4, 40, 24, NN, 'four rows, batched'),
  matmul(3, 2, 10, 7, { ...TN, BSHARED: 1 }, 'two rows, batched, one weight for all'),
  matmul(1, 130, 1, 32, NT, 'one column'),
  matmul(1, 20, 36, 28, NT, 'multiples of 4'),
  matmul(1, 24, 40, 32, NN, 'multiples of 8'),
  matmul(1, 48, 32, 80, TN, 'multiples of 16'),
  matmul(1, 8, 12, 1000, TN, 'long K: many rows into a small weight'),
  matmul(1, 9, 48, 32, { ...NT, BIAS: 1 }),
  matmul(1, 33, 64, 16, { ...NT, BIAS: 1, GELU: 1, SAVE_PRE: 1 }, 'fc of an MLP in training'),
  matmul(1, 33, 35, 17, { ...NT, BIAS: 1, GELU: 2, SAVE_PRE: 1 }, 'erf form, odd'),
  matmul(1, 16, 64, 16, { ...NT, BIAS: 1, GELU: 1 }, 'fc of an MLP in a prefill'),
  matmul(1, 33, 32, 48, { ...NT, BIAS: 1, RESIDUAL: 1 }, 'projection'),
  matmul(1, 17, 19, 23, { ...NT, RESIDUAL: 1 }),
  matmul(1, 16, 32, 64, { ...NT, BIAS: 1, GATE: 1, RESIDUAL: 1 }, 'an MLP that can be switched off'),
  matmul(1, 16, 32, 64, { ...NT, BIAS: 1, GATE: 1, RESIDUAL: 1 }, 'gate 0', { gate: { kind: 'constant', value: 0 } }),
  matmul(1, 33, 64, 32, { ...NN, DGELU: 1 }, 'gradient through an MLP'),
  matmul(1, 15, 27, 21, { ...NN, DGELU: 2 }, 'erf form, odd'),
  matmul(1, 21, 68, 36, { ...NN, DGELU: 2 }, 'erf form, whole quads'),
  matmul(1, 21, 36, 68, { ...NT, BIAS: 1, GELU: 2, SAVE_PRE: 1, GATE: 1, RESIDUAL: 1 }, 'erf form, whole quads'),
  matmul(1, 20, 36, 12, { TA: 1, TB: 1, DBIAS: 1 }, 'both turned, whole quads'),
  matmul(1, 33, 48, 32, { ...NN, ACCUM: 1 }),
  matmul(1, 31, 20, 16, { ...NN, RESIDUAL: 1 }),
  matmul(1, 48, 32, 64, { ...TN, DBIAS: 1 }, 'gradient of a layer'),
  matmul(1, 48, 32, 64, { ...TN, DBIAS: 1, ACCUM: 1 }, 'gradient of a layer, second micro-batch'),
  matmul(1, 19, 13, 129, { ...TN, DBIAS: 1, ACCUM: 1 }, 'odd'),
  matmul(1, 64, 48, 100, { ...TN, ACCUM: 1 }),
  matmul(3, 16, 20, 24, NN, 'batched'),
  matmul(2, 17, 9, 11, NT, 'batched, odd'),
  matmul(2, 8, 12, 33, TN, 'batched'),
  matmul(3, 10, 12, 16, { ...NT, BSHARED: 1 }, 'one weight for all'),
  matmul(2, 7, 9, 5, { ...NN, BSHARED: 1 }, 'one weight for all, odd'),
  matmul(1, 33, 40, 48, { ...NT, B16: 1 }),
  matmul(1, 16, 64, 32, { ...NT, B16: 1, BIAS: 1, GELU: 1 }),
  matmul(1, 16, 32, 64, { ...NT, B16: 1, BIAS: 1, RESIDUAL: 1 }),
  matmul(1, 13, 27, 34, { ...NT, B16: 1 }, 'odd but K'),
  matmul(1, 64, 64, 32, { ...NT, A16: 1, B16: 1 }),
  matmul(1, 21, 33, 18, { ...NT, A16: 1, B16: 1, BIAS: 1 }, 'odd but K'),
  matmul(1, 19, 23, 29, NT, 'mean 1e3', { a: { kind: 'normal', mean: 1e3 }, b: positive }),
  matmul(1, 19, 23, 29, NN, 'mean 1e3', { a: { kind: 'normal', mean: 1e3 }, b: positive }),
  matmul(1, 32, 32, 32, NT, 'one outlier 1e4', { a: { kind: 'outlier', value: 1e4 } }),
  matmul(1, 32, 32, 32, NN, 'one outlier −1e4', { b: { kind: 'outlier', value: -1e4 } }),
  matmul(1, 32, 32, 32, TN, 'all equal', { a: { kind: 'constant', value: 0.1 }, b: { kind: 'constant', value: 0.3 } }),
  matmul(1, 16, 16, 16, NT, 'tiny', { a: { kind: 'normal', sd: 1e-30 } }),
  matmul(1, 16, 16, 16, NT, 'sums that cancel', {
    a: { kind: 'values', values: [3, -3] },
    b: { kind: 'constant', value: 1 },
  }),
  { ...matmul(1, 2, 50257, 32, NT, 'logits of GPT-2'), size: 'wide' },
  { ...matmul(1, 256, 256, 256, NT, 'large enough to fold nothing and fill everything'), size: 'wide' },
];

function randomMatmul(random: Random): Case {
  const [M, N] = [int(random, 1, 70), int(random, 1, 70)];
  const K = int(random, 1, 70);
  const layout = int(random, 0, 2);
  if (layout === 0) {
    const DGELU = int(random, 0, 2);
    const options = { DGELU, RESIDUAL: coin(random), ACCUM: coin(random), BSHARED: coin(random) };
    return matmul(int(random, 1, 2), M, N, K, options);
  }
  if (layout === 1) {
    const GELU = int(random, 0, 2);
    const B16 = coin(random);
    const options: Options = {
      ...NT,
      BIAS: coin(random),
      GELU,
      SAVE_PRE: GELU ? coin(random) : 0,
      GATE: coin(random),
      RESIDUAL: coin(random),
      B16,
      A16: B16 * coin(random),
    };
    return matmul(int(random, 1, 2), M, N, B16 ? even(K) : K, options);
  }
  return matmul(1, M, N, K, { ...TN, DBIAS: coin(random), ACCUM: coin(random) });
}

export const family: Family = { cases, random: { matmul: randomMatmul } };
