/** Errors that every engine throws alike, so that who catches them need not know which engine runs. */

/** The device went away (driver reset, tab throttled, engine closed); open a new engine and load again. */
export class DeviceLostError extends Error {
  override readonly name = 'DeviceLostError';
}

/** Something was used after `close()`: an engine, a scope, a runner, a session or a model; the message names it. */
export class ClosedError extends Error {
  override readonly name = 'ClosedError';
}

/** The device's memory cannot hold what was asked; the message names the bytes. What existed before is unchanged. */
export class OutOfMemoryError extends Error {
  override readonly name = 'OutOfMemoryError';
}
