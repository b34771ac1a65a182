/** Parameters as a table: names, shapes, how they start, whether decay applies. Sizes and places derive from it. */

/**
 * A tensor that a program learns, and how it begins.
 *
 * @example
 * const up: Parameter = { name: 'up', shape: [128, 32], init: 0.02, matrix: true };
 */
export interface Parameter {
  readonly name: string;
  /** Sizes from slowest to fastest varying; a matrix is (out, in). */
  readonly shape: readonly number[];
  /** Standard deviation of the initial normal values; `ones` and `zeros` as named. */
  readonly init: number | 'ones' | 'zeros';
  /** Whether weight decay applies: to matrices, not to vectors. */
  readonly matrix: boolean;
  /** This many first rows start at zero, regardless of `init`. */
  readonly blank?: number;
}

/** Weights (out, in) of a linear layer, without a bias. */
export const matrix = (name: string, shape: readonly number[], init: number | 'zeros' = 0.02): Parameter => ({
  name,
  shape,
  init,
  matrix: true,
});

/** A bias or a norm's scale. */
export const vector = (name: string, n: number, init: 'ones' | 'zeros'): Parameter => ({
  name,
  shape: [n],
  init,
  matrix: false,
});

/** The two parameters of a linear layer (OC C). */
export const linearParameters = (
  name: string,
  out: number,
  inp: number,
  init: number | 'zeros' = 0.02,
): Parameter[] => [matrix(`${name}.weight`, [out, inp], init), vector(`${name}.bias`, out, 'zeros')];

/** The same table for a stack of its own: `encoder.h.0.ln_1.weight`, … */
export const prefixed = (prefix: string, parameters: readonly Parameter[]): Parameter[] =>
  parameters.map((p) => ({ ...p, name: `${prefix}${p.name}` }));

/** Initial deviations scaled so that what starts at GPT-2's 0.02 starts at `deviation`: narrow models learn faster at 0.05–0.1. */
export const withDeviation = (parameters: readonly Parameter[], deviation: number): Parameter[] =>
  parameters.map((p) => (typeof p.init === 'number' ? { ...p, init: (p.init * deviation) / 0.02 } : p));
