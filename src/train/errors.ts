/** Apart from what throws them, so that who catches them need not carry that along. */

/** A training that cannot begin, or that gave up; the message says at which step and what to change. */
export class TrainingError extends Error {
  override readonly name = 'TrainingError';
}

/** A file that is no checkpoint of ours; the message says what is missing. */
export class CheckpointError extends Error {
  override readonly name = 'CheckpointError';
}
