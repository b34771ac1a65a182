/** Errors that every engine throws, so that a caller can catch them without knowing which engine runs. */

/**
 * The device went away (driver reset, tab throttled, engine closed); open a new engine and load again.
 *
 * @example
 * if (error instanceof DeviceLostError) engine = await openGpuEngine();
 */
export class DeviceLostError extends Error {
  override readonly name = 'DeviceLostError';
}

/**
 * Something was used after `close()`. The message says which engine, scope, runner, session or model.
 *
 * @example
 * await model.close();
 * await model.score('again').catch((error) => console.log(error instanceof ClosedError));
 */
export class ClosedError extends Error {
  override readonly name = 'ClosedError';
}

/**
 * The device's memory cannot hold what was asked for; the message gives the bytes. What existed before is unchanged.
 *
 * @example
 * const opened = await openModel('austen', { context: 4096 }).catch((error) => {
 *   if (error instanceof OutOfMemoryError) return openModel('austen', { context: 64 });
 *   throw error;
 * });
 */
export class OutOfMemoryError extends Error {
  override readonly name = 'OutOfMemoryError';
}
