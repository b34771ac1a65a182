/** Kept apart from the code that throws them, so that a caller can catch them without loading it. */

/**
 * A training that cannot begin, or gave up. The message says at which step and what to change.
 *
 * @example
 * if (error instanceof TrainingError) console.error(error.message);
 */
export class TrainingError extends Error {
  override readonly name = 'TrainingError';
}

/**
 * A file that is not one of our checkpoints. The message says what is missing.
 *
 * @example
 * await decodeCheckpoint(await readFile('run.safetensors')).catch((error) => console.log(error instanceof CheckpointError));
 */
export class CheckpointError extends Error {
  override readonly name = 'CheckpointError';
}
