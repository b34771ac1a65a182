/** A program as Plans: a run, a training step, and for micro-batches the optimizer's part alone. */
import { differentiate } from '../graph/autodiff.ts';
import { compile } from '../graph/compile.ts';
import type { Tensor } from '../graph/graph.ts';
import { align, type Layout } from '../graph/layout.ts';
import { checkLoss } from '../graph/loss.ts';
import { rules } from '../graph/rules.ts';
import type { Table } from '../kernels/choose.ts';
import type { Facts, Plan } from '../plan/types.ts';
import { hyperName, rateOf } from './program_places.ts';
import { type Build, openBuild, type Program, shared } from './program.ts';

/** Where a program's numbers are and what it is planned for. */
export interface Place {
  readonly layout: Layout;
  readonly facts: Facts;
  readonly table?: Table;
}

export interface TrainingOptions {
  /** Gradients are added to what is there (micro-batches); the plan then has no optimizer. */
  readonly accumulate?: boolean;
  /** Activations are computed again in the backward pass: less memory, about a third more work. */
  readonly recompute?: boolean;
}

/** Forward only. Keeps what the program keeps, and `loss` if it has one. */
export function planRun(p: Program, { layout, facts, table }: Place, name = p.name): Plan {
  const b = openBuild(layout, p.params);
  const { loss, keep } = p.build(b);
  return compile(b.g, { name, facts, layout, keep: { ...keep, ...(loss && { loss }) }, ...(table && { table }) });
}

/** Forward, backward and (without `accumulate`) clipping and AdamW over everything that learns. Also keeps `loss` and `norm` (see grad_norm). */
export function planTrain(
  p: Program,
  { layout, facts, table }: Place,
  { accumulate = false, recompute = false }: TrainingOptions = {},
  name = p.name,
): Plan {
  const b = openBuild(layout, p.params, true);
  const { loss, keep } = p.build(b);
  if (!loss)
    throw new Error(`program ${p.name} has no loss, so it cannot be trained; it keeps ${Object.keys(keep).join(', ')}`);
  checkLoss(b.g, loss);
  differentiate(b.g, { rules, accumulate, recompute });
  const norm = accumulate ? undefined : optimize(b, p);
  return compile(b.g, { name, facts, layout, keep: { ...keep, loss, ...(norm && { norm }) }, ...(table && { table }) });
}

/** Clipping and AdamW alone: the end of a step of several micro-batches. Leaves gradients at zero for the next. */
export function planOptimizer(p: Program, { layout, facts, table }: Place, name = `${p.name}/optimizer`): Plan {
  const b = openBuild(layout, p.params, true);
  const norm = optimize(b, p);
  const out = stretch(b, 'grads', 0, layout.whole('grads').bytes);
  b.g.node('fill', { dims: { N: out.shape[0] }, scalars: { value: 0 }, ports: { out }, label: 'zero' });
  return compile(b.g, { name, facts, layout, keep: { norm }, ...(table && { table }) });
}

/** Clipping by the norm of all gradients together, then one sweep of AdamW over each run of parameters. */
function optimize(b: Build, p: Program): Tensor {
  const { g, layout } = b;
  const grads = stretch(b, 'grads', 0, layout.whole('grads').bytes);
  const norm = g.tensor('norm', [4]);
  g.node('grad_norm', { dims: { N: grads.shape[0] }, ports: { grads, norm }, label: 'clip' });
  for (const { params, moments, bytes, decayed, rate } of runsOf(p, layout))
    g.node('adamw', {
      dims: { N: bytes / 4, ND: decayed / 4 },
      ports: {
        grads: stretch(b, 'grads', moments, bytes),
        norm,
        hyper: shared(b, 'hyper', hyperName(rate)),
        params: stretch(b, 'params', params, bytes),
        m: stretch(b, 'm', moments, bytes),
        v: stretch(b, 'v', moments, bytes),
      },
    });
  return norm;
}

/** Adjacent parameters that learn at one rate, matrices first: those decay, the rest do not. Offsets in bytes. */
interface Run {
  readonly params: number;
  /** Offset in gradients and moments. */
  readonly moments: number;
  bytes: number;
  decayed: number;
  readonly rate: number;
}

/** One run if everything learns; if only part of a shared set does, as many as gaps and rates require. */
function runsOf(p: Program, layout: Layout): Run[] {
  const trained = p.params
    .flatMap(({ name, matrix }) => {
      const gradient = layout.find('grads', name);
      return gradient ? [{ name, matrix, gradient, place: layout.region('params', name) }] : [];
    })
    .sort((a, b) => a.gradient.offset - b.gradient.offset);
  const runs: Run[] = [];
  for (const { name, matrix, gradient, place } of trained) {
    const bytes = align(gradient.bytes);
    const rate = rateOf(p, name);
    const last = runs.at(-1);
    const goesOn =
      last?.rate === rate && place.offset === last.params + last.bytes && !(matrix && last.decayed < last.bytes);
    const run = goesOn ? last : { params: place.offset, moments: gradient.offset, bytes: 0, decayed: 0, rate };
    if (!goesOn) runs.push(run);
    run.bytes += bytes;
    if (matrix) run.decayed += bytes;
  }
  return runs;
}

/** A part of an arena as one flat tensor. */
function stretch(b: Build, arena: string, offset: number, bytes: number): Tensor {
  const name = `${offset}+${bytes}`;
  if (!b.layout.find(arena, name)) b.layout.alias(arena, name, offset, bytes);
  return shared(b, arena, name);
}
