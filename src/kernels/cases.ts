/** One list of case records serves the reference's gradient check, the kernel tests, the bench and the playground. */
import type { Dims, Options, Scalars } from './op.ts';

/**
 * How a port is filled before a run. `normal` N(0,1) is the default for f32 inputs; outputs are poisoned (NaN bits) before the run,
 * and `inout` ports that an option makes real inputs (ACCUM) are filled like inputs.
 */
export type Fill =
  | { readonly kind: 'normal'; readonly mean?: number; readonly sd?: number }
  | { readonly kind: 'uniform'; readonly low: number; readonly high: number }
  | { readonly kind: 'integers'; readonly below: number }
  | { readonly kind: 'constant'; readonly value: number }
  | { readonly kind: 'values'; readonly values: readonly number[] }
  /** Normal, and one element is `value`. */
  | { readonly kind: 'outlier'; readonly value: number }
  /** Computed from the case: `order`/`starts` of tokens, `lse` of qkv, `rope` tables, `stats` of rows, state words. */
  | { readonly kind: 'make'; readonly make: (random: () => number, filled: Readonly<Record<string, ArrayLike<number>>>) => ArrayLike<number> };

export interface Case {
  readonly op: string;
  readonly dims: Dims;
  readonly options?: Options;
  readonly scalars?: Scalars;
  readonly fills?: Readonly<Record<string, Fill>>;
  /** What is special here, for the test's name. */
  readonly note?: string;
  /** `small`: default suite on every adapter; `wide`: V = 50 257 and the like, run where fast enough and in CI. */
  readonly size?: 'small' | 'wide';
}

/** `matmul Z=1 M=5 N=7 K=3 TB=1 BIAS=1 — note`: the case's name is its parameters. */
export function caseName(c: Case): string {
  const set = Object.entries(c.options ?? {}).filter(([, v]) => v !== 0);
  const words = [...Object.entries(c.dims), ...set].map(([k, v]) => `${k}=${v}`);
  return `${c.op} ${words.join(' ')}${c.note ? ` — ${c.note}` : ''}`;
}
