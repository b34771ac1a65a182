/**
 * Times candidates side by side: repetitions sized so that a sample is long against the clock's quantum, warm-up until three samples
 * agree, then interleaved rounds in changing order. Wall time comes from performance.now around work that is waited for.
 */
import { median, medianInterval, shuffled } from './stats.ts';

export interface Candidate {
  readonly name: string;
  /** Does the work `reps` times, waits for it, and returns the seconds it took (GPU clock or wall clock). */
  run(reps: number): Promise<number>;
}

export interface MeasureOptions {
  /** Samples per candidate; 20 unless told. */
  readonly samples?: number;
  /** Shortest sample in seconds; 20 ms unless told. */
  readonly shortest?: number;
  /** Most seconds for the whole measurement: fewer samples are taken when it is over. */
  readonly budget?: number;
  readonly onProgress?: (done: number, of: number) => void;
}

export interface Timing {
  readonly name: string;
  /** First run in seconds, compile excluded: cold caches, lazy driver work. */
  readonly cold: number;
  /** Seconds of one repetition. */
  readonly median: number;
  readonly interval: readonly [number, number];
  readonly min: number;
  readonly samples: readonly number[];
  readonly reps: number;
}

const WARM_ROUNDS = 12;

/** The smallest step this clock makes, in seconds. */
export function clockQuantum(): number {
  let smallest = Infinity;
  for (let i = 0; i < 20; i++) {
    const from = performance.now();
    let to = from;
    while (to === from) to = performance.now();
    smallest = Math.min(smallest, to - from);
  }
  return smallest / 1000;
}

/** Runs until three samples in a row lie within 3 %, or `WARM_ROUNDS`. Returns repetitions that make one sample `shortest` long. */
async function warm(candidate: Candidate, shortest: number): Promise<number> {
  let reps = 1;
  let last: number[] = [];
  for (let round = 0; round < WARM_ROUNDS; round++) {
    const seconds = await candidate.run(reps);
    if (seconds < shortest) {
      reps = Math.min(1_000_000, Math.max(reps + 1, Math.ceil((reps * shortest * 1.1) / Math.max(seconds, 1e-7))));
      last = [];
      continue;
    }
    last = [...last.slice(-2), seconds / reps];
    if (last.length === 3 && Math.max(...last) / Math.min(...last) < 1.03) break;
    if (seconds > 1) break; // one long repetition warms enough
  }
  return reps;
}

/** Interleaved timings of all candidates, in their order. */
export async function measure(candidates: readonly Candidate[], options: MeasureOptions = {}): Promise<Timing[]> {
  const { samples = 20, budget = Infinity, onProgress } = options;
  const shortest = Math.max(options.shortest ?? 0.02, 64 * clockQuantum());
  const began = performance.now();
  const cold: number[] = [];
  const reps: number[] = [];
  for (const candidate of candidates) {
    cold.push(await candidate.run(1));
    reps.push(await warm(candidate, shortest));
  }
  const taken: number[][] = candidates.map(() => []);
  for (let round = 0; round < samples; round++) {
    for (const i of shuffled(candidates.length, round)) taken[i].push((await candidates[i].run(reps[i])) / reps[i]);
    onProgress?.(round + 1, samples);
    if (round >= 2 && (performance.now() - began) / 1000 > budget) break;
  }
  return candidates.map(({ name }, i) => ({
    name,
    cold: cold[i],
    median: median(taken[i]),
    interval: medianInterval(taken[i]),
    min: Math.min(...taken[i]),
    samples: taken[i],
    reps: reps[i],
  }));
}
