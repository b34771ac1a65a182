/**
 * A lab: several programs on one set of weights. A trunk, the heads that learn on it, a model that people's clicks steer and the one it is
 * compared with are all programs. What one training step changes, every other program of the lab sees in its next run.
 * Over 300 lines: the public contract carries its examples, and one closure shares weights, programs and memory.
 */
import type { Layout } from '../graph/layout.ts';
import type { Table } from '../kernels/choose.ts';
import type { ModelConfig } from '../model/config.ts';
import { parameters } from '../model/layout.ts';
import { initialValues } from '../model/initial.ts';
import type { Parameter } from '../model/parameter.ts';
import type { PlacedWeights } from '../model/placed_weights.ts';
import { parametersLayout } from '../model/places.ts';
import { hyperName, programLayout, ratesOf } from '../model/program_places.ts';
import { planRun, planTrain } from '../model/planning.ts';
import type { Program } from '../model/program.ts';
import type { Weights } from '../model/weights.ts';
import type { Engine, Plan, Region, Runner, Scope } from '../plan/types.ts';
import type { Tap } from '../session/records.ts';
import { type Feeds, feed } from './feeds.ts';
import { type Hyper, hyperWords, stateWords, type StepResult, stepResult } from './step.ts';

interface Opened {
  readonly program: Program;
  readonly plan: Plan;
  /** Seconds of the last call, from feeding to reading. */
  readonly seconds: number;
  /** Frees its memory. The weights stay. */
  close(): void;
}

/** A program that runs on the weights of a lab. */
export interface Running extends Opened {
  /** Values that the program keeps (including `loss`, if it has one), in the order of the names. Throws on a name that it does not keep. */
  run(feeds: Feeds, ...names: readonly string[]): Promise<Tap[]>;
}

/** A program that trains weights of a lab. */
export interface Training extends Opened {
  /** Steps since it was opened or restarted. */
  readonly steps: number;
  /** One optimizer step. Parameters of another `rate` learn at that multiple of the learning rate. */
  train(feeds: Feeds, hyper: Hyper): Promise<StepResult>;
  /** Clears the optimizer's moments and counts steps from 0, for weights that were replaced. */
  restart(): void;
}

/**
 * How a lab is opened.
 *
 * @example
 * const options: LabOptions = { name: 'digits' };
 */
export interface LabOptions {
  /** For error messages and memory. Default: 'lab'. */
  readonly name?: string;
  /** A tuner's choices of kernels. Default: none, the rules choose. */
  readonly table?: Table;
}

/**
 * What the plan of a training depends on.
 *
 * @example
 * const settings: TrainingSettings = { seed: 7, recompute: true };
 */
export interface TrainingSettings {
  /** Seed of dropout. Default: 1. */
  readonly seed?: number;
  /** Activations are computed again in the backward pass: less memory, about a third more work. Default: false. */
  readonly recompute?: boolean;
}

/** One set of weights, and the programs that run and train on it. `openLab` makes it. */
export interface Lab {
  readonly params: readonly Parameter[];
  /** Holds the arena `params`. */
  readonly scope: Scope;
  readonly layout: Layout;
  /** Plans, allocates and compiles. Throws when the program has a parameter that the lab lacks or has in another shape. */
  open(program: Program, mode: 'run'): Promise<Running>;
  /** The same, with gradients and an optimizer. */
  open(program: Program, mode: 'train', settings?: TrainingSettings): Promise<Training>;
  /** Seeded initial values for every parameter. */
  init(seed: number): void;
  /** Replaces these parameters and keeps the others. Throws, with nothing changed, on a name or size that the lab does not have. */
  load(weights: Weights): void;
  /** All parameters, or those for which `which` holds, such as what a task stores beside a shared trunk. */
  save(which?: (name: string) => boolean): Promise<Weights>;
  /** Copies the parameters that both labs have, on the device: from one stage to the next, or back. Throws when there are none. */
  copyTo(other: Lab): void;
  /** A GPT made of these parameters, for sessions that write text with its present weights. Throws when one is missing. */
  model(config: ModelConfig): PlacedWeights;
  /** Bytes of the weights and of every open program. */
  readonly bytes: number;
  /** Bytes of the parameters that an open program trains. */
  readonly trainedBytes: number;
  /** Closes the programs and frees the weights. */
  close(): void;
}

