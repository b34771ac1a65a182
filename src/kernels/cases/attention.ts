/** Cases of attention, its gradient and its weights. */
import { attention } from '../../reference/attention.ts';
import type { Dims, Options } from '../op.ts';
import type { Case, Family, Fill, Fills, Random } from './case.ts';
import { coin, int, oneOf, ropeFill, stateFill } from './fills.ts';

const FULL = { MASK: 0 };
const CAUSAL = { MASK: 1 };
const PREFIX = { MASK: 2 };

/** B T NH HS, and where they differ NKV and S. */
function shape(B: number, T: number, NH: number, HS: number, more: { NKV?: number; S?: number } = {}): Dims {
  return { B, T, S: more.S ?? T, NH, NKV: more.NKV ?? NH, HS };
}

/** spans: a prefix of 0 to T keys, 1 to S valid keys. */
function spansFill({ B, T, S }: Dims): Fill {
  return {
    kind: 'make',
    make: (random) => Array.from({ length: B }, () => [int(random, 0, T), int(random, 1, S)]).flat(),
  };
}

/** `out` or `lse` as the forward pass leaves them for the backward pass. */
function forwardFill(dims: Dims, options: Options, port: 'out' | 'lse'): Fill {
  const { B, T, NH, HS } = dims;
  return {
    kind: 'make',
    make: (_random, filled) => {
      const made = { out: new Float64Array(B * T * NH * HS), lse: new Float64Array(B * NH * T) };
      const { qkv, kv, spans } = filled;
      attention({ qkv, kv, spans, ...made }, dims, { ...options, GATE: 0, SAVE_LSE: 1 }, {});
      return made[port];
    },
  };
}

function forward(dims: Dims, options: Options, note?: string, fills: Fills = {}): Case {
  return { op: 'attention', dims, options, fills: { spans: spansFill(dims), ...fills }, ...(note ? { note } : {}) };
}

function backward(dims: Dims, options: Options, note?: string, fills: Fills = {}): Case {
  const [out, lse] = [forwardFill(dims, options, 'out'), forwardFill(dims, options, 'lse')];
  return {
    op: 'attention_dqkv',
    dims,
    options,
    fills: { spans: spansFill(dims), out, lse, ...fills },
    ...(note ? { note } : {}),
  };
}

function weights(dims: Dims, options: Options, note?: string, fills: Fills = {}): Case {
  return { ...forward(dims, options, note, fills), op: 'attention_weights' };
}

/** The masks and shapes that forward and backward share. */
const shared: readonly (readonly [Dims, Options, string?])[] = [
  [shape(1, 1, 1, 4), CAUSAL, 'one token'],
  [shape(1, 5, 1, 4), CAUSAL],
  [shape(1, 33, 2, 8), CAUSAL],
  [shape(2, 17, 3, 16), CAUSAL, 'odd T'],
  [shape(1, 64, 1, 16), CAUSAL, 'whole tiles'],
  [shape(1, 37, 1, 48), CAUSAL],
  [shape(1, 35, 2, 64), CAUSAL],
  [shape(1, 19, 1, 128), CAUSAL],
  [shape(1, 6, 3, 1), CAUSAL, 'head size 1'],
  [shape(2, 9, 2, 5), CAUSAL, 'odd head size'],
  [shape(1, 5, 1, 255), CAUSAL, 'odd head size'],
  [shape(1, 21, 4, 8, { NKV: 2 }), CAUSAL, 'grouped queries'],
  [shape(2, 13, 6, 16, { NKV: 2 }), CAUSAL, 'grouped queries'],
  [shape(1, 18, 4, 8, { NKV: 1 }), CAUSAL, 'one key head'],
  [shape(2, 31, 2, 16), FULL],
  [shape(1, 70, 1, 8), FULL, 'T beyond one tile'],
  [shape(3, 23, 2, 8), { ...FULL, PADDED: 1 }, 'padded'],
  [shape(2, 29, 2, 16), { ...CAUSAL, PADDED: 1 }, 'causal and padded'],
  [shape(3, 26, 2, 8), PREFIX, 'prefix'],
  [shape(2, 34, 1, 16), { ...PREFIX, PADDED: 1 }, 'prefix and padded'],
  [shape(2, 7, 2, 8, { S: 19 }), { ...FULL, CROSS: 1 }, 'cross'],
  [shape(1, 40, 2, 16, { S: 3 }), { ...FULL, CROSS: 1 }, 'cross, few keys'],
  [shape(2, 11, 4, 8, { S: 37, NKV: 2 }), { ...FULL, CROSS: 1, PADDED: 1 }, 'cross, padded, grouped'],
];

const equal: Fills = { qkv: { kind: 'constant', value: 0.5 } };
// scores of some hundreds: one key takes all, and exp must not overflow on the way
const outlier: Fills = { qkv: { kind: 'outlier', value: 100 } };
const spread: Fills = { qkv: { kind: 'normal', sd: 2.5 } };
// every query sees the first key alone
const single: Fills = { spans: { kind: 'values', values: [0, 1] } };

