/**
 * Reverse-mode differentiation. Each op declares its gradient as nodes of other ops (`rules`); what a tensor's users send back
 * is summed. Parameter gradients land in the `grads` arena, first contribution written, later ones added by ACCUM.
 */
import { elements, type Graph, type Node, type Tensor } from './graph.ts';

export interface Gradients {
  /** The gradient of `t`, if anything reached it. */
  of(t: Tensor): Tensor | undefined;
  /** Gives `t` one more contribution, which `emit` writes into `out`; skipped when nothing needs it. */
  send(t: Tensor, name: string, emit: (out: Tensor) => void): void;
  /** The same for a trained parameter: `emit` gets the gradient tensor and whether to add to what is there. */
  sendParam(t: Tensor | undefined, emit: (out: Tensor, accumulate: 0 | 1) => void): void;
  /** The contribution is tensor `d` as it is (identity). */
  alias(t: Tensor, d: Tensor): void;
  wants(t: Tensor | undefined): boolean;
}

export type Rule = (g: Graph, node: Node, d: Gradients) => void;

export interface AutodiffOptions {
  readonly rules: Readonly<Record<string, Rule>>;
  /** Parameter gradients are added to what the arena holds (gradient accumulation over micro-batches). */
  readonly accumulate?: boolean;
  /** Activations inside segments are computed again instead of kept. */
  readonly recompute?: boolean;
}

/** Appends the backward pass of everything that needs a gradient. The loss nodes seed themselves (cross_entropy GRAD). */
export function differentiate(g: Graph, options: AutodiffOptions): void {
  const forward = [...g.nodes];
  const needs = tensorsThatNeedGradients(forward);
  const grads = new Map<Tensor, Tensor>();
  const written = new Set<Tensor>();

  const of = (t: Tensor): Tensor | undefined => {
    const own = grads.get(t);
    if (own || !t.base) return own;
    const whole = grads.get(t.base);
    return whole && g.rows(whole, t.offset! / (elements(t.base) / t.base.shape[0]), t.shape[0]);
  };
  const d: Gradients = {
    of,
    wants: (t) => t !== undefined && needs.has(t),
    send(t, name, emit) {
      if (!needs.has(t)) return;
      if (t.base) {
        // the slices of one tensor: each user writes its own rows of the whole gradient
        if (!grads.has(t.base)) grads.set(t.base, g.tensor(`d${t.base.name}`, t.base.shape));
        emit(of(t)!);
        return;
      }
      const before = grads.get(t);
      const out = g.tensor(`d${name}`, t.shape);
      emit(out);
      if (!before) grads.set(t, out);
      else {
        const total = g.tensor(`d${name}.sum`, t.shape);
        g.node('add', {
          dims: { N: elements(t) },
          scalars: { alpha: 1, beta: 1 },
          ports: { a: out, b: before, out: total },
          label: `d${name}.sum`,
        });
        grads.set(t, total);
      }
    },
    sendParam(t, emit) {
      if (!t?.trained) return;
      const out = gradientOf(g, t);
      emit(out, options.accumulate || written.has(t) ? 1 : 0);
      written.add(t);
    },
    alias(t, source) {
      if (!needs.has(t)) return;
      const before = grads.get(t);
      if (!before) grads.set(t, source);
      else d.send(t, t.name, (out) => g.node('add', copyNode(source, out)));
    },
  };

  // what a chunk's backward emits stands right behind the chunk: its logits need not outlive it
  const behind = new Map<number, Node[]>();
  const tail: Node[] = [];
  g.scope('backward', () => {
    for (const { node, chunkEnd } of reversed(g, forward, needs, options.recompute ?? false, tail)) {
      const rule = options.rules[node.op];
      if (rule) {
        rule(g, node, d);
        const emitted = g.nodes.splice(forward.length);
        if (chunkEnd === undefined) tail.push(...emitted);
        else behind.set(chunkEnd, [...(behind.get(chunkEnd) ?? []), ...emitted]);
      } else if (Object.values(node.ports).some((t) => needs.has(t)))
        throw new Error(
          `${node.label}: op ${node.op} has no gradient rule; rules exist for ${Object.keys(options.rules).join(', ')}`,
        );
    }
  });
  g.nodes.length = 0;
  forward.forEach((node, i) => g.nodes.push(node, ...(behind.get(i + 1) ?? [])));
  g.nodes.push(...tail);
}

/** Adding a tensor to nothing: 1·a + 0·a. */
function copyNode(from: Tensor, out: Tensor) {
  return {
    dims: { N: elements(from) },
    scalars: { alpha: 1, beta: 0 },
    ports: { a: from, b: from, out },
    label: 'copy',
  };
}

/** The gradient tensor of a trained parameter: same name and shape in the `grads` arena. */
export function gradientOf(g: Graph, t: Tensor): Tensor {
  const arena = t.arena!.replace(/^params/, 'grads');
  return g.tensors.find((x) => x.arena === arena && x.name === t.name) ?? g.tensor(t.name, t.shape, { arena });
}

/** Activations downstream of a trained parameter. */
function tensorsThatNeedGradients(nodes: readonly Node[]): Set<Tensor> {
  const needs = new Set<Tensor>();
  for (const node of nodes) {
    const tensors = Object.values(node.ports);
    if (!tensors.some((t) => t.trained || needs.has(t) || (t.base && needs.has(t.base)))) continue;
    for (const t of tensors) if (!t.arena && t.elem !== 'u32') needs.add(t);
  }
  // a view needs a gradient when its base does
  for (const node of nodes) for (const t of Object.values(node.ports)) if (t.base && needs.has(t.base)) needs.add(t);
  return needs;
}

/**
 * Forward nodes last to first; consecutive chunks first to last (each backwards inside), so that their sums run in order.
 * With `recompute`, each segment is first emitted again, on fresh tensors, into `tail`.
 */
function* reversed(
  g: Graph,
  forward: readonly Node[],
  needs: Set<Tensor>,
  recompute: boolean,
  tail: Node[],
): Generator<{ node: Node; chunkEnd?: number }> {
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
      tail.push(...again.emitted);
      for (let j = again.nodes.length - 1; j >= 0; j--) yield { node: again.nodes[j] };
      i = segment.start;
    } else yield { node: forward[i] };
  }
}

/** Clones nodes; what they make gets fresh tensors, except what later nodes read: that is still alive, and its node is not run again. */
function emitAgain(
  g: Graph,
  nodes: readonly Node[],
  later: readonly Node[],
  needs: Set<Tensor>,
): { nodes: Node[]; emitted: Node[] } {
  const kept = new Set(later.flatMap((n) => Object.values(n.ports)));
  const made = new Map<Tensor, Tensor>();
  const again: Node[] = [];
  const emitted: Node[] = [];
  for (const node of nodes) {
    const alive = kept.has(node.ports['out']);
    const ports: Record<string, Tensor> = {};
    for (const [port, t] of Object.entries(node.ports)) {
      if (!made.has(t) && !alive && MADE.includes(port) && !t.arena) {
        made.set(t, g.tensor(`${t.name}.again`, t.shape, { elem: t.elem }));
        if (needs.has(t)) needs.add(made.get(t)!);
      }
      ports[port] = made.get(t) ?? t;
    }
    const clone = { ...node, ports, label: `again.${node.label}` };
    again.push(clone);
    if (!alive) emitted.push(clone);
  }
  return { nodes: again, emitted };
}

/** Ports that forward ops write. */
const MADE = ['out', 'stats', 'lse'];
