/** Cases of sample and top_n. */
import { isSound, pick, settingsOf } from '../../reference/sample.ts';
import type { Dims } from '../op.ts';
import type { Case, Family, Fill, Random } from './case.ts';
import { coin, gauss, int, oneOf, stateWords, type StateWords } from './fills.ts';

const WIDE: Fill = { kind: 'normal', sd: 3 };

/** How often a state is tried, and the margin that is enough. */
const TRIES = 50;
const CLEAR = 2e-3;

/** Words for one row of logits: a few seeds, each with top-p moved a little, nearly always hold a clear draw; else the best is taken. */
function clearWords(logits: Float32Array, settings: StateWords, random: Random): Uint32Array {
  let best = stateWords({ ...settings, seed: Math.floor(random() * 2 ** 32) });
  if (!isSound(logits)) return best;
  let margin = -1;
  for (let i = 0; i < TRIES && margin < CLEAR; i++) {
    const topP = settings.topP === undefined ? 1 : settings.topP * (1 - 0.02 * random());
    const words = stateWords({ ...settings, topP, seed: Math.floor(random() * 2 ** 32) });
    const found = pick(logits, settingsOf(words)).margin;
    if (found <= margin) continue;
    margin = found;
    best = words;
  }
  return best;
}

/**
 * A state per row whose draw and whose top-p cut lie clear of every edge: f32 sums and this f64 reference then agree on the token, as
 * the tolerance 0 of `sample` asks. Rows differ in their seeds, positions and counts.
 */
function clearStates({ R, V }: Dims, settings: StateWords): Fill {
  return {
    kind: 'make',
    make: (random, { logits }) =>
      Array.from({ length: R }, (_, r) => {
        const { pos = 0, count = 0 } = settings;
        const own = { ...settings, pos: pos + r, count: count + 3 * r };
        return [...clearWords((logits as Float32Array).subarray(r * V, (r + 1) * V), own, random)];
      }).flat(),
  };
}

interface Shape {
  readonly R?: number;
  readonly H?: number;
}

function sample(
  V: number,
  settings: StateWords,
  note?: string,
  logits: Fill = WIDE,
  { R = 1, H = 8 }: Shape = {},
): Case {
  const said = Object.entries(settings).map(([k, v]) => `${k} ${v}`);
  const dims = { R, V, H };
  const history: Fill = { kind: 'integers', below: V };
  return {
    op: 'sample',
    dims,
    fills: { logits, state: clearStates(dims, settings), history },
    note: [...said, ...(note ? [note] : [])].join(', '),
  };
}

function topN(V: number, N: number, note?: string, logits: Fill = WIDE, R = 1): Case {
  return { op: 'top_n', dims: { R, V, N }, fills: { logits }, ...(note ? { note } : {}) };
}

const TIES: Fill = { kind: 'values', values: [1, 3, 3, 2, 3] };
const EQUAL: Fill = { kind: 'constant', value: 0.5 };
/** Half of the vocabulary is forbidden. */
const MASKED: Fill = { kind: 'values', values: [-Infinity, 1, -Infinity, 3, 2.5, -Infinity] };
const one = (value: number): Fill => ({ kind: 'outlier', value });
/** Rows of 40: sound, NaN, sound, +∞, all −∞, sound. */
const MIXED: Fill = {
  kind: 'make',
  make: (random) => {
    const logits = Float64Array.from({ length: 6 * 40 }, () => 3 * gauss(random));
    logits[40 + 17] = NaN;
    logits[3 * 40 + 39] = Infinity;
    return logits.fill(-Infinity, 4 * 40, 5 * 40);
  },
};

