/** From an op instance and a variant to a candidate for `measure`: first the gate, then buffers, then a function that repeats it. */
import { caseName, cases, fillCase, runReference, type Case } from '../kernels/cases/index.ts';
import type { GpuRunner } from '../gpu/engine.ts';
import { fillOptions, type Knobs, opBytes, portElem, portPresent, type Variant } from '../kernels/op.ts';
import { findOp } from '../kernels/registry.ts';
import type { Engine, Runner, RunOptions } from '../plan/types.ts';
import { checkCase, compareOutputs, type Filled, portWords, sameBytes, takesCase, type Wanted } from './check.ts';
import type { GpuClock } from './gpu_clock.ts';
import type { Clock, Contender } from './measure.ts';
import { loadOptions, planOf } from './one_step.ts';

/** The engine under test and the clock that goes with it. */
export interface Bench {
  readonly engine: Engine;
  /** The GPU engine has one. A run of the CPU engine returns when its work is done, so the wall clock serves. */
  readonly clock?: Clock | undefined;
}

/** An instance with its inputs and right outputs, shared by all variants that are checked against it. */
export interface Exercise {
  readonly case: Case;
  readonly filled: Filled;
  readonly want: Wanted;
  /** Tolerances are multiplied by this: 1, or 2 when `want` comes from another kernel. */
  readonly slack: number;
  /** For people: what `want` is. */
  readonly against: string;
}

/** Beyond this work the f64 loops take more than about ten seconds. Then the first variant that passes all small cases is the reference. */
const REFERENCE_FLOPS = 2.5e9;
const SMALL_CASES = 5;
const SEED = 7;

/** Results of the small cases by engine, variant and op (plain loops are one variant of all ops), so that each runs once. */
const passed = new WeakMap<Engine, Map<Variant, Map<string, Promise<string>>>>();

/** What is wrong with a variant on the small cases that it takes; '' if nothing. */
function gateSmall(engine: Engine, variant: Variant, op: string): Promise<string> {
  let variants = passed.get(engine);
  if (!variants) passed.set(engine, (variants = new Map()));
  let known = variants.get(variant);
  if (!known) variants.set(variant, (known = new Map()));
  let result = known.get(op);
  if (!result) known.set(op, (result = runSmall(engine, variant, op)));
  return result;
}

/** Small cases spread over the list, so that options vary. */
async function runSmall(engine: Engine, variant: Variant, op: string): Promise<string> {
  const own = cases.filter((c) => c.op === op && c.size !== 'wide' && takesCase(variant, c, engine.facts));
  const stride = Math.max(1, own.length / SMALL_CASES);
  for (let i = 0; i < own.length; i += stride) {
    const { problem } = await checkCase(engine, variant, own[Math.floor(i)], { seed: SEED });
    if (problem) return problem;
  }
  return '';
}

/** Fills the case and computes the right outputs: with the f64 reference, or, when that would take minutes, with one of `variants`. */
export async function prepare(engine: Engine, c: Case, variants: readonly Variant[]): Promise<Exercise> {
  const op = findOp(c.op);
  const filled = fillCase(c, op, SEED);
  if (op.flops(c.dims, fillOptions(op, c.options ?? {})) <= REFERENCE_FLOPS)
    return { case: c, filled, want: runReference(c, filled), slack: 1, against: 'f64 reference' };
  for (const variant of variants) {
    if (!takesCase(variant, c, engine.facts) || (await gateSmall(engine, variant, c.op))) continue;
    const { outputs } = await checkCase(engine, variant, c, { seed: SEED, filled, want: {} });
    const options = fillOptions(op, c.options ?? {});
    const want = Object.fromEntries(
      Object.entries(outputs).map(([name, bytes]) => {
        const elem = portElem(
          op.ports.find((p) => p.name === name)!,
          options,
        );
        return [name, elem === 'u32' ? new Uint32Array(bytes) : new Float32Array(bytes)];
      }),
    );
    return { case: c, filled, want, slack: 2, against: `${variant.name}, itself right on the small cases` };
  }
  throw new Error(`${caseName(c)}: no variant of ${c.op} is right on the small cases`);
}

export interface KernelOptions {
  readonly knobs?: Knobs;
  /** Sets of buffers used in turn, so that no run finds its data in a cache; 1 = hot. */
  readonly copies?: number;
}

