/** Cases of cross-entropy with its gradient. */
import { IGNORE } from '../../plan/state.ts';
import type { Case, Family, Fill, Fills, Random } from './case.ts';
import { ADVERSARIAL, coin, int } from './fills.ts';

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
  cross_entropy: (random: Random) => {
    const V = int(random, 1, 400);
    return crossEntropyCase(int(random, 1, 20), V, coin(random), '', coin(random) ? ignoring(V, true) : {});
  },
};

const fills: Family['fills'] = {
  cross_entropy: ({ R, V }) => ({
    targets: { kind: 'integers', below: V },
    weights: { kind: 'constant', value: 1 / R },
  }),
};

export const family: Family = { cases, random, fills };
