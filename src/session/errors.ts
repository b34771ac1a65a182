/** Separate from the code that throws it, so that catching it does not pull that code in. */

/**
 * A replay read only NaN or infinite logits.
 *
 * @example
 * if (error instanceof NotFiniteError) console.error('the weights are broken:', error.message);
 */
export class NotFiniteError extends Error {
  override readonly name = 'NotFiniteError';
}