/** What one open program holds. */
interface Bench {
  readonly program: Program;
  readonly layout: Layout;
  readonly scope: Scope;
  readonly runner: Runner;
}

const sizeOf = ({ shape }: { readonly shape: readonly number[] }): number => shape.reduce((a, b) => a * b, 1);

/**
 * A lab with `params`, which are zeros until `init`, `load` or a copy.
 *
 * @throws OutOfMemoryError when the device cannot hold them
 * @example
 * const lab = openLab(engine, program.params, { name: 'digits' });
 * lab.init(1);
 * const training = await lab.open(program, 'train');
 * const { loss } = await training.train(feeds, hyper); // nats
 */
export function openLab(engine: Engine, params: readonly Parameter[], { name = 'lab', table }: LabOptions = {}): Lab {
  // any of them may learn: matrices lie together, then vectors, so that most sets of trained ones are few runs
  const layout = parametersLayout(params, { trainable: () => true });
  const scope = engine.open(`${name} weights`);
  const benches = new Set<Bench>();
  const at = (parameter: string): Region => layout.region('params', parameter);
  try {
    scope.allocate(...layout.arenas());
  } catch (error) {
    scope.close();
    throw error;
  }

  const openBench = async (program: Program, mode: 'run' | 'train', recompute = false): Promise<Bench> => {
    checkParameters(`program ${program.name}`, program.params, layout);
    const own = programLayout(layout, program, { train: mode === 'train' });
    const place = { layout: own, facts: engine.facts, ...(table && { table }) };
    const plan = mode === 'train' ? planTrain(program, place, { recompute }) : planRun(program, place);
    const memory = engine.open(`${name} ${program.name}`, [scope]);
    try {
      memory.allocate(...own.arenas());
      for (const constant of program.constants ?? [])
        memory.write(own.region('tables', constant.name), constant.values());
      const bench = { program, layout: own, scope: memory, runner: await memory.load(plan) };
      benches.add(bench);
      return bench;
    } catch (error) {
      memory.close();
      throw error;
    }
  };
  const closeBench = (bench: Bench): void => {
    benches.delete(bench);
    bench.scope.close();
  };

  async function open(program: Program, mode: 'run'): Promise<Running>;
  async function open(program: Program, mode: 'train', settings?: TrainingSettings): Promise<Training>;
  async function open(
    program: Program,
    mode: 'run' | 'train',
    { seed = 1, recompute = false }: TrainingSettings = {},
  ): Promise<Running | Training> {
    const bench = await openBench(program, mode, recompute);
    const close = () => closeBench(bench);
    return mode === 'train' ? training(bench, seed, close) : running(bench, close);
  }

  return {
    params,
    scope,
    layout,
    open,
    init(seed) {
      for (const [parameter, values] of initialValues(params, seed)) scope.write(at(parameter), values);
    },
    load(weights) {
      for (const [parameter, values] of weights) {
        const place = layout.find('params', parameter);
        if (!place || sizeOf(place) !== values.length)
          throw new Error(
            `${name}: ${parameter} has ${values.length} numbers; ` +
              (place ? `${place.shape.join('×')} were expected` : `there are ${params.map((p) => p.name).join(', ')}`),
          );
      }
      for (const [parameter, values] of weights) scope.write(at(parameter), values);
    },
    async save(which = () => true) {
      const names = params.map((p) => p.name).filter((parameter) => which(parameter));
      const data = await scope.read(...names.map(at));
      return new Map(names.map((parameter, i) => [parameter, new Float32Array(data[i])]));
    },
    copyTo(other) {
      const pairs = params.flatMap(({ name: parameter }) => {
        const to = other.layout.find('params', parameter);
        return to ? [{ from: at(parameter), to }] : [];
      });
      const unequal = pairs.find(({ from, to }) => from.shape.join() !== to.shape.join());
      if (unequal || !pairs.length)
        throw new Error(
          `${name}: nothing was copied; ` +
            (unequal
              ? `a parameter is ${unequal.from.shape.join('×')} here and ${unequal.to.shape.join('×')} there`
              : `the other lab has ${other.params.map((p) => p.name).join(', ')} only`),
        );
      other.scope.copy(scope, pairs);
    },
    model(config) {
      checkParameters('a GPT of this configuration', parameters(config), layout);
      const close = () => undefined; // the lab's own
      return { config, storage: 'f32', engine, scope, layout, ready: Promise.resolve(), close };
    },
    get bytes() {
      return [scope, ...[...benches].map((bench) => bench.scope)].reduce((sum, s) => sum + s.bytes, 0);
    },
    get trainedBytes() {
      const open = [...benches];
      const learns = params.filter((p) => open.some((bench) => bench.layout.find('grads', p.name)));
      return learns.reduce((sum, p) => sum + 4 * sizeOf(p), 0);
    },
    close() {
      for (const bench of benches) closeBench(bench);
      scope.close();
    },
  };
}

