/** Cases of the ops that only decoding needs, and of rope. */
import type { Dims, Options } from '../op.ts';
import type { Case, Family, Fill, Fills, Random } from './case.ts';
import { coin, gauss, int, oneOf, ropeFill, stateFill, typicalState } from './fills.ts';

/** Positions of B sequences: the first at `pos`, each other some places before the one before it. */
const positions = ({ B, TMAX }: Dims, pos: number): number[] =>
  Array.from({ length: B }, (_, b) => (((pos - 3 * b) % TMAX) + TMAX) % TMAX);

function decode(dims: Dims, pos: number, options: Options = {}, note?: string, fills: Fills = {}): Case {
  const states = positions(dims, pos).map((p) => ({ pos: p }));
  const own = { ...stateFill(...states), ...ropeFill(dims.TMAX, dims.HS), ...fills };
  return { op: 'attention_decode', dims, options, fills: own, note: `position ${pos}${note ? `, ${note}` : ''}` };
}

const shape = (NH: number, NKV: number, HS: number, TMAX: number, B = 1): Dims => ({ B, NH, NKV, HS, TMAX });

/** A cache whose rows from `pos` on hold NaN: nothing of them may leak into the result. */
function unwritten(dims: Dims, pos: number): Fills {
  const { NKV, TMAX, HS } = dims;
  const at = positions(dims, pos);
  const one = (b: number, random: Random) =>
    Array.from({ length: NKV * TMAX * HS }, (_, i) => (Math.floor(i / HS) % TMAX < at[b] ? gauss(random) : NaN));
  const cache: Fill = { kind: 'make', make: (random) => at.flatMap((_, b) => one(b, random)) };
  return { cache_k: cache, cache_v: cache };
}

function kvWrite(T: number, NH: number, NKV: number, HS: number, TMAX: number, HALF = 0, B = 1): Case {
  return { op: 'kv_write', dims: { B, T, NH, NKV, HS, TMAX }, options: { HALF } };
}

function rope(B: number, T: number, NH: number, NKV: number, HS: number, TMAX: number, options: Options): Case {
  return { op: 'rope', dims: { B, T, NH, NKV, HS, TMAX }, options, fills: ropeFill(TMAX, HS) };
}

/** `lengths` of the sequences. */
function lastRow(T: number, C: number, ...lengths: readonly number[]): Case {
  const fills = stateFill(...lengths.map((length) => ({ length })));
  return { op: 'last_row', dims: { B: lengths.length, T, C }, fills, note: `lengths ${lengths.join(', ')}` };
}