const cases: Case[] = [
  sample(1, { temperature: 1 }, 'one token'),
  sample(65, { temperature: 0 }, 'greedy'),
  sample(65, { temperature: 0, pos: 4, count: 11 }, 'history goes round'),
  sample(40, { temperature: 0 }, 'ties', TIES),
  sample(40, { temperature: 0 }, 'all equal', EQUAL),
  sample(65, { temperature: 1, pos: 3, count: 2 }),
  sample(257, { temperature: 0.7, pos: 9 }),
  sample(257, { temperature: 1, topK: 5 }),
  sample(40, { temperature: 1, topK: 7 }, 'ties across the cut', TIES),
  sample(64, { temperature: 1, topK: 10 }, 'all equal', EQUAL),
  sample(131, { temperature: 1.5, topK: 1 }),
  sample(50, { temperature: 1, topK: 100 }, 'more than there are'),
  sample(257, { temperature: 1, topP: 0.9 }),
  sample(257, { temperature: 1, topP: 0.01 }, 'the largest stays'),
  sample(40, { temperature: 1, topP: 0.5 }, 'ties across the cut', TIES),
  sample(1000, { temperature: 0.8, topK: 40, topP: 0.9, pos: 20 }),
  sample(65, { temperature: 1, length: 12, pos: 11 }, 'after a prompt'),
  sample(65, { temperature: 0, length: 3, pos: 2, count: 7 }, 'after a prompt, greedy'),
  sample(300, { temperature: 1, topK: 20 }, 'one outlier 1e4', { kind: 'outlier', value: 1e4 }),
  sample(300, { temperature: 1, topP: 0.9 }, 'mean 1e3', { kind: 'normal', mean: 1e3, sd: 3 }),
  sample(65, { temperature: 0 }, 'rows, greedy', WIDE, { R: 5, H: 3 }),
  sample(65, { temperature: 1, pos: 2, count: 9 }, 'rows', WIDE, { R: 33 }),
  sample(64, { temperature: 0.8, topK: 9, topP: 0.9 }, 'rows of whole vec4', WIDE, { R: 4 }),
  sample(250, { temperature: 1, topP: 0.8 }, 'rows', WIDE, { R: 3 }),
  sample(67, { temperature: 1, topK: 70, topP: 0.7 }, 'rows', WIDE, { R: 6 }),
  sample(41, { temperature: 1, topK: 6 }, 'rows with ties', TIES, { R: 3 }),
  sample(48, { temperature: 0 }, 'some −∞, greedy', MASKED),
  sample(48, { temperature: 1 }, 'some −∞', MASKED),
  sample(48, { temperature: 1, topK: 30 }, 'some −∞ within top-k', MASKED),
  sample(47, { temperature: 0.5, topP: 0.9 }, 'some −∞', MASKED, { R: 3 }),
  sample(65, { temperature: 0 }, 'NaN, greedy', one(NaN)),
  sample(257, { temperature: 1, topK: 5 }, 'NaN', one(NaN)),
  sample(100, { temperature: 0.7, topP: 0.9 }, 'NaN', one(NaN), { R: 2 }),
  sample(64, { temperature: 0 }, '+∞, greedy', one(Infinity)),
  sample(257, { temperature: 1, topK: 70 }, '+∞', one(Infinity)),
  sample(30, { temperature: 1 }, 'all −∞', { kind: 'constant', value: -Infinity }),
  sample(30, { temperature: 0 }, 'all NaN', { kind: 'constant', value: NaN }),
  sample(40, { temperature: 0.9, topP: 0.95 }, 'sound rows among others', MIXED, { R: 6 }),
  { ...sample(50257, { temperature: 0 }, 'greedy'), size: 'wide' },
  { ...sample(50257, { temperature: 1, pos: 5 }), size: 'wide' },
  { ...sample(50257, { temperature: 0.8, topK: 40, topP: 0.9, pos: 6 }), size: 'wide' },
  { ...sample(50257, { temperature: 0.4, topP: 0.9, pos: 7 }), size: 'wide' },

  topN(1, 1, 'one token'),
  topN(65, 1, 'argmax'),
  topN(65, 10),
  topN(257, 5),
  topN(1009, 16),
  topN(8, 8, 'all of them'),
  topN(40, 12, 'ties', TIES),
  topN(64, 6, 'all equal', EQUAL),
  topN(300, 8, 'mean 1e3', { kind: 'normal', mean: 1e3 }),
  topN(300, 8, 'one outlier 1e4', { kind: 'outlier', value: 1e4 }),
  topN(65, 3, 'rows', WIDE, 9),
  topN(64, 5, 'rows of whole vec4', WIDE, 6),
  topN(250, 4, 'rows', WIDE, 3),
  topN(41, 12, 'rows with ties', TIES, 3),
  topN(48, 30, 'more than is above −∞', MASKED),
  { ...topN(50257, 10, 'vocabulary of GPT-2'), size: 'wide' },
];

const random = {
  sample: (random: Random) => {
    const V = int(random, 1, 300);
    const pos = int(random, 0, 50);
    const settings = {
      temperature: oneOf(random, [0, 0.5, 1, 1.5]),
      pos,
      count: int(random, 0, 20),
      topK: coin(random) ? int(random, 1, V) : 0,
      topP: coin(random) ? 0.3 + 0.65 * random() : 1,
      length: pos + 1,
    };
    return sample(V, settings, '', WIDE, { R: int(random, 1, 4), H: int(random, 1, 9) });
  },
  top_n: (random: Random) => {
    const V = int(random, 1, 300);
    return topN(V, int(random, 1, Math.min(V, 16)), '', WIDE, int(random, 1, 4));
  },
};

const fills: Family['fills'] = {
  sample: (dims) => ({
    logits: WIDE,
    state: clearStates(dims, { temperature: 0.8, topK: 40, topP: 0.9, pos: 20 }),
    history: { kind: 'integers', below: dims.V },
  }),
};

export const family: Family = { cases, random, fills };
