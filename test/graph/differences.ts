/** The backward pass of a small program against central differences in f64, and on another engine against that. */
import type { Layout } from '../../src/graph/layout.ts';
import { parametersLayout } from '../../src/model/places.ts';
import { programLayout } from '../../src/model/program_places.ts';
import { planRun, planTrain, type TrainingOptions } from '../../src/model/planning.ts';
import type { Program } from '../../src/model/program.ts';
import type { Engine, Facts, Scope } from '../../src/plan/types.ts';
import { ReferenceEngine, referenceFacts } from '../../src/reference/engine.ts';
import { normals, randomStream } from '../../src/sample/random.ts';

export interface Checked {
  readonly program: Program;
  /** Inputs by name; floats that are not given are normal numbers. */
  readonly values?: Readonly<Record<string, Uint32Array<ArrayBuffer> | Float32Array<ArrayBuffer>>>;
}

const count = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);
const meanSquareRoot = (x: ArrayLike<number>): number =>
  Math.sqrt(Array.from(x).reduce((sum, v) => sum + v * v, 0) / x.length);

/** Positions sorted by id, as the gradient of a table wants them; `blank`: an id whose positions are left out. */
export function sorted(
  name: string,
  ids: Uint32Array,
  V: number,
  blank?: number,
): Record<string, Uint32Array<ArrayBuffer>> {
  const order = Uint32Array.from(
    [...ids.keys()].filter((i) => ids[i] !== blank).sort((a, b) => ids[a] - ids[b] || a - b),
  );
  const starts = Uint32Array.from({ length: V + 1 }, (_, v) => order.filter((i) => ids[i] < v).length);
  const padded = new Uint32Array(ids.length);
  padded.set(order);
  return { [name]: Uint32Array.from(ids), [`${name}.order`]: padded, [`${name}.starts`]: starts };
}

export function compileChecked({ program }: Checked, how: TrainingOptions = {}, facts: Facts = referenceFacts) {
  const layout = programLayout(parametersLayout(program.params), program, { train: true });
  const train = planTrain(program, { layout, facts }, how);
  // the optimizer would change what is compared
  const steps = train.steps.filter((s) => s.op !== 'adamw');
  return { layout, train: { ...train, steps }, run: planRun(program, { layout, facts }, 'run') };
}

/** The same numbers for every engine. Every parameter is random, so that none hides what another does. */
export function fill(scope: Scope, layout: Layout, { program, values = {} }: Checked): void {
  scope.allocate(layout.arena('params'), ...layout.arenas());
  let seed = 1;
  const random = (shape: readonly number[]) => normals(count(shape), 0.5, randomStream(17, seed++));
  for (const { name, shape } of program.params) scope.write(layout.region('params', name), random(shape));
  for (const { name, values: constant } of program.constants ?? [])
    scope.write(layout.region('tables', name), constant());
  for (const { name, shape, elem } of program.inputs) {
    if (elem === 'u32' && !values[name]) throw new Error(`input ${name} holds ids: its values must be given`);
    scope.write(layout.region('batch', name), values[name] ?? random(shape));
  }
}

const learns = ({ params, trainable }: Program) => params.filter(({ name }) => trainable(name));

/** Worst |gradient − central difference| over |difference| + the root mean square of the parameter's gradient. */
export async function gradientError(one: Checked, how: TrainingOptions = {}): Promise<number> {
  const { layout, train, run } = compileChecked(one, how);
  const scope = new ReferenceEngine().open('test');
  fill(scope, layout, one);
  const trainer = await scope.load(train);
  const evaluator = await scope.load(run);
  const start = how.accumulate ? 3 : NaN;
  const numbers = (arena: string, name: string) => scope.numbers(layout.region(arena, name));
  for (const { name } of learns(one.program)) numbers('grads', name).fill(start);
  trainer.run();
  const lossOf = () => {
    evaluator.run();
    return evaluator.numbers(run.values['loss'])[0];
  };
  const random = randomStream(5, 5);
  let worst = 0;
  for (const { name, shape, blank = 0 } of learns(one.program)) {
    const values = numbers('params', name);
    const gradient = Float64Array.from(numbers('grads', name), (x) => (how.accumulate ? x - start : x));
    const size = meanSquareRoot(gradient);
    if (!(size > 1e-9)) throw new Error(`${name} has no gradient to check: its root mean square is ${size}`);
    for (let k = 0; k < 8; k++) {
      const fixed = (blank * values.length) / shape[0];
      const i = fixed + Math.floor(random() * (values.length - fixed));
      const before = values[i];
      const at = (x: number) => {
        values[i] = x;
        return lossOf();
      };
      const want = (at(before + 1e-5) - at(before - 1e-5)) / 2e-5;
      values[i] = before;
      worst = Math.max(worst, Math.abs(want - gradient[i]) / (Math.abs(want) + size));
    }
  }
  return worst;
}

/** Worst difference between an engine's gradients and the reference's, over the gradient's root mean square. */
export async function engineError(one: Checked, engine: Engine, how: TrainingOptions = {}): Promise<number> {
  const gradients = [];
  for (const each of [new ReferenceEngine(), engine]) {
    const { layout, train } = compileChecked(one, how, each.facts);
    const scope = each.open('test');
    fill(scope, layout, one);
    const runner = await scope.load(train);
    runner.run();
    const read = await scope.read(...learns(one.program).map(({ name }) => layout.region('grads', name)));
    gradients.push(read.map((bytes) => new Float32Array(bytes)));
    scope.close();
  }
  const [want, got] = gradients;
  return Math.max(
    ...want.map((x, p) => x.reduce((worst, v, i) => Math.max(worst, Math.abs(v - got[p][i])), 0) / meanSquareRoot(x)),
  );
}
