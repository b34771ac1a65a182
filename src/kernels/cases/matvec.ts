/** Cases of matvec. */
import type { Dims, Options } from '../op.ts';
import type { Case, Family, Fills, Random } from './case.ts';
import { coin, even, int, oneOf } from './fills.ts';

function matvec(M: number, N: number, K: number, options: Options, note?: string, fills?: Fills): Case {
  const c = { op: 'matvec', dims: { M, N, K }, options, scalars: { eps: 1e-5 } };
  return { ...c, ...(note ? { note } : {}), ...(fills ? { fills } : {}) };
}

const cases: Case[] = [
  matvec(1, 1, 1, {}, 'one element'),
  matvec(1, 7, 3, {}, 'smaller than any tile'),
  matvec(1, 64, 64, {}),
  matvec(1, 97, 128, { BIAS: 1 }),
  matvec(1, 101, 53, { BIAS: 1, RESIDUAL: 1 }, 'primes'),
  matvec(1, 192, 64, { NORM: 1, BIAS: 1 }, 'norm and qkv'),
  matvec(1, 256, 64, { NORM: 1, BIAS: 1, GELU: 1 }, 'norm and fc'),
  matvec(1, 33, 35, { NORM: 1, BIAS: 1, GELU: 2 }, 'erf form, odd'),
  matvec(1, 64, 256, { BIAS: 1, GATE: 1, RESIDUAL: 1 }, 'an MLP that can be switched off'),
  matvec(1, 48, 48, { NORM: 2 }, 'Llama qkv'),
  matvec(1, 86, 48, { NORM: 2, GATED: 1 }, 'SwiGLU'),
  matvec(1, 48, 86, { RESIDUAL: 1 }, 'Llama projection'),
  matvec(1, 64, 64, { NORM: 2, GATED: 1, B16: 1 }),
  matvec(1, 97, 64, { B16: 1 }),
  matvec(1, 40, 34, { B16: 1, NORM: 1, BIAS: 1 }, 'K no multiple of 4'),
  matvec(1, 64, 512, { B16: 1, RESIDUAL: 1, BIAS: 1 }),
  matvec(2, 33, 64, { BIAS: 1 }, 'two rows'),
  matvec(5, 40, 48, { NORM: 1, BIAS: 1, GELU: 1 }, 'five rows'),
  matvec(8, 64, 64, { NORM: 2, RESIDUAL: 1, GATE: 1 }, 'eight rows'),
  matvec(3, 24, 20, { NORM: 2, GATED: 1 }, 'three rows'),
  matvec(1, 64, 64, { NORM: 1 }, 'mean 1e3', { inp: { kind: 'normal', mean: 1e3 } }),
  matvec(1, 64, 64, { NORM: 2 }, 'one outlier 1e4', { inp: { kind: 'outlier', value: 1e4 } }),
  matvec(1, 32, 64, {}, 'one outlier 1e4', { inp: { kind: 'outlier', value: 1e4 } }),
  matvec(1, 32, 32, {}, 'all equal', {
    inp: { kind: 'constant', value: 0.1 },
    weight: { kind: 'constant', value: 0.3 },
  }),
  { ...matvec(1, 50257, 64, { NORM: 1 }, 'logits of GPT-2'), size: 'wide' },
];

function randomMatvec(random: Random): Case {
  const GATED = int(random, 0, 3) === 0 ? 1 : 0;
  const B16 = coin(random);
  const options: Options = {
    NORM: int(random, 0, 2),
    GATED,
    // a gated layer has neither bias nor GELU: its up rows would have none
    BIAS: GATED ? 0 : coin(random),
    GELU: GATED ? 0 : int(random, 0, 2),
    GATE: coin(random),
    RESIDUAL: coin(random),
    B16,
  };
  const K = int(random, 2, 130);
  const dims: Dims = { M: oneOf(random, [1, 1, 2, 3, 8]), N: int(random, 1, 130), K: B16 ? even(K) : K };
  return matvec(dims.M, dims.N, dims.K, options);
}

export const family: Family = { cases, random: { matvec: randomMatvec } };
