/** What is known of an engine's answers. */

/** What was checked on this device before its answers were trusted. */
export interface Verification {
  readonly ok: boolean;
  /** One per kernel in use, and one for the golden tokens. */
  readonly checks: readonly { readonly what: string; readonly ok: boolean; readonly note: string }[];
  readonly seconds: number;
  /** `matvec/subgroup → matvec/naive: wrong at out[17]`, in the order in which they happened. */
  readonly steppedDown: readonly string[];
}
