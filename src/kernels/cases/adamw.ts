/** Cases of the optimizer. Gradients, moments and rates have the sizes they have in training: its tolerance is made for these. */
import { HYPER } from '../../plan/state.ts';
import type { Case, Family, Fill, Fills, Random } from './case.ts';
import { int, oneOf } from './fills.ts';

function gradNorm(N: number, note?: string, grads?: Fill): Case {
  return { op: 'grad_norm', dims: { N }, ...(note ? { note } : {}), ...(grads ? { fills: { grads } } : {}) };
}

/** The values of `hyper` at training step `t`, counted from 1. */
function hyperAt(t: number, maxNorm: number): number[] {
  const hyper = new Array<number>(HYPER.WORDS).fill(0);
  hyper[HYPER.LR] = 1e-3;
  hyper[HYPER.BETA1] = 0.9;
  hyper[HYPER.BETA2] = 0.95;
  hyper[HYPER.EPS] = 1e-8;
  hyper[HYPER.DECAY] = 0.1;
  hyper[HYPER.CORRECTION1] = 1 / (1 - 0.9 ** t);
  hyper[HYPER.CORRECTION2] = 1 / (1 - 0.95 ** t);
  hyper[HYPER.MAX_NORM] = maxNorm;
  return hyper;
}

interface Situation {
  /** Training step, counted from 1; moments are 0 in the first. */
  readonly t?: number;
  readonly maxNorm?: number;
  readonly norm?: number;
  readonly bad?: number;
}

function fillsIn({ t = 10, maxNorm = 0, norm = 1, bad = 0 }: Situation): Fills {
  return {
    grads: { kind: 'normal', sd: 0.01 },
    norm: { kind: 'values', values: [norm, bad, 0, 0] },
    hyper: { kind: 'values', values: hyperAt(t, maxNorm) },
    params: { kind: 'normal', sd: 0.1 },
    m: t === 1 ? { kind: 'constant', value: 0 } : { kind: 'normal', sd: 0.005 },
    v: t === 1 ? { kind: 'constant', value: 0 } : { kind: 'uniform', low: 1e-6, high: 1e-4 },
  };
}

function adamw(N: number, ND: number, situation: Situation = {}, note?: string): Case {
  const { t = 10 } = situation;
  return { op: 'adamw', dims: { N, ND }, fills: fillsIn(situation), note: `step ${t}${note ? `, ${note}` : ''}` };
}

// every component of the first step is ±lr but where the gradient is near eps; exact zeros must stay put
const zeros: Fill = { kind: 'values', values: [0, 0.01, 0, -0.02] };

const cases: Case[] = [
  gradNorm(1),
  gradNorm(3),
  gradNorm(64),
  gradNorm(1000),
  gradNorm(4099),
  gradNorm(20_000, 'many'),
  gradNorm(300, 'all zero', { kind: 'constant', value: 0 }),
  gradNorm(300, 'one outlier 1e4', { kind: 'outlier', value: 1e4 }),
  gradNorm(300, 'small', { kind: 'normal', sd: 1e-6 }),
  gradNorm(70, 'a gradient is not a number', { kind: 'values', values: [1, 2, 3, 4, 5, 6, NaN] }),
  gradNorm(70, 'a gradient is infinite', { kind: 'values', values: [1, 2, 3, 4, 5, 6, -Infinity] }),
  { ...gradNorm(1_000_003), size: 'wide' },

  adamw(1, 1),
  adamw(3, 2),
  adamw(64, 64, { t: 1 }),
  adamw(1000, 600),
  adamw(1000, 0, {}, 'no decay'),
  adamw(4099, 4097, { t: 1000 }),
  adamw(255, 100, { maxNorm: 1, norm: 7.5 }, 'clipped'),
  adamw(255, 100, { maxNorm: 1, norm: 0.5 }, 'not clipped'),
  adamw(130, 64, { bad: 1 }, 'a gradient was not a number: nothing changes'),
  (() => {
    const c = adamw(64, 0, { t: 1 }, 'some gradients 0');
    return { ...c, fills: { ...c.fills, grads: zeros } };
  })(),
  { ...adamw(300_007, 200_003), size: 'wide' },
];

const random = {
  grad_norm: (random: Random) => gradNorm(int(random, 1, oneOf(random, [8, 300, 9000]))),
  adamw: (random: Random) => {
    const N = int(random, 1, oneOf(random, [8, 300, 3000]));
    return adamw(N, int(random, 0, N), { t: int(random, 1, 200), maxNorm: oneOf(random, [0, 1]), norm: 3 * random() });
  },
};

const fills: Family['fills'] = { adamw: () => fillsIn({}) };

export const family: Family = { cases, random, fills };
