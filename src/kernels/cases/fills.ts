/** Ways to fill ports that several families share, and small helpers for random cases. */
import { STATE } from '../../plan/state.ts';
import { bitsOf } from '../../reference/bits.ts';
import type { Dims } from '../op.ts';
import type { Fill, Fills, Random } from './case.ts';

/** A whole number from `low` to `high`, both included. */
export function int(random: Random, low: number, high: number): number {
  return low + Math.floor(random() * (high - low + 1));
}

export function oneOf<T>(random: Random, list: readonly T[]): T {
  return list[int(random, 0, list.length - 1)];
}

/** 1 or 0, even odds. */
export function coin(random: Random): number {
  return random() < 0.5 ? 0 : 1;
}

/** The next even number: rows in f16 have even length, as every real model has them, so that two values share a word. */
export const even = (n: number): number => n + (n % 2);

/** Lengths of vectors around the sizes of a workgroup. */
export const LENGTHS = [1, 3, 64, 255, 256, 1000, 4099];

/** A length of some order of magnitude. */
export const someLength = (random: Random): number => int(random, 1, oneOf(random, [8, 300, 3000]));

/** N(0, 1), Box and Muller. */
export function gauss(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Inputs that break careless kernels: name for the case's note, and the fill. */
export const ADVERSARIAL: readonly (readonly [note: string, fill: Fill])[] = [
  ['mean 1e3', { kind: 'normal', mean: 1e3 }],
  ['one outlier 1e4', { kind: 'outlier', value: 1e4 }],
  ['all equal', { kind: 'constant', value: 2.5 }],
  ['tiny', { kind: 'normal', sd: 1e-30 }],
  ['plus and minus', { kind: 'values', values: [3, -3] }],
];

/** What a state buffer holds, by meaning; see src/plan/state.ts. */
export interface StateWords {
  readonly pos?: number;
  readonly token?: number;
  readonly count?: number;
  readonly seed?: number;
  readonly temperature?: number;
  readonly topK?: number;
  readonly topP?: number;
  readonly length?: number;
  readonly step?: number;
}

/** The 16 words of a state buffer. */
export function stateWords(state: StateWords): Uint32Array {
  const words = new Uint32Array(STATE.WORDS);
  words[STATE.POS] = state.pos ?? 0;
  words[STATE.TOKEN] = state.token ?? 0;
  words[STATE.COUNT] = state.count ?? 0;
  words[STATE.SEED] = state.seed ?? 0;
  words[STATE.TEMPERATURE] = bitsOf(state.temperature ?? 0);
  words[STATE.TOP_K] = state.topK ?? 0;
  words[STATE.TOP_P] = bitsOf(state.topP ?? 1);
  words[STATE.LENGTH] = state.length ?? 0;
  words[STATE.STEP] = state.step ?? 0;
  return words;
}

/** A state for each sequence or row. */
export const stateFill = (...states: readonly StateWords[]): Fills => ({
  state: { kind: 'make', make: () => states.flatMap((state) => [...stateWords(state)]) },
});

/** States in the middle of a context: long enough to count, short enough to be typical; one for each sequence or row. */
export const typicalState = ({ TMAX = 2, T = 1, V = 2, B = 1, R = B }: Dims): Fills => {
  const state = { pos: Math.floor(TMAX / 2), length: T, token: Math.floor(V / 3) };
  return stateFill(...Array.from({ length: R }, () => state));
};

/** The table of rotary angles t·base^(−2i/HS): TMAX rows of HS/2 pairs (cos, sin). */
export function ropeTable(TMAX: number, HS: number, base = 10000): Float64Array {
  const table = new Float64Array(TMAX * HS);
  for (let t = 0; t < TMAX; t++) {
    for (let i = 0; i < HS / 2; i++) {
      const angle = t * base ** ((-2 * i) / HS);
      table[t * HS + 2 * i] = Math.cos(angle);
      table[t * HS + 2 * i + 1] = Math.sin(angle);
    }
  }
  return table;
}

export const ropeFill = (TMAX: number, HS: number): Fills => ({
  rope: { kind: 'make', make: () => ropeTable(TMAX, HS) },
});
