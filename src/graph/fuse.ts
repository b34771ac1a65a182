/** Peephole fusion: neighbouring nodes that one kernel can do become one node, and nodes without readers are removed. */
import { findOp } from '../kernels/registry.ts';
import type { Options } from '../plan/types.ts';
import { boundBothWays, type Node, overlap, reads, root, type Tensor, writes } from './tensor.ts';

/** Says whether a merged node could run here (a variant exists for these options on this device). */
export type CanRun = (op: string, dims: Node['dims'], options: Options) => boolean;

interface Context {
  readonly nodes: (Node | undefined)[];
  /** Tensors that must exist after the run. */
  readonly kept: ReadonlySet<Tensor>;
  readonly canRun: CanRun;
}

/** All nodes with `t` (or a view of it) at a port, by index, except `but`. */
function users(c: Context, t: Tensor, but?: number): number[] {
  const found: number[] = [];
  c.nodes.forEach((node, i) => {
    if (node && i !== but && Object.values(node.ports).some((p) => p === t || p.base === t)) found.push(i);
  });
  return found;
}

/** Index of the node that writes `t` at port `out`/`dinp`, before `index`. */
function maker(c: Context, t: Tensor, index: number, op: string): number {
  for (let i = index - 1; i >= 0; i--) {
    const node = c.nodes[i];
    if (node && (node.ports['out'] === t || node.ports['dinp'] === t)) return node.op === op ? i : -1;
  }
  return -1;
}

const free = (c: Context, t: Tensor): boolean => !t.arena && !t.base && !c.kept.has(t);

/** Is `t` complete before node `index` runs? Parameters and inputs are; activations when something earlier made them (`movable` sees what comes later). */
function readyBefore(c: Context, t: Tensor, index: number): boolean {
  return root(t).arena !== undefined || c.nodes.slice(0, index).some((n) => n && writes(n).some((w) => overlap(w, t)));
}

/** Would node `i` compute the same at index `m`? Not if something between changes what it reads, or touches what it writes. */
function movable(c: Context, i: number, m: number): boolean {
  const node = c.nodes[i]!;
  const [read, written] = [reads(node).map(root), writes(node).map(root)];
  return c.nodes.slice(Math.min(i, m) + 1, Math.max(i, m)).every((n) => {
    if (!n) return true;
    const changed = writes(n).map(root);
    return (
      !changed.some((t) => read.includes(t)) &&
      !written.some((t) => changed.includes(t) || reads(n).some((r) => root(r) === t))
    );
  });
}

/** Can the merged node run here? */
const fits = (c: Context, merged: Node): boolean =>
  c.canRun(merged.op, merged.dims, merged.options) && !boundBothWays(merged);

const epilogueFree = (n: Node): boolean =>
  !n.options.GELU && !n.options.DGELU && !n.options.RESIDUAL && !n.options.ACCUM;

/** matmul → gelu: gelu in the epilogue; the pre-activation is stored only if the backward pass reads it. */
function geluIntoMatmul(c: Context, i: number): void {
  const node = c.nodes[i]!;
  const pre = node.ports['inp'];
  const m = maker(c, pre, i, 'matmul');
  if (m < 0 || !free(c, pre) || !movable(c, i, m)) return;
  const matmul = c.nodes[m]!;
  if (!epilogueFree(matmul) || matmul.options.GATE) return;
  const others = users(c, pre, m).filter((u) => u !== i);
  if (others.some((u) => c.nodes[u]!.op !== 'gelu_dinp')) return;
  const merged = {
    ...matmul,
    options: { ...matmul.options, GELU: node.options.ERF ? 2 : 1, SAVE_PRE: others.length ? 1 : 0 },
    ports: { ...matmul.ports, out: node.ports['out'], ...(others.length && { pre }) },
  };
  if (!fits(c, merged)) return;
  c.nodes[m] = merged;
  c.nodes[i] = undefined;
}

/** matmul → gelu_dinp: multiplied by gelu′(pre) in the epilogue. */
function geluDinpIntoMatmul(c: Context, i: number): void {
  const node = c.nodes[i]!;
  const dy = node.ports['dout'];
  const m = maker(c, dy, i, 'matmul');
  if (m < 0 || !free(c, dy) || users(c, dy, m).length !== 1) return;
  if (!readyBefore(c, node.ports['inp'], m) || !movable(c, i, m)) return;
  const matmul = c.nodes[m]!;
  if (!epilogueFree(matmul)) return;
  const merged = {
    ...matmul,
    options: { ...matmul.options, DGELU: node.options.ERF ? 2 : 1 },
    ports: { ...matmul.ports, pre: node.ports['inp'], out: node.ports['dinp'] },
  };
  if (!fits(c, merged)) return;
  c.nodes[m] = merged;
  c.nodes[i] = undefined;
}

/** matmul or layernorm_bwd → add: the other summand enters as `residual`. */
function addIntoMaker(c: Context, i: number): void {
  const { ports, scalars } = c.nodes[i]!;
  if (scalars.alpha !== 1 || scalars.beta !== 1) return;
  for (const [own, other] of [
    [ports['a'], ports['b']],
    [ports['b'], ports['a']],
  ]) {
    for (const op of ['matmul', 'layernorm_bwd']) {
      const m = maker(c, own, i, op);
      if (m < 0 || own === other || !free(c, own) || users(c, own, m).length !== 1) continue;
      if (!readyBefore(c, other, m) || !movable(c, i, m)) continue;
      const node = c.nodes[m]!;
      if (node.options.RESIDUAL || node.options.DGELU || (op === 'matmul' && node.options.ACCUM)) continue;
      const merged = {
        ...node,
        options: { ...node.options, RESIDUAL: 1 },
        ports: { ...node.ports, residual: other, [op === 'matmul' ? 'out' : 'dinp']: ports['out'] },
      };
      if (!fits(c, merged)) continue;
      c.nodes[m] = merged;
      c.nodes[i] = undefined;
      return;
    }
  }
}

