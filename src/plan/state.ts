/**
 * The state buffer: 16 words that decode kernels share, so that the next token needs no CPU. The sampler advances it on the GPU.
 * Words marked f32 hold the float's bits.
 */
export const STATE = {
  /** Position of the token that is being fed, 0-based. */
  POS: 0,
  /** The token that is being fed. */
  TOKEN: 1,
  /** How many tokens were sampled; the next (or NO_TOKEN) goes to `history[COUNT % H]`. */
  COUNT: 2,
  SEED: 3,
  /** f32; 0 = greedy. */
  TEMPERATURE: 4,
  /** 0 = off. */
  TOP_K: 5,
  /** f32; 1 = off. */
  TOP_P: 6,
  /** Tokens that are valid in a prefill (the rest is padding). */
  LENGTH: 7,
  /** Training step, salt of dropout. */
  STEP: 8,
  WORDS: 16,
} as const;

/**
 * Takes a token's place in the history when the logits say nothing: one is NaN or +∞, or all are −∞ (some may be). TOKEN then becomes 0,
 * so that the next step reads an embedding that exists. Readers of the history turn it into an error.
 */
export const NO_TOKEN = 0xffffffff;

/** A target without a loss. */
export const IGNORE = 0xffffffff;

/** Places in the `hyper` buffer of AdamW, all f32. */
export const HYPER = {
  LR: 0,
  BETA1: 1,
  BETA2: 2,
  EPS: 3,
  DECAY: 4,
  CORRECTION1: 5,
  CORRECTION2: 6,
  MAX_NORM: 7,
  WORDS: 8,
} as const;
