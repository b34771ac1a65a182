/** Cases of what works row by row: softmax, layernorm, cross_entropy and their gradients. */
import { IGNORE } from '../../plan/state.ts';
import { layernorm } from '../../reference/layernorm.ts';
import { softmax } from '../../reference/softmax.ts';
import type { Options } from '../op.ts';
import type { Case, Family, Fill, Fills, Random } from './case.ts';
import { ADVERSARIAL, coin, int, oneOf } from './fills.ts';

/** Rows of probabilities, as a softmax made them. */
const probabilities = (R: number, C: number, random: () => number): Float64Array => {
  const out = Float64Array.from({ length: R * C }, () => 4 * random() - 2);
  softmax({ inp: out, out }, { R, C }, {}, {});
  return out;
};

function softmaxCase(R: number, C: number, options: Options = {}, note?: string, inp?: Fill): Case {
  return { op: 'softmax', dims: { R, C }, options, ...(note ? { note } : {}), ...(inp ? { fills: { inp } } : {}) };
}

function softmaxDinpCase(R: number, C: number, note?: string): Case {
  const out: Fill = { kind: 'make', make: (random) => probabilities(R, C, random) };
  return { op: 'softmax_dinp', dims: { R, C }, fills: { out }, ...(note ? { note } : {}) };
}

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

function crossEntropyCase(R: number, V: number, GRAD: number, note?: string, fills?: Fills, scale = 1): Case {
  const own: Fills = {
    targets: { kind: 'integers', below: V },
    weights: { kind: 'constant', value: 1 / R },
  };
  const c = { op: 'cross_entropy', dims: { R, V }, options: { GRAD }, scalars: { scale }, fills: { ...own, ...fills } };
  return { ...c, ...(note ? { note } : {}) };
}

/** Every other row is ignored; those rows hold NaN where `poisoned`. */
function ignoring(V: number, poisoned: boolean): Fills {
  const logits: Fill = {
    kind: 'make',
    make: (random, filled) =>
      Float64Array.from({ length: V * filled.targets.length }, (_, i) =>
        poisoned && filled.targets[Math.floor(i / V)] >= V ? NaN : 6 * random() - 3,
      ),
  };
  return { targets: { kind: 'values', values: [0, IGNORE, V - 1, V] }, logits };
}

const cases: Case[] = [
  softmaxCase(1, 1, {}, 'one element'),
  softmaxCase(5, 3, {}, 'short rows'),
  softmaxCase(33, 64),
  softmaxCase(64, 32, {}, 'many short rows'),
  softmaxCase(7, 127, {}, 'prime'),
  softmaxCase(3, 1000),
  softmaxCase(2, 4099, {}, 'beyond one pass of registers'),
  softmaxCase(4, 256, {}, 'wide range', { kind: 'normal', sd: 30 }),
  softmaxCase(8, 64, { HALF: 1 }),
  softmaxCase(3, 130, { HALF: 1 }),
  softmaxCase(5, 96, { HALF: 1 }, 'wide range', { kind: 'normal', sd: 5 }),
  ...ADVERSARIAL.map(([note, fill]) => softmaxCase(6, 67, {}, note, fill)),
  softmaxCase(6, 64, {}, 'masked with −1e30', { kind: 'values', values: [1, 2, -1e30, 0.5] }),
  { ...softmaxCase(4, 50257, {}, 'vocabulary of GPT-2'), size: 'wide' },

  softmaxDinpCase(1, 1, 'one element'),
  softmaxDinpCase(5, 3),
  softmaxDinpCase(33, 64),
  softmaxDinpCase(7, 127, 'prime'),
  softmaxDinpCase(64, 16, 'many short rows'),
  softmaxDinpCase(2, 4099),
  { ...softmaxDinpCase(4, 50257, 'vocabulary of GPT-2'), size: 'wide' },

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

  crossEntropyCase(1, 1, 1, 'one class'),
  crossEntropyCase(5, 3, 0),
  crossEntropyCase(5, 3, 1),
  crossEntropyCase(33, 65, 1, 'characters'),
  crossEntropyCase(16, 256, 0, 'bytes'),
  crossEntropyCase(16, 256, 1, 'scaled loss', undefined, 0.125),
  crossEntropyCase(7, 1009, 1, 'prime'),
  crossEntropyCase(2, 4099, 1),
  crossEntropyCase(9, 64, 1, 'own weights, some 0', { weights: { kind: 'values', values: [0.5, 0, 0.25, 1] } }),
  crossEntropyCase(8, 31, 1, 'ignored targets', ignoring(31, false)),
  crossEntropyCase(8, 31, 1, 'ignored rows hold NaN', ignoring(31, true)),
  crossEntropyCase(8, 32, 0, 'ignored rows hold NaN', ignoring(32, true)),
  ...ADVERSARIAL.map(([note, fill]) => crossEntropyCase(6, 67, 1, note, { logits: fill })),
  { ...crossEntropyCase(4, 50257, 1, 'vocabulary of GPT-2'), size: 'wide' },
];

const random = {
  softmax: (random: Random) => {
    const HALF = coin(random);
    const C = int(random, 1, 300);
    return softmaxCase(int(random, 1, 40), HALF ? C + (C % 2) : C, { HALF });
  },
  softmax_dinp: (random: Random) => softmaxDinpCase(int(random, 1, 40), int(random, 1, 300)),
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
  cross_entropy: (random: Random) => {
    const V = int(random, 1, 400);
    return crossEntropyCase(int(random, 1, 20), V, coin(random), '', coin(random) ? ignoring(V, true) : {});
  },
};

export const rowsFamily: Family = { cases, random };
