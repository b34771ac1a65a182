/** A case record: one instance of an op with its inputs described, not stored. */
import type { Dims, Options, Scalars } from '../op.ts';

/** Numbers in [0, 1), the same for the same seed. */
export type Random = () => number;

/**
 * How a port is filled before a run. `normal` N(0,1) is the default for f32 inputs; outputs are poisoned (NaN bits) before the run,
 * and `inout` ports that an option makes real inputs (ACCUM) are filled like inputs.
 */
export type Fill =
  | { readonly kind: 'normal'; readonly mean?: number; readonly sd?: number }
  | { readonly kind: 'uniform'; readonly low: number; readonly high: number }
  | { readonly kind: 'integers'; readonly below: number }
  | { readonly kind: 'constant'; readonly value: number }
  /** These, over and over. */
  | { readonly kind: 'values'; readonly values: readonly number[] }
  /** Normal, and one element is `value`. */
  | { readonly kind: 'outlier'; readonly value: number }
  /**
   * Computed: `order`/`starts` of tokens, `lse` of qkv, `rope` tables, `stats` of rows, state words. `filled` holds the ports
   * before this one in the op's order.
   */
  | {
      readonly kind: 'make';
      /** The numbers of the port; those of the ports before it are in `filled`. */
      readonly make: (
        random: Random,
        filled: Readonly<Record<string, Float32Array | Uint32Array>>,
      ) => ArrayLike<number>;
    };

export type Fills = Readonly<Record<string, Fill>>;

/**
 * An op instance with its inputs: what tests check and benchmarks time.
 *
 * @example
 * const own: Case = { op: 'gelu', dims: { N: 1000 }, note: 'not a multiple of 64' };
 */
export interface Case {
  readonly op: string;
  readonly dims: Dims;
  readonly options?: Options;
  readonly scalars?: Scalars;
  readonly fills?: Fills;
  /** What is special here, for the test's name. */
  readonly note?: string;
  /** `small`: default suite on every adapter; `wide`: V = 50 257 and the like, run where fast enough and in CI. */
  readonly size?: 'small' | 'wide';
}

/** The cases of some ops and, by op name, a maker of small random ones. */
export interface Family {
  readonly cases: readonly Case[];
  readonly random: Readonly<Record<string, (random: Random) => Case>>;
  /** By op name, what the bench fills an instance of any size with, where N(0, 1) does not serve. */
  readonly fills?: Readonly<Record<string, (dims: Dims, options: Options) => Fills>>;
}

/** `matmul Z=1 M=5 N=7 K=3 TB=1 BIAS=1 — note`: the case's name is its parameters. */
export function caseName(c: Case): string {
  const set = Object.entries(c.options ?? {}).filter(([, v]) => v !== 0);
  const words = [...Object.entries(c.dims), ...set, ...Object.entries(c.scalars ?? {})].map(([k, v]) => `${k}=${v}`);
  return `${c.op} ${words.join(' ')}${c.note ? ` — ${c.note}` : ''}`;
}
