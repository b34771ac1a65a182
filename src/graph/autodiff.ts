/**
 * Reverse-mode differentiation. Each op declares its gradient as nodes of other ops (`rules`); what a tensor's users send back
 * is summed (gradients.ts). Parameter gradients land in the `grads` arena, first contribution written, later ones added by ACCUM.
 */
import { type Gradients, openGradients } from './gradients.ts';
import type { Graph, Node, Tensor } from './graph.ts';
import type { Rule } from './rules.ts';
import { overlap, reads, root, writes } from './tensor.ts';

export interface AutodiffOptions {
  readonly rules: Readonly<Record<string, Rule>>;
  /** Parameter gradients are added to what the arena holds (gradient accumulation over micro-batches). */
  readonly accumulate?: boolean;
  /** Activations inside segments are computed again instead of kept. */
  readonly recompute?: boolean;
}

/** A node of the backward pass; `chunkEnd`: it belongs after this many forward nodes, where its chunk ends. */
interface Emitted {
  readonly node: Node;
  readonly chunkEnd?: number;
}

/** Appends the backward pass of everything that needs a gradient. The loss nodes seed themselves (cross_entropy GRAD). */
export function differentiate(g: Graph, options: AutodiffOptions): void {
  const forward = [...g.nodes];
  const needs = tensorsThatNeedGradients(forward);
  refuseOverwritten(forward, needs);
  const d = openGradients(g, needs, options.accumulate ?? false);
  const emitted: Emitted[] = [];
  g.scope('backward', () => {
    for (const step of reversed(g, forward, needs, options.recompute ?? false, emitted)) {
      for (const node of writeRule(g, step.node, needs, d, options.rules)) emitted.push({ ...step, node });
    }
  });
  const { tail, behind } = putChunksFirst(emitted);
  g.nodes.length = 0;
  forward.forEach((node, i) => g.nodes.push(node, ...(behind.get(i + 1) ?? [])));
  g.nodes.push(...tail);
}

/** The nodes that carry gradients back through `node`, removed from the graph's end again. */
function writeRule(
  g: Graph,
  node: Node,
  needs: ReadonlySet<Tensor>,
  d: Gradients,
  rules: AutodiffOptions['rules'],
): Node[] {
  const start = g.nodes.length;
  const rule = rules[node.op];
  if (!rule && Object.values(node.ports).some((t) => needs.has(root(t))))
    throw new Error(
      `${node.label}: op ${node.op} has no gradient rule; rules exist for ${Object.keys(rules).join(', ')}`,
    );
  rule?.(g, node, d);
  return g.nodes.splice(start);
}

/**
 * What a chunk's backward emits comes right after the chunk, so that its logits need not outlive it. The exception: it touches what
 * something emitted before it (for later nodes) writes or reads after that place.
 */
function putChunksFirst(emitted: readonly Emitted[]): { tail: Node[]; behind: Map<number, Node[]> } {
  const behind = new Map<number, Node[]>();
  const placed: Emitted[] = [];
  for (const { node, chunkEnd } of emitted) {
    const late = (p: Emitted) => p.chunkEnd === undefined || p.chunkEnd > chunkEnd!;
    const at = chunkEnd === undefined || placed.some((p) => late(p) && depend(p.node, node)) ? undefined : chunkEnd;
    placed.push({ node, ...(at !== undefined && { chunkEnd: at }) });
    if (at !== undefined) behind.set(at, [...(behind.get(at) ?? []), node]);
  }
  return { tail: placed.filter((p) => p.chunkEnd === undefined).map((p) => p.node), behind };
}

/** Whether one of them writes what the other touches, so that their order matters. */
function depend(a: Node, b: Node): boolean {
  const touched = (node: Node) => [...reads(node), ...writes(node)];
  const meets = (one: readonly Tensor[], other: readonly Tensor[]) => one.some((t) => other.some((o) => overlap(t, o)));
  return meets(writes(a), touched(b)) || meets(writes(b), touched(a));
}