const cases: Case[] = [
  decode(shape(1, 1, 4, 1), 0),
  decode(shape(2, 2, 8, 16), 0),
  decode(shape(4, 4, 16, 64), 37),
  decode(shape(4, 4, 16, 64), 63, {}, 'last place'),
  decode(shape(3, 3, 48, 33), 20),
  decode(shape(2, 2, 64, 100), 77),
  decode(shape(1, 1, 128, 40), 21),
  decode(shape(2, 1, 6, 19), 12, {}, 'head size 6'),
  decode(shape(2, 2, 1, 5), 3, {}, 'head size 1'),
  decode(shape(4, 2, 5, 7), 6, { GATE: 1 }, 'odd head size, last place'),
  decode(shape(1, 1, 255, 3), 1, {}, 'odd head size'),
  decode(shape(4, 2, 16, 32), 17, {}, 'grouped queries'),
  decode(shape(6, 2, 8, 50), 49, { ROPE: 1 }, 'grouped queries'),
  decode(shape(4, 4, 16, 32), 9, { ROPE: 1 }),
  decode(shape(4, 2, 64, 32), 30, { ROPE: 2 }),
  decode(shape(2, 2, 8, 32), 0, { ROPE: 2 }),
  decode(shape(4, 4, 16, 32), 13, { GATE: 1 }, 'heads switched off', {
    gate: { kind: 'values', values: [1, 0, 0.5, -1] },
  }),
  decode(shape(4, 4, 16, 64), 37, { HALF: 1 }),
  decode(shape(4, 2, 64, 32), 30, { HALF: 1, ROPE: 2, GATE: 1 }),
  decode(shape(2, 2, 6, 9), 4, { HALF: 1, ROPE: 2 }, 'head size 6'),
  decode(shape(3, 3, 9, 7), 3, { HALF: 1 }, 'rows that share words'),
  decode(shape(3, 3, 11, 1), 0, { HALF: 1 }, 'heads that share words'),
  decode(shape(4, 2, 16, 64), 37, {}, 'cache unwritten beyond', unwritten(shape(4, 2, 16, 64), 37)),
  decode(shape(2, 2, 8, 32), 0, { ROPE: 1 }, 'cache unwritten', unwritten(shape(2, 2, 8, 32), 0)),
  decode(shape(2, 2, 16, 48), 40, {}, 'one outlier 100', { qkv: { kind: 'outlier', value: 100 } }),
  decode(shape(2, 2, 16, 48), 40, {}, 'all equal', {
    qkv: { kind: 'constant', value: 0.5 },
    cache_k: { kind: 'constant', value: 0.5 },
  }),
  decode(shape(2, 2, 8, 16, 3), 11, {}, 'three sequences'),
  decode(
    shape(4, 2, 16, 32, 5),
    20,
    { ROPE: 2, GATE: 1 },
    'five sequences, caches unwritten beyond',
    unwritten(shape(4, 2, 16, 32, 5), 20),
  ),
  decode(shape(3, 3, 64, 40, 2), 33, { ROPE: 1 }, 'two sequences'),
  decode(shape(3, 1, 16, 24, 4), 9, { HALF: 1 }, 'four sequences'),
  decode(shape(2, 1, 9, 7, 3), 6, { HALF: 1 }, 'sequences that share words'),
  decode(shape(1, 1, 5, 1, 3), 0, {}, 'three sequences of one token'),
  { ...decode(shape(4, 4, 64, 1024), 1000, {}, 'long cache'), size: 'wide' },

  kvWrite(1, 1, 1, 4, 1),
  kvWrite(5, 2, 2, 8, 16),
  kvWrite(16, 4, 2, 16, 16),
  kvWrite(33, 6, 3, 6, 40),
  kvWrite(7, 4, 1, 64, 12),
  kvWrite(5, 2, 2, 8, 16, 1),
  kvWrite(9, 4, 2, 6, 11, 1),
  kvWrite(3, 2, 2, 1, 5),
  kvWrite(4, 4, 2, 5, 6),
  kvWrite(2, 1, 1, 255, 3),
  kvWrite(3, 2, 2, 1, 5, 1),
  kvWrite(3, 6, 3, 9, 5, 1),
  kvWrite(1, 3, 3, 11, 1, 1),
  kvWrite(5, 4, 2, 8, 9, 0, 3),
  kvWrite(4, 2, 2, 16, 4, 1, 2),
  kvWrite(3, 3, 3, 5, 5, 1, 3),

  rope(1, 1, 1, 1, 2, 1, { ROPE: 1 }),
  rope(1, 5, 2, 2, 8, 5, { ROPE: 1 }),
  rope(2, 9, 4, 2, 16, 32, { ROPE: 1 }),
  rope(2, 9, 4, 2, 16, 32, { ROPE: 1, BACKWARD: 1 }),
  rope(1, 33, 3, 3, 48, 64, { ROPE: 2 }),
  rope(2, 7, 4, 1, 64, 8, { ROPE: 2, BACKWARD: 1 }),
  rope(3, 4, 2, 1, 6, 4, { ROPE: 2 }),

  lastRow(1, 1, 1),
  lastRow(5, 7, 5),
  lastRow(16, 64, 1),
  lastRow(33, 48, 17),
  lastRow(8, 131, 7),
  lastRow(4, 300, 3),
  lastRow(9, 20, 4, 9, 1),
  lastRow(6, 7, 2, 5),
];

const random = {
  attention_decode: (random: Random) => {
    const NKV = int(random, 1, 3);
    const TMAX = int(random, 1, 90);
    const HS = oneOf(random, [1, 4, 5, 8, 9, 10, 16, 20, 32, 64]);
    const dims = shape(NKV * int(random, 1, 3), NKV, HS, TMAX, int(random, 1, 3));
    const pos = int(random, 0, TMAX - 1);
    const ROPE = dims.HS % 2 ? 0 : int(random, 0, 2);
    const options = { ROPE, GATE: coin(random), HALF: coin(random) };
    return decode(dims, pos, options, '', coin(random) ? unwritten(dims, pos) : {});
  },
  kv_write: (random: Random) => {
    const NKV = int(random, 1, 3);
    const T = int(random, 1, 30);
    const HS = oneOf(random, [1, 2, 4, 6, 8, 9, 16, 32]);
    return kvWrite(T, NKV * int(random, 1, 3), NKV, HS, T + int(random, 0, 9), coin(random), int(random, 1, 3));
  },
  rope: (random: Random) => {
    const NKV = int(random, 1, 3);
    const T = int(random, 1, 30);
    const HS = oneOf(random, [2, 4, 6, 8, 16, 32]);
    const options = { ROPE: int(random, 1, 2), BACKWARD: coin(random) };
    return rope(int(random, 1, 2), T, NKV * int(random, 1, 3), NKV, HS, T + int(random, 0, 9), options);
  },
  last_row: (random: Random) => {
    const T = int(random, 1, 40);
    const lengths = Array.from({ length: int(random, 1, 3) }, () => int(random, 1, T));
    return lastRow(T, int(random, 1, 200), ...lengths);
  },
};

const fills: Family['fills'] = {
  attention_decode: typicalState,
  last_row: typicalState,
};

export const family: Family = { cases, random, fills };
