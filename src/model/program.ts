/**
 * A Program is all that running or training a model needs: parameters, named inputs and the function that writes its graph.
 * A causal GPT is one; so is a classifier on a frozen trunk or a reward model. All are planned the same way.
 */
import { Graph, type Tensor } from '../graph/graph.ts';
import type { Layout } from '../graph/layout.ts';
import type { Elem } from '../plan/types.ts';
import type { Parameter } from './parameter.ts';

/** Numbers that change with every run: token ids, targets, weights, spans. */
export interface Input {
  readonly name: string;
  /** Sizes from slowest to fastest varying. */
  readonly shape: readonly number[];
  readonly elem: Elem;
  /** Of sorted positions: ids below this one are left out. */
  readonly blank?: number;
}

/** R ids into a table (V C), and their positions sorted by id, which the table's gradient needs; ids below `blank` have none. */
export const tokenInputs = (name: string, R: number, V: number, blank = 0): Input[] => [
  { name, shape: [R], elem: 'u32' },
  { name: `${name}.order`, shape: [R], elem: 'u32', blank },
  { name: `${name}.starts`, shape: [V + 1], elem: 'u32' },
];

/** What R rows should have been, and how much each counts: weights of either sign that include the normalisation (1/number of targets). */
export const targetInputs = (R: number, prefix = ''): Input[] => [
  { name: `${prefix}targets`, shape: [R], elem: 'u32' },
  { name: `${prefix}weights`, shape: [R], elem: 'f32' },
];

/** Numbers that never change (rotary angles): the code that opens the program writes them once. */
export interface Constant {
  readonly name: string;
  /** Sizes from slowest to fastest varying. */
  readonly shape: readonly number[];
  /** Its numbers, in the order of its shape. */
  values(): Float32Array<ArrayBuffer>;
}

/** What a model computes, as data and a function that writes its graph: any network of the ops can be run and trained. */
export interface Program {
  readonly name: string;
  readonly params: readonly Parameter[];
  /** Does the parameter learn? Gradients stop at the first one that does. */
  trainable(name: string): boolean;
  /** Factor on the learning rate of a parameter that learns. Default: 1. */
  rate?(name: string): number;
  readonly inputs: readonly Input[];
  readonly constants?: readonly Constant[];
  /** Writes the graph. `loss` (one number) is what training makes smaller; `keep` can be read after a run. */
  build(b: Build): { readonly loss?: Tensor; readonly keep: Readonly<Record<string, Tensor>> };
}

/** What the lines of a model need around them. */
export interface Build {
  readonly g: Graph;
  readonly layout: Layout;
  /** What the program declares. A line uses what is declared (a bias, an adapter) and skips the rest. */
  readonly declared: ReadonlySet<string>;
  /** Parameters get gradients (those whose place is in `grads` too), and ops keep what their gradients need. */
  readonly training: boolean;
  /** Named activations, for people who want to see them. */
  readonly taps: Record<string, Tensor>;
  /** Every dropout has a salt of its own, counted from 0. */
  readonly salts: { next: number };
}

export function openBuild(layout: Layout, params: readonly Parameter[], training = false): Build {
  const declared = new Set(params.map((p) => p.name));
  return { g: new Graph(), layout, declared, training, taps: {}, salts: { next: 0 } };
}

/** A tensor of a shared arena as a graph tensor (one object per place). */
export function shared(b: Build, arena: string, name: string): Tensor {
  const known = b.g.tensors.find((t) => t.arena === arena && t.name === name);
  if (known) return known;
  const { shape, elem } = b.layout.region(arena, name);
  const trained = b.training && arena === 'params' && b.layout.find('grads', name) !== undefined;
  return b.g.tensor(name, shape, { arena, elem, trained });
}

/** A parameter. Throws with the program's names when it declares none of that name. */
export function param(b: Build, name: string): Tensor {
  if (!b.declared.has(name))
    throw new Error(`parameter ${name} is not declared; declared are ${[...b.declared].join(', ')}`);
  return shared(b, 'params', name);
}

export const optional = (b: Build, name: string): Tensor | undefined =>
  b.declared.has(name) ? param(b, name) : undefined;

export const input = (b: Build, name: string): Tensor => shared(b, 'batch', name);