/** Gradients need the numbers the forward pass saw: throws where something read is changed later, or is read after it has changed. */
function refuseOverwritten(forward: readonly Node[], needs: ReadonlySet<Tensor>): void {
  const readers = new Map<Tensor, { t: Tensor; by: Node }[]>();
  const losses = new Map<Tensor, { t: Tensor; by: Node }[]>();
  const note = (list: typeof readers, t: Tensor, by: Node) =>
    list.set(root(t), [...(list.get(root(t)) ?? []), { t, by }]);
  const find = (list: typeof readers, t: Tensor) =>
    needs.has(root(t)) ? list.get(root(t))?.find((e) => overlap(e.t, t)) : undefined;
  for (const node of forward) {
    for (const t of reads(node)) {
      const loss = find(losses, t);
      if (loss)
        throw new Error(
          `${node.label}: ${t.name} holds its gradient by now, ${loss.by.label} wrote it over the logits: read a copy made before`,
        );
      note(readers, t, node);
    }
    for (const t of writes(node)) {
      const reader = find(readers, t);
      if (reader)
        throw new Error(
          `${node.label}: op ${node.op} changes ${t.name}, which ${reader.by.label} has read and needs again for its gradient: ` +
            'one of the two needs a copy',
        );
    }
    if (node.options.GRAD) note(losses, node.ports['logits'], node);
  }
}

/** Activations downstream of a trained parameter, and what meets them at a node; views replaced by their bases. */
function tensorsThatNeedGradients(nodes: readonly Node[]): Set<Tensor> {
  const needs = new Set<Tensor>();
  for (const node of nodes) {
    const tensors = Object.values(node.ports).map(root);
    if (!tensors.some((t) => t.trained || needs.has(t))) continue;
    for (const t of tensors) if (!t.arena && t.elem !== 'u32') needs.add(t);
  }
  return needs;
}

/**
 * Forward nodes last to first; consecutive chunks first to last (each backwards inside), so that their sums run in order.
 * With `recompute`, each segment is first emitted again, on fresh tensors.
 */
function* reversed(
  g: Graph,
  forward: readonly Node[],
  needs: Set<Tensor>,
  recompute: boolean,
  emitted: Emitted[],
): Generator<Emitted> {
  for (let i = forward.length - 1; i >= 0; i--) {
    const last = g.chunks.findIndex((c) => c.end === i + 1);
    const segment = recompute ? g.segments.find((s) => s.end === i + 1) : undefined;
    if (last >= 0) {
      let first = last;
      while (first > 0 && g.chunks[first - 1].end === g.chunks[first].start) first--;
      for (const { start, end } of g.chunks.slice(first, last + 1))
        for (let j = end - 1; j >= start; j--) yield { node: forward[j], chunkEnd: end };
      i = g.chunks[first].start;
    } else if (segment) {
      const again = emitAgain(g, forward.slice(segment.start, segment.end), forward.slice(segment.end), needs);
      emitted.push(...again.emitted.map((node) => ({ node })));
      for (let j = again.nodes.length - 1; j >= 0; j--) yield { node: again.nodes[j] };
      i = segment.start;
    } else yield { node: forward[i] };
  }
}

/** Clones nodes. Their results get fresh tensors, except those that later nodes read: these are still alive, and their nodes not run again. */
function emitAgain(
  g: Graph,
  nodes: readonly Node[],
  later: readonly Node[],
  needs: Set<Tensor>,
): { nodes: Node[]; emitted: Node[] } {
  const kept = new Set(later.flatMap((n) => Object.values(n.ports).map(root)));
  const made = new Map<Tensor, Tensor>();
  const remade = (t: Tensor): Tensor => {
    const base = made.get(root(t)) ?? root(t);
    return t.base ? g.view(base, t.offset!, t.shape) : base;
  };
  const again: Node[] = [];
  const emitted: Node[] = [];
  for (const node of nodes) {
    const outputs = writes(node)
      .map(root)
      .filter((t) => !t.arena);
    const alive = outputs.length === 0 || outputs.some((t) => kept.has(t));
    for (const t of outputs) {
      if (alive || made.has(t)) continue;
      made.set(t, g.tensor(`${t.name}.again`, t.shape, { elem: t.elem }));
      if (needs.has(t)) needs.add(made.get(t)!);
    }
    const ports = Object.fromEntries(Object.entries(node.ports).map(([port, t]) => [port, remade(t)]));
    const clone = { ...node, ports, label: `again.${node.label}` };
    again.push(clone);
    if (!alive) emitted.push(clone);
  }
  return { nodes: again, emitted };
}