const cases: Case[] = [
  ...shared.map(([dims, options, note]) => forward(dims, { ...options, SAVE_LSE: 1 }, note)),
  forward(shape(1, 25, 2, 8), CAUSAL, 'no lse'),
  forward(shape(1, 22, 4, 16), { ...CAUSAL, GATE: 1 }, 'heads that can be switched off', {
    gate: { kind: 'values', values: [1, 0, 0.5, -1] },
  }),
  forward(shape(2, 9, 2, 8, { S: 12 }), { ...FULL, CROSS: 1, GATE: 1, SAVE_LSE: 1 }, 'cross and gate'),
  forward(shape(1, 33, 2, 16), { ...CAUSAL, HALF: 1 }),
  forward(shape(1, 20, 4, 64, { NKV: 2 }), { ...CAUSAL, HALF: 1, SAVE_LSE: 1 }, 'grouped queries'),
  forward(shape(2, 17, 1, 8), { ...FULL, PADDED: 1, HALF: 1 }),
  forward(shape(1, 12, 2, 8, { S: 21 }), { ...FULL, CROSS: 1, HALF: 1 }),
  forward(shape(1, 33, 2, 16), { ...CAUSAL, SAVE_LSE: 1 }, 'all equal', equal),
  forward(shape(1, 33, 2, 16), { ...CAUSAL, SAVE_LSE: 1 }, 'one outlier 100', outlier),
  forward(shape(1, 33, 2, 16), { ...CAUSAL, SAVE_LSE: 1 }, 'wide range', spread),
  forward(shape(2, 18, 2, 8), { ...FULL, PADDED: 1, SAVE_LSE: 1 }, 'one valid key', single),
  { ...forward(shape(1, 256, 2, 32), { ...CAUSAL, SAVE_LSE: 1 }), size: 'wide' },

  ...shared.map(([dims, options, note]) => backward(dims, options, note)),
  backward(shape(2, 21, 5, 8, { NKV: 2 }), CAUSAL, 'groups of 2 and 3 heads'),
  backward(shape(1, 33, 2, 16), CAUSAL, 'all equal', equal),
  backward(shape(2, 18, 2, 8), { ...FULL, PADDED: 1 }, 'one valid key', single),
  { ...backward(shape(1, 256, 2, 32), CAUSAL), size: 'wide' },

  weights(shape(1, 1, 1, 4), CAUSAL, 'one token'),
  weights(shape(2, 17, 2, 8), CAUSAL),
  weights(shape(1, 33, 1, 16), CAUSAL),
  weights(shape(2, 7, 2, 9), CAUSAL, 'odd head size'),
  weights(shape(1, 13, 4, 8, { NKV: 2 }), CAUSAL, 'grouped queries'),
  weights(shape(2, 16, 2, 4), FULL),
  weights(shape(2, 15, 2, 8), { ...FULL, PADDED: 1 }, 'padded'),
  weights(shape(2, 15, 2, 8), PREFIX, 'prefix'),
  weights(shape(2, 12, 1, 8), { ...PREFIX, PADDED: 1 }, 'prefix and padded'),
  weights(shape(2, 5, 2, 8, { S: 11 }), { ...FULL, CROSS: 1 }, 'cross'),
  weights(shape(2, 5, 4, 8, { S: 11, NKV: 2 }), { ...FULL, CROSS: 1, PADDED: 1 }, 'cross, padded, grouped'),
  weights({ ...shape(1, 1, 4, 16), S: 32 }, { CACHED: 1 }, 'cache, position 19', stateFill({ pos: 19 })),
  weights({ ...shape(1, 1, 4, 8, { NKV: 2 }), S: 24 }, { CACHED: 1 }, 'cache, position 0', stateFill({ pos: 0 })),
  weights({ ...shape(1, 1, 2, 64), S: 70 }, { CACHED: 1 }, 'cache, full', stateFill({ pos: 69 })),
  weights({ ...shape(1, 1, 4, 8, { NKV: 2 }), S: 24 }, { CACHED: 1, ROPE: 1 }, 'cache, rotated pairs', {
    ...stateFill({ pos: 11 }),
    ...ropeFill(24, 8),
  }),
  weights({ ...shape(1, 1, 2, 12), S: 9 }, { CACHED: 1, ROPE: 2 }, 'cache, rotated halves', {
    ...stateFill({ pos: 8 }),
    ...ropeFill(9, 12),
  }),
  weights(shape(1, 20, 2, 16), CAUSAL, 'one outlier 100', outlier),
];

function randomShape(random: Random): { dims: Dims; options: Options } {
  const CROSS = coin(random) * coin(random);
  const options = { MASK: CROSS ? 0 : int(random, 0, 2), PADDED: coin(random), CROSS };
  const NKV = int(random, 1, 2);
  const T = int(random, 1, 40);
  const HS = oneOf(random, [1, 2, 4, 6, 8, 11, 16, 24, 32]);
  const dims = shape(int(random, 1, 2), T, NKV * int(random, 1, 3), HS, { NKV, S: CROSS ? int(random, 1, 40) : T });
  return { dims, options };
}

const random = {
  attention: (random: Random) => {
    const { dims, options } = randomShape(random);
    return forward(dims, { ...options, GATE: coin(random), SAVE_LSE: coin(random), HALF: coin(random) });
  },
  attention_dqkv: (random: Random) => {
    const { dims, options } = randomShape(random);
    return backward(dims, options);
  },
  attention_weights: (random: Random) => {
    const { dims, options } = randomShape(random);
    if (coin(random)) return weights(dims, options);
    const S = int(random, 1, 60);
    return weights({ ...dims, B: 1, T: 1, S }, { CACHED: 1 }, '', stateFill({ pos: int(random, 0, S - 1) }));
  },
};

const fills: Family['fills'] = {
  attention_dqkv: (dims, options) => ({
    out: forwardFill(dims, options, 'out'),
    lse: forwardFill(dims, options, 'lse'),
  }),
};

export const family: Family = { cases, random, fills };
