/**
 * Times candidates side by side. Repetitions make each sample long compared with the clock's step. Warm-up lasts until three samples
 * agree. Then come interleaved rounds in changing order, so that changes of the machine affect all candidates equally.
 */
import { median, medianInterval, shuffled } from './stats.ts';
import { RANGE, spread } from './verdict.ts';

/** A clock for benchmarks. */
export interface Clock {
  readonly kind: 'gpu' | 'wall';
  /** Smallest step of this clock in seconds. */
  readonly quantum: number;
  /** One sentence for people: why this clock. */
  readonly why: string;
  /** Frees its memory on the device. */
  close(): void;
}

/**
 * A piece of work that is timed.
 *
 * @example
 * const idle: Contender = { name: 'idle', run: async (reps) => reps * 0.001 }; // seconds
 */
export interface Contender {
  readonly name: string;
  /**
   * Does the work `reps` times, waits for it, and returns the seconds it took (GPU clock or wall clock). A clock may fail: a
   * sample that is not above zero is dropped and taken again.
   */
  run(reps: number): Promise<number>;
  /** Repetitions come in multiples of this. Default: 1. */
  readonly lot?: number;
}

/** What a measurement is doing: `done` of `of` roofs, kernels or rounds are finished. */
export interface Progress {
  readonly phase: 'roofs' | 'check' | 'warm' | 'measure';
  /** The current candidate; absent in rounds, which include all of them. */
  readonly name?: string;
  readonly done: number;
  readonly of: number;
}

/**
 * How long and how often is measured.
 *
 * @example
 * const options: MeasureOptions = { samples: 30, budget: 10, onProgress: ({ phase, done, of }) => console.log(phase, done, of) };
 */
export interface MeasureOptions {
  /** Samples per candidate. Default: 20. */
  readonly samples?: number;
  /** Takes up to this many samples while an interval is too wide even for a range. Default: `samples`. */
  readonly most?: number;
  /** Shortest sample in seconds. Default: 0.02. */
  readonly shortest?: number;
  /** The clock's step in seconds: a sample lasts at least `QUANTA` of them. Default: `clockQuantum()`. */
  readonly quantum?: number;
  /** The most seconds for the whole measurement. When they are over, it ends with fewer samples, but never fewer than 3. Default: no limit. */
  readonly budget?: number;
  /** Milliseconds, for the budget. Default: `performance.now`. */
  readonly now?: () => number;
  /** Called with what it does now, and after every sample. Default: none. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

/** What was measured of one contender. */
export interface Timing {
  readonly name: string;
  /** First run in seconds, compile excluded: cold caches, lazy driver work. */
  readonly first: number;
  /** Seconds of one repetition. */
  readonly median: number;
  /** 95 % bootstrap interval of the median, in seconds. */
  readonly interval: readonly [number, number];
  /** The shortest sample, in seconds of one repetition. */
  readonly min: number;
  /** All samples in the order taken, in seconds of one repetition. */
  readonly samples: readonly number[];
  /** Repetitions in one sample. */
  readonly reps: number;
  /** Samples that the clock spoiled (zero or negative). Each was taken again. */
  readonly dropped: number;
}

const WARM_ROUNDS = 12;
const MOST_REPS = 1_000_000;
/** A sample of 75 clock steps is right to 1.3 %. */
export const QUANTA = 75;
const RETRIES = 5;

/**
 * The smallest step of performance.now, in seconds.
 *
 * @example
 * console.log(`${1e6 * clockQuantum()} µs`);
 */
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

/** A candidate that retries when the clock fails. */
function reliable(candidate: Contender): { sample(reps: number): Promise<number>; dropped: number } {
  return {
    dropped: 0,
    async sample(reps) {
      for (let i = 0; i <= RETRIES; i++) {
        const seconds = await candidate.run(reps);
        if (seconds > 0) return seconds;
        this.dropped++;
      }
      throw new Error(
        `${candidate.name}: the clock showed no time ${RETRIES + 1} times in a row for ${reps} repetitions`,
      );
    },
  };
}

const inLots = (reps: number, lot: number): number => Math.ceil(Math.min(reps, MOST_REPS) / lot) * lot;

/**
 * Runs until three samples in a row lie within 3 %, or `WARM_ROUNDS`, or the time is over. Returns repetitions that make one sample
 * `shortest` long.
 */
async function warm(
  sample: (reps: number) => Promise<number>,
  lot: number,
  shortest: number,
  over: () => boolean,
): Promise<number> {
  let reps = lot;
  let last: number[] = [];
  for (let round = 0; round < WARM_ROUNDS; round++) {
    // while the sample is still too short, a clock that shows no time counts as one that shows little
    const seconds = await sample(reps).catch((error: unknown) => {
      if (reps >= MOST_REPS) throw error;
      return 0;
    });
    if (seconds < shortest && reps < MOST_REPS) {
      const wanted = (reps * shortest * 1.1) / Math.max(seconds, shortest / 20);
      reps = inLots(Math.max(reps + 1, wanted), lot);
      last = [];
      continue;
    }
    last = [...last.slice(-2), seconds / reps];
    if (last.length === 3 && Math.max(...last) / Math.min(...last) < 1.03) break;
    if (seconds > 0.5 || over()) break; // one long repetition warms enough
  }
  return reps;
}

/**
 * Interleaved timings of all candidates, in their order. All times are in seconds.
 *
 * @throws Error when the clock shows no time for a contender six times in a row
 * @example
 * const run = async (reps: number) => {
 *   const began = performance.now();
 *   for (let i = 0; i < reps; i++) Math.hypot(i, reps);
 *   return (performance.now() - began) / 1000;
 * };
 * const [{ median, interval }] = await measure([{ name: 'hypot', run }], { samples: 10, budget: 2 });
 */
export async function measure(candidates: readonly Contender[], options: MeasureOptions = {}): Promise<Timing[]> {
  const {
    samples = 20,
    budget = Infinity,
    onProgress,
    quantum = clockQuantum(),
    now = () => performance.now(),
  } = options;
  const most = Math.max(samples, options.most ?? samples);
  const shortest = Math.max(options.shortest ?? 0.02, QUANTA * quantum);
  const began = now();
  const over = () => (now() - began) / 1000 > budget;
  const first: number[] = [];
  const reps: number[] = [];
  const clocks = candidates.map(reliable);
  for (const [i, { name, lot = 1 }] of candidates.entries()) {
    onProgress?.({ phase: 'warm', name, done: i, of: candidates.length });
    first.push((await candidates[i].run(lot)) / lot);
    reps.push(await warm((n) => clocks[i].sample(n), lot, shortest, over));
  }
  const taken: number[][] = candidates.map(() => []);
  const timing = (i: number): Timing => ({
    name: candidates[i].name,
    first: first[i],
    median: median(taken[i]),
    interval: medianInterval(taken[i]),
    min: Math.min(...taken[i]),
    samples: taken[i],
    reps: reps[i],
    dropped: clocks[i].dropped,
  });
  for (let round = 0; round < most; round++) {
    onProgress?.({ phase: 'measure', done: round, of: round < samples ? samples : most });
    for (const i of shuffled(candidates.length, round)) taken[i].push((await clocks[i].sample(reps[i])) / reps[i]);
    if (round >= 2 && over()) break;
    if (round + 1 >= samples && candidates.every((_, i) => spread(timing(i)) <= RANGE)) break;
  }
  return candidates.map((_, i) => timing(i));
}
