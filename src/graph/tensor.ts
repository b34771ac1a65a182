/** What a graph is made of: tensors and the nodes that compute them. Plain data. */
import { findOp } from '../kernels/registry.ts';
import type { Dims, Elem, Options, Scalars } from '../plan/types.ts';

/** A value of the graph: a shape, and where it will be stored. */
export interface Tensor {
  readonly id: number;
  readonly name: string;
  /** Sizes from slowest to fastest varying, in elements. */
  readonly shape: readonly number[];
  readonly elem: Elem;
  /** Lives in this shared arena (parameters, inputs, caches, state); undefined: an activation, placed by liveness. */
  readonly arena?: string;
  /** A parameter that is trained: gets a gradient of the same shape. */
  readonly trained?: boolean;
  /** A view: these numbers of `base` (never itself a view), starting `offset` elements in. */
  readonly base?: Tensor;
  /** Elements from the start of `base`. */
  readonly offset?: number;
}

/** An op on tensors of the graph. */
export interface Node {
  readonly op: string;
  readonly dims: Dims;
  readonly options: Options;
  readonly scalars: Scalars;
  /** Present ports only. */
  readonly ports: Readonly<Record<string, Tensor>>;
  readonly label: string;
}

/** What a node is made from. */
export interface NodeRequest {
  readonly dims: Dims;
  readonly options?: Options;
  readonly scalars?: Scalars;
  readonly ports: Readonly<Record<string, Tensor>>;
  /** Appended to the builder's scope. */
  readonly label?: string;
}

export function elements(t: { readonly shape: readonly number[] }): number {
  return t.shape.reduce((a, b) => a * b, 1);
}

/** The tensor whose memory this one is, or is part of. */
export const root = (t: Tensor): Tensor => t.base ?? t;

/** Covers all of its memory: not a view, or a view that changes only the shape. */
export const isWhole = (t: Tensor): boolean => !t.base || elements(t) === elements(t.base);

/** Elements of a tensor's memory. */
export type Run = readonly [from: number, to: number];

/** The elements of its base that a view covers; all elements of a tensor that is not a view. */
export const runOf = (t: Tensor): Run => [t.offset ?? 0, (t.offset ?? 0) + elements(t)];

export const overlap = (a: Tensor, b: Tensor): boolean =>
  root(a) === root(b) && runOf(a)[0] < runOf(b)[1] && runOf(b)[0] < runOf(a)[1];

function at(node: Node, ...directions: readonly ('in' | 'out' | 'inout')[]): Tensor[] {
  return findOp(node.op)
    .ports.filter((port) => directions.includes(port.dir))
    .flatMap((port) => node.ports[port.name] ?? []);
}

/** Tensors that a node only reads. */
export const reads = (node: Node): Tensor[] => at(node, 'in');

/** Tensors that a node writes or changes. */
export const writes = (node: Node): Tensor[] => at(node, 'out', 'inout');

/** The activation a node reads through one port and writes through another, if any: a GPU binds a buffer for one of the two only. */
export function boundBothWays(node: Node): Tensor | undefined {
  const read = new Set(reads(node).map(root));
  return writes(node)
    .map(root)
    .find((t) => !t.arena && read.has(t));
}
