/** Kept apart from the code that throws them, so that a caller can catch them without loading it. */

/** A training that cannot begin, or gave up. The message says at which step and what to change. */
export class TrainingError extends Error {
  override readonly name = 'TrainingError';
}

/** A file that is not one of our checkpoints. The message says what is missing. */
export class CheckpointError extends Error {
  override readonly name = 'CheckpointError';
}
