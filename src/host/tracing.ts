/** Where the time of one token goes, measured beside the page's other work: short rounds, and roofs once for each engine. */
import { benchOn } from '../bench/open.ts';
import { planOf } from '../bench/one_step.ts';
import { type Bench, repeat } from '../bench/kernel.ts';
import { clockQuantum, measure } from '../bench/measure.ts';
import { quantumOf, quick, runnable } from '../bench/roofs.ts';
import { traceRunner } from '../bench/trace.ts';
import { fillOptions } from '../kernels/op.ts';
import { findOp } from '../kernels/registry.ts';
import { STATE } from '../plan/state.ts';
import type { Engine } from '../plan/types.ts';
import { Session } from '../session/session.ts';

/** Seconds with a 95 % interval. */
export interface Times {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

export interface TraceRow {
  /** Of the step in the plan. */
  readonly index: number;
  readonly label: string;
  readonly op: string;
  readonly variant: string;
  readonly dims: Readonly<Record<string, number>>;
  readonly time: Times;
  readonly flops: number;
  readonly bytes: number;
  /** Share of what this device could do at this intensity, 0 … 1 and sometimes a little above; undefined without roofs. */
  readonly ofRoof?: number | undefined;
}

/** The kernels of one token, each timed by itself. */
export interface Trace {
  readonly what: 'token' | 'step';
  readonly rows: readonly TraceRow[];
  /** The whole token, as it is used. */
  readonly total: Times;
  /** `gpu` timestamps, or the `wall` clock. */
  readonly clock: string;
  /** Seconds that the clock can tell apart. */
  readonly quantum: number;
}

/** What can be had of an engine at most, per second. */
interface Rates {
  readonly flops: number;
  readonly bytes: number;
}

const benches = new WeakMap<Engine, Promise<{ readonly bench: Bench; readonly rates: Rates }>>();

/** Samples of a millisecond are long for a kernel of this size; the clock's step makes them longer where it is coarse. */
const SHORT = { samples: 5, shortest: 0.001 };
/** Seconds for a trace, and for a probe; each takes three rounds at least. */
const BUDGET = 0.6;
const PROBE_BUDGET = 0.05;

export interface TraceOptions {
  /** How many tokens stand before the one that is traced. */
  readonly position: number;
  /** Awaited between samples; throws to end it. */
  readonly pause: () => Promise<void>;
}

/** Traces one decoded token on a session like the given one, whose cache holds zeros: what is in it does not change the time. */
export async function traceOf(
  { engine, weights, context, kernels }: Session,
  { position, pause }: TraceOptions,
): Promise<Trace> {
  let opened = benches.get(engine);
  if (!opened) {
    opened = openOn(engine);
    benches.set(engine, opened);
    opened.catch(() => benches.delete(engine));
  }
  const { bench, rates } = await opened;
  const session = new Session(weights, { context, ...kernels });
  try {
    const words = new Uint32Array(STATE.WORDS);
    words[STATE.POS] = position;
    new Float32Array(words.buffer)[STATE.TOP_P] = 1;
    const before = async () => {
      await pause();
      session.scope.write(session.region('state', 'state'), words);
    };
    const trace = await traceRunner(bench, await session.decode(), { ...SHORT, budget: BUDGET, before });
    return {
      what: 'token',
      clock: trace.clock,
      quantum: trace.quantum || clockQuantum(),
      total: timesOf(trace.total),
      rows: trace.rows.map(({ times, ...row }) => ({
        ...row,
        time: timesOf(times),
        ofRoof: Math.max(row.flops / rates.flops, row.bytes / rates.bytes) / times.median,
      })),
    };
  } finally {
    session.close();
  }
}

const timesOf = ({
  median,
  interval: [low, high],
}: {
  readonly median: number;
  readonly interval: readonly [number, number];
}): Times => ({
  median,
  low,
  high,
});

async function openOn(engine: Engine): Promise<{ readonly bench: Bench; readonly rates: Rates }> {
  const bench = await benchOn(engine);
  const { software } = engine.facts;
  const fma = await rateOf(bench, 'fma_peak', software ? { N: 2 ** 13, I: 64 } : { N: 2 ** 20, I: 256 });
  const copy = await rateOf(bench, 'copy', { N: software ? 2 ** 18 : 2 ** 24 });
  return { bench, rates: { flops: fma.flops, bytes: copy.bytes } };
}

/** What the fastest variant of a probe does per second. */
async function rateOf(bench: Bench, name: string, dims: Readonly<Record<string, number>>): Promise<Rates> {
  const { engine } = bench;
  const { facts } = engine;
  const op = findOp(name);
  const options = fillOptions(op, {});
  const scope = engine.open(`roof ${name}`);
  try {
    const contenders = [];
    for (const variant of quick(runnable(op, dims, options, facts))) {
      const scalars = Object.fromEntries((op.scalars ?? []).map((scalar) => [scalar, 0.5]));
      const plan = planOf({ op, dims, scalars, facts, variant });
      const runner = await scope.load(plan);
      runner.write(plan.values['inp'], new Float32Array(dims.N).fill(0.5));
      contenders.push({ step: plan.steps[0], name: variant.name, run: repeat(bench, runner, 1) });
    }
    const timings = await measure(contenders, { ...SHORT, budget: PROBE_BUDGET, ...quantumOf(bench) });
    const fastest = Math.min(...timings.map((t) => t.median));
    const { flops, bytes } = contenders[0].step;
    return { flops: flops / fastest, bytes: bytes / fastest };
  } finally {
    scope.close();
  }
}
