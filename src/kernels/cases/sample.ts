/** Cases of sample and top_n. */
import { pick, settingsOf } from '../../reference/sample.ts';
import type { Case, Family, Fill, Random } from './case.ts';
import { coin, int, oneOf, stateWords, type StateWords } from './fills.ts';

const WIDE: Fill = { kind: 'normal', sd: 3 };

/**
 * State words whose draw and whose top-p cut lie clear of every edge: f32 sums and this f64 reference then agree on the token, as
 * the tolerance 0 of `sample` asks. A few seeds, each with top-p moved a little, nearly always hold one; else the best is taken.
 */
function clearState(settings: StateWords): Fill {
  return {
    kind: 'make',
    make: (random, { logits }) => {
      let best = stateWords(settings);
      let margin = -1;
      for (let i = 0; i < 50 && margin < 2e-3; i++) {
        const topP = settings.topP === undefined ? 1 : settings.topP * (1 - 0.02 * random());
        const words = stateWords({ ...settings, topP, seed: Math.floor(random() * 2 ** 32) });
        const found = pick(logits, settingsOf(words)).margin;
        if (found <= margin) continue;
        margin = found;
        best = words;
      }
      return best;
    },
  };
}

function sample(V: number, settings: StateWords, note?: string, logits: Fill = WIDE, H = 8): Case {
  const said = Object.entries(settings).map(([k, v]) => `${k} ${v}`);
  const state = clearState(settings);
  const history: Fill = { kind: 'integers', below: V };
  return {
    op: 'sample',
    dims: { V, H },
    fills: { logits, state, history },
    note: [...said, ...(note ? [note] : [])].join(', '),
  };
}

function topN(V: number, N: number, note?: string, logits: Fill = WIDE): Case {
  return { op: 'top_n', dims: { V, N }, fills: { logits }, ...(note ? { note } : {}) };
}

const TIES: Fill = { kind: 'values', values: [1, 3, 3, 2, 3] };
const EQUAL: Fill = { kind: 'constant', value: 0.5 };

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
    return sample(V, settings, '', WIDE, int(random, 1, 9));
  },
  top_n: (random: Random) => {
    const V = int(random, 1, 300);
    return topN(V, int(random, 1, Math.min(V, 16)));
  },
};

export const family: Family = { cases, random };
