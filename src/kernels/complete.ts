/**
 * Records that a build may leave for later. Here every op is whole from the start and nothing is done. The folder of `nextoken.js`
 * (tools/lean-records.mjs) first loads the ops that generate text with their CPU kernels; this brings the rest, in place.
 */

/** Resolves when every op is there with all its variants: before a GPU is opened, and before anything but generating text is planned. */
export async function completeOps(): Promise<void> {}

/** What `make` gives, with all records if it names an op that is not there yet. */
export async function withAllOps<T>(make: () => T): Promise<T> {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof UnknownOpError)) throw error;
    await completeOps();
    return make();
  }
}

/** There is no op of this name. */
export class UnknownOpError extends Error {
  override readonly name = 'UnknownOpError';
}