function checkParameters(who: string, wanted: readonly Parameter[], layout: Layout): void {
  for (const { name, shape } of wanted) {
    const found = layout.find('params', name)?.shape.join('×');
    if (found !== shape.join('×'))
      throw new Error(
        `${who} wants ${name} (${shape.join('×')}); the lab has ${found ? `it as ${found}` : 'none of that name'}`,
      );
  }
}

/** Measures how long something takes. */
function stopwatch() {
  const watch = {
    seconds: 0,
    async measure<T>(work: () => Promise<T>): Promise<T> {
      const began = performance.now();
      const result = await work();
      watch.seconds = (performance.now() - began) / 1000;
      return result;
    },
  };
  return watch;
}

function running({ program, layout, scope, runner }: Bench, close: () => void): Running {
  const watch = stopwatch();
  const write = feed(program, scope, layout);
  const { plan } = runner;
  return {
    program,
    plan,
    close,
    get seconds() {
      return watch.seconds;
    },
    run(feeds, ...names) {
      return watch.measure(async () => {
        const regions = names.map((name) => {
          const region = plan.values[name];
          if (region) return region;
          throw new Error(
            `program ${program.name} keeps no "${name}"; it keeps ${Object.keys(plan.values).join(', ')}`,
          );
        });
        write(feeds);
        runner.run();
        const data = await runner.read(...regions);
        return regions.map(({ shape }, i) => ({ shape, data: new Float32Array(data[i]) }));
      });
    },
  };
}

function training({ program, layout, scope, runner }: Bench, seed: number, close: () => void): Training {
  const watch = stopwatch();
  const write = feed(program, scope, layout);
  const { loss, norm } = runner.plan.values;
  const rates = ratesOf(program);
  let steps = 0;
  return {
    program,
    plan: runner.plan,
    close,
    get seconds() {
      return watch.seconds;
    },
    get steps() {
      return steps;
    },
    train(feeds, hyper) {
      return watch.measure(async () => {
        for (const rate of rates) scope.write(layout.region('hyper', hyperName(rate)), hyperWords(hyper, steps, rate));
        scope.write(layout.region('state', 'state'), stateWords(seed, steps));
        write(feeds);
        runner.run();
        const [lossWords, normWords] = (await runner.read(loss, norm)).map((bytes) => new Float32Array(bytes));
        const result = stepResult([lossWords], normWords);
        if (!result.skipped) steps++;
        return result;
      });
    },
    restart() {
      steps = 0;
      for (const arena of ['m', 'v']) scope.write(layout.whole(arena), new Uint8Array(layout.whole(arena).bytes));
    },
  };
}
