/** Cases of softmax and its gradient. */
import { softmax } from '../../reference/softmax.ts';
import type { Options } from '../op.ts';
import type { Case, Family, Fill, Random } from './case.ts';
import { ADVERSARIAL, coin, int } from './fills.ts';

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
];

const random = {
  softmax: (random: Random) => {
    const HALF = coin(random);
    const C = int(random, 1, 300);
    return softmaxCase(int(random, 1, 40), HALF ? C + (C % 2) : C, { HALF });
  },
  softmax_dinp: (random: Random) => softmaxDinpCase(int(random, 1, 40), int(random, 1, 300)),
};

export const family: Family = { cases, random };
