/** Cases of layernorm, RMSNorm and their gradient. */
import { layernorm } from '../../reference/layernorm.ts';
import type { Options } from '../op.ts';
import type { Case, Family, Fill, Random } from './case.ts';
import { ADVERSARIAL, coin, int, oneOf } from './fills.ts';

function layernormCase(R: number, C: number, options: Options, note?: string, inp?: Fill): Case {
  const c = { op: 'layernorm', dims: { R, C }, options, scalars: { eps: 1e-5 } };
  return { ...c, ...(note ? { note } : {}), ...(inp ? { fills: { inp } } : {}) };
}

function layernormBwdCase(R: number, C: number, options: Options, note?: string, inp?: Fill): Case {
  const stats: Fill = {
    kind: 'make',
    make: (_random, filled) => {
      const stats = new Float64Array(2 * R);
      const ports = { inp: filled.inp, weight: filled.weight, out: new Float64Array(R * C), stats };
      layernorm(ports, { R, C }, { RMS: options.RMS ?? 0, BIAS: 0, SAVE: 1 }, { eps: 1e-5 });
      return stats;
    },
  };
  return {
    op: 'layernorm_bwd',
    dims: { R, C },
    options,
    fills: { stats, ...(inp ? { inp } : {}) },
    ...(note ? { note } : {}),
  };
}

const cases: Case[] = [
  layernormCase(1, 1, {}, 'one element'),
  layernormCase(5, 3, { SAVE: 1 }),
  layernormCase(33, 64, { SAVE: 1 }),
  layernormCase(64, 48, {}),
  layernormCase(7, 127, { SAVE: 1 }, 'prime'),
  layernormCase(9, 32, { BIAS: 0 }, 'no bias'),
  layernormCase(3, 768, { SAVE: 1 }),
  layernormCase(2, 1601, {}, 'odd and long'),
  layernormCase(33, 64, { RMS: 1, BIAS: 0, SAVE: 1 }),
  layernormCase(5, 37, { RMS: 1, BIAS: 0 }, 'odd'),
  layernormCase(4, 20, { RMS: 1, BIAS: 1, SAVE: 1 }),
  ...ADVERSARIAL.map(([note, fill]) => layernormCase(5, 67, { SAVE: 1 }, note, fill)),
  ...ADVERSARIAL.map(([note, fill]) => layernormCase(4, 64, { RMS: 1, BIAS: 0, SAVE: 1 }, note, fill)),
  layernormCase(8, 64, {}, 'mean 1e3', { kind: 'normal', mean: 1e3 }),

  layernormBwdCase(1, 2, {}, 'two elements'),
  layernormBwdCase(5, 3, {}),
  layernormBwdCase(33, 64, { RESIDUAL: 1 }),
  layernormBwdCase(64, 48, { ACCUM: 1, RESIDUAL: 1 }),
  layernormBwdCase(7, 127, {}, 'prime'),
  layernormBwdCase(9, 32, { BIAS: 0 }, 'no bias'),
  layernormBwdCase(9, 32, { PARAMS: 0, RESIDUAL: 1 }, 'frozen parameters'),
  layernormBwdCase(300, 16, {}, 'many rows'),
  layernormBwdCase(3, 768, { ACCUM: 1 }),
  layernormBwdCase(33, 64, { RMS: 1, BIAS: 0, RESIDUAL: 1 }),
  layernormBwdCase(5, 37, { RMS: 1, BIAS: 0, ACCUM: 1 }, 'odd'),
  layernormBwdCase(6, 20, { RMS: 1, BIAS: 0, PARAMS: 0 }, 'frozen parameters'),
  layernormBwdCase(6, 67, {}, 'mean 1e3', { kind: 'normal', mean: 1e3 }),
];

const random = {
  layernorm: (random: Random) => {
    const options = { RMS: coin(random), BIAS: coin(random), SAVE: coin(random) };
    return layernormCase(int(random, 1, 40), int(random, 2, 300), options);
  },
  layernorm_bwd: (random: Random) => {
    const [RMS, BIAS, RESIDUAL] = [coin(random), coin(random), coin(random)];
    const PARAMS = oneOf(random, [1, 1, 0]);
    const options = { RMS, BIAS, RESIDUAL, PARAMS, ACCUM: PARAMS * coin(random) };
    // two elements leave dinp = 0 up to rounding that 1/σ may blow up; from 4 on random rows are well spread
    return layernormBwdCase(int(random, 1, 40), int(random, 4, 300), options);
  },
};

export const family: Family = { cases, random };
