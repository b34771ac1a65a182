/** Graph → Plan: fuse what one kernel can do, choose a variant for every node, place every tensor. Runs once per model, never per step. */
import { choose, type Table, worthMerging } from '../kernels/choose.ts';
import { opBytes } from '../kernels/op.ts';
import { findOp } from '../kernels/registry.ts';
import type { Facts, Knobs, Pass, Plan, Region, PlanStep } from '../plan/types.ts';
import { fuse } from './fuse.ts';
import type { Graph, Node, Tensor } from './graph.ts';
import type { Layout } from './layout.ts';
import { place, type Use } from './place.ts';
import { elements, reads, root, writes } from './tensor.ts';

export interface CompileOptions {
  readonly name: string;
  readonly facts: Facts;
  /** Places of the shared tensors. */
  readonly layout: Layout;
  /** Activations to keep readable after a run (outputs, taps), by their names in `plan.values`. */
  readonly keep?: Readonly<Record<string, Tensor>>;
  readonly table?: Table;
}

interface Chosen {
  readonly node: Node;
  readonly variant: string;
  readonly knobs: Knobs;
  readonly passes: readonly Pass[];
  readonly workspace?: Tensor;
}

export function compile(g: Graph, { name, facts, layout, keep = {}, table }: CompileOptions): Plan {
  const kept = new Set(Object.values(keep).map(root));
  const canRun = (op: string, dims: Node['dims'], options: Node['options']): boolean => {
    try {
      return worthMerging(choose(findOp(op), dims, options, facts, table).variant, facts);
    } catch {
      return false;
    }
  };
  const chosen = fuse(g.nodes, kept, canRun).map((node) => chooseFor(g, node, facts, table));
  const uses = chosen.map(({ node, workspace }) => useOf(node, workspace));
  const { arenas, regions } = place(name, uses, kept, facts.limits.maxBufferSize);

  const regionOf = (t: Tensor): Region => {
    const base = root(t);
    const whole = base.arena ? layout.region(base.arena, base.name) : regions.get(base);
    if (!whole) throw new Error(`${name}: ${base.name} has no place: nothing computes it`);
    if (!t.base) return whole;
    const size = t.elem === 'f16' ? 2 : 4;
    return {
      ...whole,
      offset: whole.offset + t.offset! * size,
      bytes: elements(t) * size,
      shape: t.shape,
    };
  };
  const steps = chosen.map(({ node, workspace, ...how }): PlanStep => {
    const op = findOp(node.op);
    return {
      op: node.op,
      ...how,
      dims: node.dims,
      options: node.options,
      scalars: node.scalars,
      ports: Object.fromEntries(Object.entries(node.ports).map(([port, t]) => [port, regionOf(t)])),
      ...(workspace && { workspace: regionOf(workspace) }),
      label: node.label,
      flops: op.flops(node.dims, node.options),
      bytes: opBytes(op, node.dims, node.options),
    };
  });
  const shared = new Set(steps.flatMap((s) => Object.values(s.ports)).map((r) => r.arena));
  const values = Object.fromEntries(Object.entries(keep).map(([key, t]) => [key, regionOf(t)]));
  return {
    name,
    facts,
    arenas: [...[...shared].filter((a) => !arenas.some((w) => w.name === a)).map((a) => layout.arena(a)), ...arenas],
    steps,
    values,
  };
}

function chooseFor(g: Graph, node: Node, facts: Facts, table: Table | undefined): Chosen {
  const { variant, knobs } = choose(findOp(node.op), node.dims, node.options, facts, table);
  const scratch = variant.workspace?.(node.dims, knobs, node.options) ?? 0;
  return {
    node,
    variant: variant.name,
    knobs,
    passes: variant.passes(node.dims, knobs, node.options, facts),
    ...(scratch > 0 && { workspace: g.tensor(`${node.label}.workspace`, [scratch]) }),
  };
}

/** A node as placement sees it: activations, with views replaced by their bases. */
function useOf(node: Node, workspace: Tensor | undefined): Use {
  const placed = (tensors: readonly Tensor[]) => tensors.map(root).filter((t) => !t.arena);
  return { reads: placed(reads(node)), writes: [...(workspace ? [workspace] : []), ...placed(writes(node))] };
}