/** sum_rows of dy beside dyᵀ·x: the bias gradient falls out of the weight gradient's pass over dy. */
function biasGradientIntoMatmul(c: Context, i: number): void {
  const { ports, options, dims } = c.nodes[i]!;
  const m = c.nodes.findIndex(
    (n) =>
      n?.op === 'matmul' &&
      n.options.TA &&
      !n.options.DBIAS &&
      n.ports['a'] === ports['inp'] &&
      n.dims.M === dims.C &&
      n.options.ACCUM === options.ACCUM,
  );
  if (m < 0 || !movable(c, i, m)) return;
  const matmul = c.nodes[m]!;
  const merged = {
    ...matmul,
    options: { ...matmul.options, DBIAS: 1 },
    ports: { ...matmul.ports, dbias: ports['out'] },
  };
  if (!fits(c, merged)) return;
  c.nodes[m] = merged;
  c.nodes[i] = undefined;
}

/** A linear layer on few rows is a matvec. */
function matmulToMatvec(c: Context, i: number): void {
  const { dims, options, ports, ...rest } = c.nodes[i]!;
  const { Z, M, N, K } = dims;
  if (
    Z !== 1 ||
    M > 8 ||
    !options.TB ||
    options.TA ||
    options.SAVE_PRE ||
    options.DGELU ||
    options.ACCUM ||
    options.DBIAS ||
    options.A16
  )
    return;
  const { BIAS, GELU, GATE, RESIDUAL, B16 } = options;
  const wanted = { NORM: 0, GATED: 0, BIAS, GELU, GATE, RESIDUAL, B16 };
  if (!c.canRun('matvec', { M, N, K }, wanted)) return;
  const { a, b, ...others } = ports;
  c.nodes[i] = {
    ...rest,
    op: 'matvec',
    dims: { M, N, K },
    options: wanted,
    scalars: { eps: 0 },
    ports: { inp: a, weight: b, ...others },
  };
}

/** matvec → silu_mul: both halves in one kernel. */
function siluMulIntoMatvec(c: Context, i: number): void {
  const node = c.nodes[i]!;
  const both = node.ports['inp'];
  const m = maker(c, both, i, 'matvec');
  if (m < 0 || !free(c, both) || users(c, both, m).length !== 1 || !movable(c, i, m)) return;
  const matvec = c.nodes[m]!;
  if (matvec.options.BIAS || matvec.options.GELU || matvec.options.RESIDUAL) return;
  const merged = {
    ...matvec,
    dims: { ...matvec.dims, N: matvec.dims.N / 2 },
    options: { ...matvec.options, GATED: 1 },
    ports: { ...matvec.ports, out: node.ports['out'] },
  };
  if (!fits(c, merged)) return;
  c.nodes[m] = merged;
  c.nodes[i] = undefined;
}

/** layernorm → matvec: each workgroup normalises the row for itself. */
function normIntoMatvec(c: Context, i: number): void {
  const node = c.nodes[i]!;
  const x = node.ports['inp'];
  const m = maker(c, x, i, 'layernorm');
  if (m < 0 || node.options.NORM || !free(c, x) || users(c, x, m).length !== 1 || !movable(c, m, i)) return;
  const norm = c.nodes[m]!;
  if (norm.options.SAVE) return;
  if (!norm.options.RMS && !norm.options.BIAS) return;
  const { inp, weight: gamma, bias: beta } = norm.ports;
  const merged = {
    ...node,
    options: { ...node.options, NORM: norm.options.RMS ? 2 : 1 },
    scalars: norm.scalars,
    ports: { ...node.ports, inp, gamma, ...(beta && { beta }) },
  };
  if (!fits(c, merged)) return;
  c.nodes[i] = merged;
  c.nodes[m] = undefined;
}

/** Removes nodes, and optional outputs, whose results nothing reads later. */
function prune(c: Context): void {
  const live = new Set(c.kept);
  const wanted = (t: Tensor) => root(t).arena !== undefined || live.has(root(t));
  for (let i = c.nodes.length - 1; i >= 0; i--) {
    const node = c.nodes[i]!;
    if (!writes(node).some(wanted)) {
      c.nodes[i] = undefined;
      continue;
    }
    const { ports: declared } = findOp(node.op);
    const unread = declared.find(({ name, keptBy }) => keptBy && node.ports[name] && !wanted(node.ports[name]));
    if (unread) {
      const { [unread.name]: _unread, ...ports } = node.ports;
      c.nodes[i] = { ...node, ports, options: { ...node.options, [unread.keptBy!]: 0 } };
    }
    for (const t of Object.values(c.nodes[i]!.ports)) live.add(root(t));
  }
}

/** The fused node list. `kept` tensors stay materialised; `canRun` limits merges to what this device's variants can do. */
export function fuse(nodes: readonly Node[], kept: ReadonlySet<Tensor>, canRun: CanRun): Node[] {
  const c: Context = { nodes: [...nodes], kept, canRun };
  prune(c);
  const each = (op: string, rewrite: (c: Context, i: number) => void) => {
    for (let i = 0; i < c.nodes.length; i++) if (c.nodes[i]?.op === op) rewrite(c, i);
  };
  each('gelu', geluIntoMatmul);
  each('gelu_dinp', geluDinpIntoMatmul);
  each('sum_rows', biasGradientIntoMatmul);
  each('add', addIntoMaker);
  each('matmul', matmulToMatvec);
  each('silu_mul', siluMulIntoMatvec);
  each('matvec', normIntoMatvec);
  return c.nodes.filter((n) => n !== undefined);
}
