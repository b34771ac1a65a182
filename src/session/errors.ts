/** Apart from what throws it, so that who catches it need not carry that along. */

/**
 * A replay read nothing but NaN or infinite logits.
 *
 * @example
 * if (error instanceof NotFiniteError) console.error('the weights are broken:', error.message);
 */
export class NotFiniteError extends Error {
  override readonly name = 'NotFiniteError';
}