/** A kernel that passed the gate, loaded. Close it when done. */
export interface Kernel {
  readonly candidate: Contender;
  readonly variant: string;
  readonly knobs: Knobs;
  /** Seconds to compile, if that was not done yet, and run once. */
  readonly coldStart: number;
  readonly copies: number;
  readonly flops: number;
  readonly bytes: number;
  /** '' when the timed runs left the same bits as the gate. */
  consume(): Promise<string>;
  close(): void;
}

/** Dispatches in one command buffer. With more, the command buffer itself becomes expensive. */
const MOST_DISPATCHES = 4096;

/** The kernel, ready to be timed, or what is wrong with it. A wrong kernel gets no number. */
export async function openKernel(
  bench: Bench,
  exercise: Exercise,
  variant: Variant,
  options: KernelOptions = {},
): Promise<Kernel | string> {
  const { engine } = bench;
  const { case: c, filled } = exercise;
  const op = findOp(c.op);
  const opOptions = fillOptions(op, c.options ?? {});
  const name = variant.name;
  if (!takesCase(variant, c, engine.facts)) return `${name} does not take ${caseName(c)}`;
  const { knobs, copies = 1 } = options;
  const plan = planOf({
    op,
    dims: c.dims,
    options: opOptions,
    scalars: c.scalars ?? {},
    facts: engine.facts,
    variant,
    copies,
    ...(knobs ? { knobs } : {}),
  });
  const began = performance.now();
  const scope = engine.open(`bench ${c.op}`);
  const runner = await scope.load(plan, loadOptions(op, variant)).catch((error: unknown) => {
    scope.close();
    throw error;
  });
  runner.run();
  await engine.idle();
  const coldStart = (performance.now() - began) / 1000;
  const refuse = (problem: string) => {
    scope.close();
    return problem;
  };
  const small = await gateSmall(engine, variant, c.op);
  if (small) return refuse(small);
  const fill = () => {
    for (const port of op.ports)
      if (portPresent(port, opOptions) && port.dir !== 'out') {
        const words = portWords(filled[port.name], portElem(port, opOptions));
        for (let i = 0; i < copies; i++) runner.write(plan.values[i ? `${port.name}#${i}` : port.name], words);
      }
  };
  const written = op.ports.filter((p) => p.dir !== 'in' && portPresent(p, opOptions)).map((p) => p.name);
  const read = async () => {
    const buffers = await runner.read(...written.map((port) => plan.values[port]));
    return Object.fromEntries(written.map((port, i) => [port, buffers[i]]));
  };
  fill();
  runner.run();
  const outputs = await read();
  const problem = compareOutputs(outputs, exercise.want, c, exercise.slack);
  if (problem) return refuse(`${name}: ${problem} in ${caseName(c)}, against ${exercise.against}`);
  // outputs that an op updates in place differ from run to run; all others must stay the same however often it runs
  const inPlace = op.ports.some(
    (p) => p.dir === 'inout' && portPresent(p, opOptions) && filled[p.name].every((x) => !Number.isNaN(x)),
  );
  return {
    candidate: { name: `${c.op}/${name}`, lot: copies, run: repeat(bench, runner, copies) },
    variant: name,
    knobs: plan.steps[0].knobs,
    coldStart,
    copies,
    flops: op.flops(c.dims, opOptions),
    bytes: opBytes(op, c.dims, opOptions),
    async consume() {
      const after = await read();
      if (inPlace) return '';
      const changed = written.find((port) => !sameBytes(after[port], outputs[port]));
      return changed ? `${name}: ${changed} differs after the timed runs in ${caseName(c)}` : '';
    },
    close: () => scope.close(),
  };
}

/** A function that replays the plan, or some of its steps, until `reps` instances have run, and returns the seconds they took. */
export function repeat(
  bench: Bench,
  runner: Runner,
  copies: number,
  steps?: RunOptions['steps'],
): (reps: number) => Promise<number> {
  if (!bench.clock)
    return async (reps) => {
      const from = performance.now();
      runner.run({ times: reps / copies, ...(steps && { steps }) });
      return (performance.now() - from) / 1000;
    };
  const clock = bench.clock as GpuClock; // only GPU engines have one
  const gpu = runner as GpuRunner;
  const most = Math.max(1, Math.floor(MOST_DISPATCHES / gpu.commands.length));
  return async (reps) => {
    let seconds = 0;
    for (let left = reps / copies; left > 0; left -= most) {
      const time = await clock.time((pass) => {
        for (let i = 0; i < Math.min(left, most); i++) gpu.encode(pass, steps);
      });
      seconds += clock.kind === 'gpu' ? time.gpu! : time.wall;
    }
    return seconds;
  };
}
