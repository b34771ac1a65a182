/** Separate from the code that throws it, so that catching it does not pull that code in. */

/**
 * A file whose tensors do not make the model; the message names the tensor, its shape and the shape wanted.
 *
 * @example
 * if (error instanceof WeightsError) console.error(error.message);
 */
export class WeightsError extends Error {
  override readonly name = 'WeightsError';
}

export const shapeText = (shape: readonly number[]): string => shape.join('×') || 'scalar';
