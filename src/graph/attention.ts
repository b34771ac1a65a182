/** Which positions attend to which. */

/** The option MASK of the attention ops. */
export const MASKS = { full: 0, causal: 1, prefix: 2 } as const;

/** How queries, keys and values are laid out, and which may attend to which. */
export interface AttentionShape {
  /** Rows of the batch. */
  readonly B: number;
  /** Queries of a row. */
  readonly T: number;
  /** Keys, when they come from another sequence. */
  readonly S?: number;
  /** Query heads. */
  readonly NH: number;
  /** Key/value heads. */
  readonly NKV: number;
  /** Numbers per head. */
  readonly HS: number;
  readonly mask: keyof typeof MASKS;
}
