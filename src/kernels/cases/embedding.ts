/** Cases of the embedding and its gradients. */
import type { Options } from '../op.ts';
import type { Case, Family, Fill, Random } from './case.ts';
import { coin, int, stateFill, typicalState } from './fills.ts';

interface Sizes {
  readonly R: number;
  readonly T: number;
  readonly C: number;
  readonly V: number;
  readonly TMAX?: number;
}

function embedding({ R, T, C, V, TMAX = T }: Sizes, options: Options = {}, note?: string, below = V): Case {
  const tokens: Fill = { kind: 'integers', below };
  return { op: 'embedding', dims: { R, T, C, V, TMAX }, options, fills: { tokens }, ...(note ? { note } : {}) };
}

/** R rows: the first reads `token` at `pos`, each other the next token at the position before. */
function decoding(C: number, V: number, TMAX: number, token: number, pos: number, options: Options, R = 1): Case {
  const dims = { R, T: 1, C, V, TMAX };
  const states = Array.from({ length: R }, (_, r) => ({ token: (token + r) % V, pos: Math.max(0, pos - r) }));
  const note = `token ${token} at ${pos}${R > 1 ? ' and further rows' : ''}`;
  return { op: 'embedding', dims, options: { DECODE: 1, ...options }, fills: stateFill(...states), note };
}

/** Rows in some order, cut into V runs: what a counting sort of R tokens below `used` leaves. */
function dweight(R: number, C: number, V: number, ACCUM: number, note?: string, used = V): Case {
  const order: Fill = {
    kind: 'make',
    make: (random) => {
      const rows = Uint32Array.from({ length: R }, (_, i) => i);
      for (let i = R - 1; i > 0; i--) {
        const j = int(random, 0, i);
        [rows[i], rows[j]] = [rows[j], rows[i]];
      }
      return rows;
    },
  };
  const starts: Fill = {
    kind: 'make',
    make: (random) => {
      const counts = new Uint32Array(V + 1);
      for (let r = 0; r < R; r++) counts[int(random, 0, used - 1) + 1]++;
      for (let v = 0; v < V; v++) counts[v + 1] += counts[v];
      return counts;
    },
  };
  return {
    op: 'embedding_dweight',
    dims: { R, C, V },
    options: { ACCUM },
    fills: { order, starts },
    ...(note ? { note } : {}),
  };
}

function dpos(B: number, T: number, C: number, TMAX: number, ACCUM: number): Case {
  return { op: 'embedding_dpos', dims: { B, T, C, TMAX }, options: { ACCUM } };
}

const cases: Case[] = [
  embedding({ R: 1, T: 1, C: 1, V: 1 }, {}, 'one element'),
  embedding({ R: 5, T: 5, C: 3, V: 7 }),
  embedding({ R: 34, T: 17, C: 64, V: 65, TMAX: 32 }, { POS: 1 }),
  embedding({ R: 33, T: 33, C: 48, V: 100 }, { POS: 1 }, 'full length'),
  embedding({ R: 14, T: 7, C: 131, V: 50, TMAX: 9 }, { POS: 1 }, 'prime'),
  embedding({ R: 40, T: 20, C: 16, V: 8 }, {}, 'some tokens are no ids', 12),
  embedding({ R: 16, T: 16, C: 32, V: 65 }, { B16: 1, POS: 1 }),
  embedding({ R: 9, T: 9, C: 6, V: 11 }, { B16: 1 }),
  decoding(64, 65, 32, 17, 5, { POS: 1 }),
  decoding(48, 100, 16, 99, 0, {}),
  decoding(35, 20, 16, 3, 15, { POS: 1 }),
  decoding(32, 20, 16, 19, 15, { POS: 1, B16: 1 }),
  decoding(24, 30, 12, 28, 4, { POS: 1 }, 5),
  decoding(7, 11, 9, 3, 8, { POS: 1 }, 3),
  { ...embedding({ R: 16, T: 16, C: 16, V: 50257 }, { POS: 1 }, 'vocabulary of GPT-2'), size: 'wide' },

  dweight(1, 1, 1, 0, 'one element'),
  dweight(5, 3, 7, 0),
  dweight(34, 64, 65, 0),
  dweight(34, 64, 65, 1, 'tied head'),
  dweight(130, 16, 3, 0, 'long runs'),
  dweight(40, 31, 50, 1, 'all rows one token', 1),
  dweight(16, 48, 300, 0, 'most tokens absent'),
  { ...dweight(32, 16, 50257, 0, 'vocabulary of GPT-2'), size: 'wide' },

  dpos(1, 1, 1, 1, 0),
  dpos(3, 5, 7, 5, 0),
  dpos(4, 16, 64, 32, 0),
  dpos(4, 16, 64, 32, 1),
  dpos(2, 33, 48, 40, 1),
  dpos(7, 9, 131, 9, 0),
];

const random = {
  embedding: (random: Random) => {
    const [C, V] = [int(random, 1, 100), int(random, 1, 80)];
    const options = { POS: coin(random), B16: coin(random) };
    const even = options.B16 ? C + (C % 2) : C;
    const TMAX = int(random, 1, 40);
    if (coin(random))
      return decoding(even, V, TMAX, int(random, 0, V - 1), int(random, 0, TMAX - 1), options, int(random, 1, 3));
    const T = int(random, 1, TMAX);
    return embedding({ R: T * int(random, 1, 3), T, C: even, V, TMAX }, options);
  },
  embedding_dweight: (random: Random) =>
    dweight(int(random, 1, 100), int(random, 1, 100), int(random, 1, 80), coin(random)),
  embedding_dpos: (random: Random) => {
    const T = int(random, 1, 30);
    return dpos(int(random, 1, 4), T, int(random, 1, 100), T + int(random, 0, 9), coin(random));
  },
};

const fills: Family['fills'] = {
  embedding: (dims) => ({ tokens: { kind: 'integers', below: dims.V }, ...typicalState(dims) }),
  // rows shared out over the V tokens in order, as a counting sort leaves them
  embedding_dweight: ({ R, V }) => ({
    order: { kind: 'make', make: () => Uint32Array.from({ length: R }, (_, r) => r) },
    starts: { kind: 'make', make: () => Uint32Array.from({ length: V + 1 }, (_, v) => Math.floor((v * R) / V)) },
  }),
};

export const family: Family = { cases, random, fills };
