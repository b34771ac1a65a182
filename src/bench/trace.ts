/**
 * Where the time of a token or a training step goes, step by step. A single dispatch is too short for most browsers' clocks, so each step
 * is repeated alone until a sample is long enough, in rounds that alternate with the whole plan and the roofs. This has limits: a step on
 * its own finds its data in caches that it filled itself, and there is nothing between two repetitions. `gap` is what the whole takes
 * beyond the sum of its parts (negative when they overlap).
 */
import type { PlacedWeights } from '../model/placed_weights.ts';
import { checkNumber } from '../plan/settings.ts';
import { STATE } from '../plan/state.ts';
import type { Dims, Runner } from '../plan/types.ts';
import { Session } from '../session/session.ts';
import { timesOf } from './bench.ts';
import { type Bench, repeat } from './kernel.ts';
import { measure, type MeasureOptions } from './measure.ts';
import type { Share, Times } from './record.ts';
import { quantumOf, type Roofs } from './roofs.ts';
import { median, medianInterval } from './stats.ts';

/** One step of a traced plan. */
export interface TraceRow {
  /** The step's index in the plan. */
  readonly index: number;
  /** `h.3.attn.proj` */
  readonly label: string;
  readonly op: string;
  readonly variant: string;
  readonly dims: Dims;
  /** Seconds of the step alone. */
  readonly times: Times;
  /** Floating-point operations of one run. */
  readonly flops: number;
  /** Bytes that one run must at least read and write. */
  readonly bytes: number;
  /** Of what the roofs allow: max(flops / FMA peak, bytes / copy rate) / time; absent without roofs. */
  readonly ofRoof?: Share;
}

/** Where the time of a plan goes. */
export interface Trace {
  /** The plan's name: `decode`, `prefill16`, `train`. */
  readonly plan: string;
  readonly clock: 'gpu' | 'wall';
  /** Smallest step of that clock in seconds. */
  readonly quantum: number;
  /** Seconds of the whole plan in the same rounds. */
  readonly total: Times;
  readonly rows: readonly TraceRow[];
  /** Seconds of the whole beyond the sum of the rows: median over the rounds, with its interval. */
  readonly gap: Share;
}

/**
 * How a plan is traced.
 *
 * @example
 * const options: TraceOptions = { roofs, samples: 5, budget: 10 };
 */
export interface TraceOptions extends MeasureOptions {
  /** Roofs measured in the same rounds, for `ofRoof`. Default: none. */
  readonly roofs?: Roofs;
  /**
   * Called before every sample to restore what a repetition changes, such as the sampler's state. Some steps overwrite what they read (a
   * sampler, an optimizer), so give a runner whose numbers nobody needs afterwards. Default: none.
   */
  readonly before?: () => void | Promise<void>;
}

/**
 * Traces a plan that is loaded.
 *
 * @throws Error when the clock shows no time for a contender six times in a row
 * @example
 * const trace = await traceRunner(bench, runner, { samples: 5, budget: 10 });
 * for (const { label, times } of trace.rows) console.log(label, times.median);
 */
export async function traceRunner(bench: Bench, runner: Runner, options: TraceOptions = {}): Promise<Trace> {
  const { roofs, before, ...settings } = options;
  const { steps } = runner.plan;
  const contender = (name: string, range?: { from: number; to: number }) => {
    const run = repeat(bench, runner, 1, range);
    return {
      name,
      run: async (reps: number) => {
        await before?.();
        return run(reps);
      },
    };
  };
  const parts = steps.map((step, i) => contender(step.label, { from: i, to: i + 1 }));
  const probes = roofs ? [roofs.fma.candidate, roofs.copy.candidate] : [];
  const timings = await measure([contender(runner.plan.name), ...parts, ...probes], {
    ...quantumOf(bench),
    ...settings,
  });
  const [total, ...rest] = timings;
  const alone = rest.slice(0, steps.length);
  const [fma, copy] = rest.slice(steps.length);
  const gaps = total.samples.map((whole, round) => whole - alone.reduce((sum, t) => sum + t.samples[round], 0));
  return {
    plan: runner.plan.name,
    clock: bench.clock?.kind ?? 'wall',
    quantum: quantumOf(bench).quantum ?? 0,
    total: timesOf(total),
    gap: { value: median(gaps), interval: medianInterval(gaps) },
    rows: steps.map((step, index) => {
      const { label, op, variant, dims, flops, bytes } = step;
      const shares =
        roofs &&
        alone[index].samples.map((seconds, round) => {
          const least = [
            (flops * fma.samples[round]) / roofs.fma.amount,
            (bytes * copy.samples[round]) / roofs.copy.amount,
          ];
          return Math.max(...least) / seconds;
        });
      return {
        index,
        label,
        op,
        variant,
        dims,
        times: timesOf(alone[index]),
        flops,
        bytes,
        ...(shares && { ofRoof: { value: median(shares), interval: medianInterval(shares) } }),
      };
    }),
  };
}

/**
 * Traces one decoded token of a model at a position of its context. Attention's share grows with the position.
 *
 * @param position 0-based, in tokens: how many the cache holds before
 * @throws SettingsError when the position is outside the context
 * @throws Error when the clock shows no time for a contender six times in a row
 * @example
 * const placed = lab.model(config);
 * const { rows, gap } = await traceToken(bench, placed, 63, { samples: 5, budget: 10 });
 * for (const { label, times } of rows) console.log(label, times.median); // seconds
 */
export async function traceToken(
  bench: Bench,
  weights: PlacedWeights,
  position: number,
  options: Omit<TraceOptions, 'before'> = {},
): Promise<Trace> {
  const session = new Session(weights);
  try {
    checkNumber('position', position, { min: 0, max: session.context - 1, whole: true });
    const words = new Uint32Array(STATE.WORDS);
    words[STATE.POS] = position;
    new Float32Array(words.buffer)[STATE.TOP_P] = 1;
    const before = () => session.scope.write(session.region('state', 'state'), words);
    return await traceRunner(bench, await session.decode(), { ...options, before });
  } finally {
    session.close();
  }
}
