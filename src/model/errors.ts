/** Apart from what throws it, so that who catches it need not carry that along. */

/**
 * A file whose tensors do not make the model; the message names the tensor, its shape and the shape wanted.
 *
 * @example
 * if (error instanceof WeightsError) console.error(error.message);
 */
export class WeightsError extends Error {
  override readonly name = 'WeightsError';
}
