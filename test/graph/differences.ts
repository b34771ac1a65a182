/** The backward pass of a small graph against central differences in f64, and against the same graph on the CPU engine in f32. */
import { openCpuEngine } from '../../src/cpu/engine.ts';
import { differentiate } from '../../src/graph/autodiff.ts';
import { compile } from '../../src/graph/compile.ts';
import { Graph, type Tensor } from '../../src/graph/graph.ts';
import { Layout } from '../../src/graph/layout.ts';
import { rules } from '../../src/graph/rules.ts';
import type { Elem, Facts, Plan, Scope } from '../../src/plan/types.ts';
import { ReferenceEngine, referenceFacts } from '../../src/reference/engine.ts';
import { normals, randomStream } from '../../src/sample/random.ts';

type Shape = readonly number[];

/** A graph to be checked: what it reads and the lines that write it. */
export interface Sketch {
  /** Trained parameters, filled with normal numbers of deviation 0.5. */
  readonly params: Readonly<Record<string, Shape>>;
  /** Parameters that stay as they are. */
  readonly frozen?: Readonly<Record<string, Shape>>;
  /** Floats are filled with normal numbers; ids are given. */
  readonly inputs?: Readonly<Record<string, Shape | Uint32Array<ArrayBuffer> | Float32Array<ArrayBuffer>>>;
  /** Writes the graph and returns its losses; with `training`, logits become gradients. */
  write(g: Graph, t: (name: string) => Tensor, training: boolean): readonly Tensor[];
}

export interface How {
  readonly recompute?: boolean;
  readonly accumulate?: boolean;
}

interface Compiled {
  readonly layout: Layout;
  readonly train: Plan;
  readonly loss: Plan;
}

const isShape = (x: Shape | Uint32Array | Float32Array): x is Shape => Array.isArray(x);

function place({ params, frozen = {}, inputs = {} }: Sketch): Layout {
  const layout = new Layout();
  for (const [name, shape] of Object.entries({ ...params, ...frozen })) layout.add('params', name, shape);
  for (const [name, shape] of Object.entries(params)) layout.add('grads', name, shape);
  for (const [name, x] of Object.entries(inputs))
    layout.add('batch', name, isShape(x) ? x : [x.length], x instanceof Uint32Array ? 'u32' : 'f32');
  return layout;
}

export function compileSketch(sketch: Sketch, how: How = {}, facts: Facts = referenceFacts): Compiled {
  const layout = place(sketch);
  const plan = (training: boolean): Plan => {
    const g = new Graph();
    const t = (name: string): Tensor => {
      const arena = name in (sketch.inputs ?? {}) ? 'batch' : 'params';
      const { shape, elem } = layout.region(arena, name) as { shape: Shape; elem: Elem };
      const trained = training && name in sketch.params;
      return (
        g.tensors.find((x) => x.arena === arena && x.name === name) ?? g.tensor(name, shape, { arena, elem, trained })
      );
    };
    for (const name of Object.keys(sketch.inputs ?? {})) t(name);
    const losses = sketch.write(g, t, training);
    const keep = Object.fromEntries(losses.map((l, i) => [`losses${i}`, l]));
    if (training) differentiate(g, { rules, ...how });
    return compile(g, { name: training ? 'train' : 'loss', facts, layout, keep });
  };
  return { layout, train: plan(true), loss: plan(false) };
}

/** The same numbers for every engine; parameters also hold their values where no plan of theirs reads them. */
function fill(scope: Scope, layout: Layout, sketch: Sketch): void {
  let seed = 1;
  const random = (shape: Shape) =>
    normals(
      shape.reduce((a, b) => a * b, 1),
      0.5,
      randomStream(17, seed++),
    );
  for (const [name, shape] of Object.entries({ ...sketch.params, ...sketch.frozen }))
    scope.write(layout.region('params', name), random(shape));
  for (const [name, x] of Object.entries(sketch.inputs ?? {}))
    scope.write(layout.region('batch', name), isShape(x) ? random(x) : x);
}

const total = (losses: readonly ArrayLike<number>[]): number =>
  losses.reduce((sum, l) => sum + Array.from(l).reduce((a, b) => a + b, 0), 0);

/** Worst |gradient − central difference| over |difference| + the root mean square of the parameter's gradient. */
export async function gradientError(sketch: Sketch, how: How = {}): Promise<number> {
  const { layout, train, loss } = compileSketch(sketch, how);
  const scope = new ReferenceEngine().open('test');
  scope.allocate(...layout.arenas());
  const trainer = await scope.load(train);
  const evaluator = await scope.load(loss);
  fill(scope, layout, sketch);
  for (const name of Object.keys(sketch.params))
    scope.numbers(layout.region('grads', name)).fill(how.accumulate ? 3 : NaN);
  trainer.run();
  const lossOf = () => {
    evaluator.run();
    return total(Object.values(loss.values).map((region) => evaluator.numbers(region)));
  };
  const random = randomStream(5, 5);
  let worst = 0;
  for (const name of Object.keys(sketch.params)) {
    const values = scope.numbers(layout.region('params', name));
    const gradient = Float64Array.from(scope.numbers(layout.region('grads', name)), (x) =>
      how.accumulate ? x - 3 : x,
    );
    const size = Math.sqrt(gradient.reduce((sum, x) => sum + x * x, 0) / gradient.length);
    if (!(size > 1e-9)) throw new Error(`${name} has no gradient to check: its root mean square is ${size}`);
    for (let k = 0; k < 24; k++) {
      const i = Math.floor(random() * values.length);
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

/** Worst difference between the gradients of the CPU engine and the reference, over the gradient's root mean square. */
export async function engineError(sketch: Sketch, how: How = {}): Promise<number> {
  const cpu = await openCpuEngine({ threads: 1 });
  try {
    const gradients = [];
    for (const engine of [new ReferenceEngine(), cpu]) {
      const { layout, train } = compileSketch(sketch, how, engine.facts);
      const scope = engine.open('test');
      scope.allocate(...layout.arenas());
      const runner = await scope.load(train);
      fill(scope, layout, sketch);
      runner.run();
      const read = await scope.read(...Object.keys(sketch.params).map((name) => layout.region('grads', name)));
      gradients.push(read.map((bytes) => new Float32Array(bytes)));
    }
    const [want, got] = gradients;
    return Math.max(
      ...want.map((one, p) => {
        const size = Math.sqrt(one.reduce((sum, x) => sum + x * x, 0) / one.length);
        return one.reduce((worst, x, i) => Math.max(worst, Math.abs(x - got[p][i])), 0) / size;
      }),
    );
  } finally {
    cpu.close();
  }
}
