/** What is known of an engine's answers. */

/** What a check's note tells: the instance that was right; what was wrong; that there was nothing to check; how many golden tokens. */
export type CheckTold = 'case' | 'wrong' | 'elsewhere' | 'no-case' | 'golden';

export interface Check {
  /** The kernel, as `op/variant`, or `golden tokens`. */
  readonly what: string;
  readonly ok: boolean;
  /** In English. */
  readonly note: string;
  /** What the note tells, for other languages; absent in old recordings. */
  readonly told?: CheckTold | undefined;
  /** Golden tokens that were compared. */
  readonly tokens?: number | undefined;
}

/** One step down: from a kernel, or `golden tokens`, to what replaces it: a kernel, `f32` or `CPU`. */
export interface StepDown {
  readonly from: string;
  readonly to: string;
  /** What was wrong, in English. */
  readonly problem: string;
}

/** What was checked on this device before its answers were trusted. */
export interface Verification {
  readonly ok: boolean;
  /** One per kernel in use, and one for the golden tokens. */
  readonly checks: readonly Check[];
  readonly seconds: number;
  /** `matvec/subgroup → matvec/naive: wrong at out[17]`, in the order in which they happened. */
  readonly steppedDown: readonly string[];
  /** The same as data. */
  readonly steps?: readonly StepDown[] | undefined;
}
