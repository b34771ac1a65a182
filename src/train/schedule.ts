/**
 * How the learning rate rises and falls.
 *
 * @example
 * const schedule: Schedule = { peak: 1e-3, floor: 1e-4, warmup: 100 };
 */

export interface Schedule {
  /** Learning rate at the top. */
  readonly peak: number;
  /** Learning rate at the end. */
  readonly floor: number;
  /** Steps from 0 to the peak. */
  readonly warmup: number;
}

/**
 * @param step optimizer steps done before this one
 * @param progress 0 at the start, 1 at the planned end: a part of the steps, or of the time
 */
export function learningRate({ peak, floor, warmup }: Schedule, step: number, progress: number): number {
  const down = floor + (peak - floor) * 0.5 * (1 + Math.cos(Math.PI * Math.min(1, Math.max(0, progress))));
  return step < warmup ? (down * (step + 1)) / warmup : down;
}
