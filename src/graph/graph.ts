/**
 * A static graph: tensors with shapes and the nodes that compute them, in execution order. The model writes it with the
 * builder's methods; autodiff appends gradient nodes; fusion rewrites; placement turns it into a Plan. Over 300 lines, because the
 * builder's methods are one vocabulary and much of it is docstrings.
 */
import { fillOptions } from '../kernels/op.ts';
import { findOp } from '../kernels/registry.ts';
import { type AttentionShape, MASKS } from './attention.ts';
import { checkNode } from './check.ts';
import { ALIGNMENT } from './layout.ts';
import { elements, type Node, type NodeRequest, root, type Tensor } from './tensor.ts';

export type { Node, Tensor } from './tensor.ts';

/**
 * A network being written down: every call adds a node and returns the tensor it computes.
 *
 * @example
 * const hidden = g.gelu(g.matmul(x, up, { Z: 1, M: 64, N: 128, K: 32 }));
 */
export class Graph {
  readonly nodes: Node[] = [];
  readonly tensors: Tensor[] = [];
  /** Runs of nodes whose activations may be dropped after the forward pass and computed again in the backward pass. */
  readonly segments: { readonly start: number; end: number }[] = [];
  /** Runs of nodes that handle some rows of a large result (logits): their backward part follows each at once. */
  readonly chunks: { readonly start: number; end: number }[] = [];
  readonly #views = new Map<string, Tensor>();
  #scope: string[] = [];

  /** Labels of nodes made inside `body` begin with `name.`. */
  scope<T>(name: string, body: () => T): T {
    this.#scope.push(name);
    try {
      return body();
    } finally {
      this.#scope.pop();
    }
  }

  /** Marks the nodes made inside `body` as one recomputable segment (a layer). */
  segment<T>(body: () => T): T {
    return this.#mark(this.segments, body);
  }

  /** Marks the nodes made inside `body` as a chunk: everything that reads its activations is inside. */
  chunk<T>(body: () => T): T {
    return this.#mark(this.chunks, body);
  }

  #mark<T>(list: { start: number; end: number }[], body: () => T): T {
    const run = { start: this.nodes.length, end: 0 };
    const result = body();
    run.end = this.nodes.length;
    list.push(run);
    return result;
  }

  /** A new tensor with a place of its own; nodes write to it. */
  tensor(name: string, shape: readonly number[], more: Partial<Omit<Tensor, 'id' | 'name' | 'shape'>> = {}): Tensor {
    const scoped = more.arena ? name : [...this.#scope, name].join('.');
    const t: Tensor = { elem: 'f32', ...more, id: this.tensors.length, name: scoped, shape };
    this.tensors.push(t);
    return t;
  }

  /**
   * `rows` rows of `t` from row `start`, in place. Views may overlap, be used any number of times and alongside their base: gradients
   * add up. The first row must be at a multiple of 256 bytes, because a binding must be.
   */
  rows(t: Tensor, start: number, rows: number): Tensor {
    if (start < 0 || rows < 1 || start + rows > t.shape[0])
      throw new Error(`${t.name} has ${t.shape[0]} rows; rows ${start} to ${start + rows} were asked for`);
    const offset = start * (elements(t) / t.shape[0]);
    return this.view(t, offset, [rows, ...t.shape.slice(1)], `${t.name}[${start}:${start + rows}]`);
  }

  /** The same numbers under another shape: (B·T 1) scores are (B T) logits. */
  reshape(t: Tensor, shape: readonly number[]): Tensor {
    if (elements({ shape }) !== elements(t))
      throw new Error(`${t.name} is ${t.shape.join('×')}: as many numbers as ${shape.join('×')} were asked for`);
    return this.view(t, 0, shape, `${t.name}(${shape.join('×')})`);
  }

  /** Part of `t`'s memory from element `offset` on, as a tensor of `shape`. The same request gives the same tensor. */
  view(t: Tensor, offset: number, shape: readonly number[], name = `${t.name}+${offset}`): Tensor {
    const base = root(t);
    const start = (t.offset ?? 0) + offset;
    const bytes = start * (base.elem === 'f16' ? 2 : 4);
    if (bytes % ALIGNMENT)
      throw new Error(
        `${name} begins ${bytes} bytes into ${base.name} (${base.shape.join('×')}); a binding begins at a multiple of ` +
          `${ALIGNMENT}: choose another first row, or write the part into a tensor of its own`,
      );
    if (!t.base && start === 0 && shape.join() === t.shape.join()) return t;
    const key = `${base.id}+${start}:${shape.join('×')}`;
    const known = this.#views.get(key);
    if (known) return known;
    const view = this.tensor(name, shape, { elem: base.elem, base, offset: start });
    this.#views.set(key, view);
    return view;
  }

  /** Appends a node whose ports have the shapes and types of the op's record. */
  node(opName: string, request: NodeRequest): Node {
    const options = fillOptions(findOp(opName), request.options ?? {});
    const label = [...this.#scope, request.label ?? opName].join('.');
    const node: Node = {
      op: opName,
      dims: request.dims,
      options,
      scalars: request.scalars ?? {},
      ports: request.ports,
      label,
    };
    checkNode(node);
    this.nodes.push(node);
    return node;
  }

  // The ops a model is written with. Shapes in the house letters; R = rows = B·T.

  /** out (Z M N) = a (Z M K)·b (Z K N); `b` is stored (Z N K) with `transposed`. */
  matmul(
    a: Tensor,
    b: Tensor,
    dims: Record<'Z' | 'M' | 'N' | 'K', number>,
    transposed = false,
    name = 'matmul',
  ): Tensor {
    const out = this.tensor(name, [dims.Z, dims.M, dims.N]);
    this.node('matmul', { dims, options: { TB: transposed ? 1 : 0 }, ports: { a, b, out }, label: name });
    return out;
  }

  /** y (R OC) = x (R C)·Wᵀ + b. `weight` (OC C), `bias` (OC); `gate` (1) multiplies the result (ablation). */
  linear(x: Tensor, weight: Tensor, bias?: Tensor, more: { gate?: Tensor; name?: string } = {}): Tensor {
    const [N, K] = weight.shape;
    const M = elements(x) / K;
    const name = more.name ?? 'linear';
    const out = this.tensor(name, [M, N]);
    this.node('matmul', {
      dims: { Z: 1, M, N, K },
      options: { TB: 1, BIAS: bias ? 1 : 0, GATE: more.gate ? 1 : 0, B16: weight.elem === 'f16' ? 1 : 0 },
      ports: { a: x, b: weight, ...(bias && { bias }), ...(more.gate && { gate: more.gate }), out },
      label: name,
    });
    return out;
  }

  /** x (R C) normalised per row. */
  norm(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | undefined,
    eps: number,
    more: { rms?: boolean; save?: boolean; name?: string } = {},
  ): Tensor {
    const C = elements(weight);
    const R = elements(x) / C;
    const name = more.name ?? 'norm';
    const out = this.tensor(name, [R, C]);
    this.node('layernorm', {
      dims: { R, C },
      scalars: { eps },
      options: { RMS: more.rms ? 1 : 0, BIAS: bias ? 1 : 0, SAVE: more.save ? 1 : 0 },
      ports: {
        inp: x,
        weight,
        ...(bias && { bias }),
        out,
        ...(more.save && { stats: this.tensor(`${name}.stats`, [R, 2]) }),
      },
      label: name,
    });
    return out;
  }

  /** GELU of every element, by tanh or, with `erf`, exactly. */
  gelu(x: Tensor, erf = false): Tensor {
    const out = this.tensor('gelu', x.shape);
    this.node('gelu', { dims: { N: elements(x) }, options: { ERF: erf ? 1 : 0 }, ports: { inp: x, out } });
    return out;
  }

  /** x (R 2C): gate, up → silu(gate)·up (R C). */
  siluMul(x: Tensor): Tensor {
    const [R, twoC] = x.shape;
    const out = this.tensor('silu_mul', [R, twoC / 2]);
    this.node('silu_mul', { dims: { R, C: twoC / 2 }, ports: { inp: x, out } });
    return out;
  }

  /**
   * One step of an LSTM: `gates` (R 4C) holds i, f, g, o before their activation functions, `cPrev` (R C) the state of the previous
   * step, if there was one. A layer starts well with 1 in the forget gate's part of its bias.
   */
  lstmCell(gates: Tensor, cPrev?: Tensor): { readonly c: Tensor; readonly out: Tensor } {
    const R = gates.shape[0];
    const C = elements(gates) / R / 4;
    const c = this.tensor('cell', [R, C]);
    const out = this.tensor('lstm', [R, C]);
    this.node('lstm_cell', {
      dims: { R, C },
      options: { FIRST: cPrev ? 0 : 1 },
      ports: { gates, ...(cPrev && { c_prev: cPrev }), c, out },
    });
    return { c, out };
  }

  /** a + b, element by element. */
  add(a: Tensor, b: Tensor, name = 'add'): Tensor {
    const out = this.tensor(name, a.shape);
    this.node('add', { dims: { N: elements(a) }, scalars: { alpha: 1, beta: 1 }, ports: { a, b, out }, label: name });
    return out;
  }

  /** residual + dropout(x); the mask is a hash of the state's seed and step, `salt` and the index. */
  dropout(x: Tensor, residual: Tensor | undefined, rate: number, salt: number, state: Tensor): Tensor {
    const out = this.tensor('dropout', x.shape);
    this.node('dropout', {
      dims: { N: elements(x), SALT: salt },
      scalars: { rate },
      options: { RESIDUAL: residual ? 1 : 0 },
      ports: { state, inp: x, ...(residual && { residual }), out },
    });
    return out;
  }

  /**
   * Self-attention over rows of q, k, v side by side (B·T rows). `mask`: 'causal', 'full' or 'prefix' (then `spans` (B 2): prefix length,
   * valid keys). `kv` (B·S rows of k, v): attend to another sequence instead.
   */
  attention(
    qkv: Tensor,
    shape: AttentionShape,
    more: { kv?: Tensor; spans?: Tensor; padded?: boolean; gate?: Tensor; save?: boolean } = {},
  ): Tensor {
    const { B, T, S, NH, NKV, HS } = shape;
    const { kv, spans, gate } = more;
    const out = this.tensor('attention', [B * T, NH * HS]);
    this.node('attention', {
      dims: { B, T, S: S ?? T, NH, NKV, HS },
      options: {
        MASK: MASKS[shape.mask],
        PADDED: more.padded ? 1 : 0,
        CROSS: kv ? 1 : 0,
        GATE: gate ? 1 : 0,
        SAVE_LSE: more.save ? 1 : 0,
      },
      ports: {
        qkv,
        ...(kv && { kv }),
        ...(spans && { spans }),
        ...(gate && { gate }),
        out,
        ...(more.save && { lse: this.tensor('lse', [B, NH, T]) }),
      },
      label: 'attention',
    });
    return out;
  }

  /** Rotates q and k inside `qkv`, in place. `table` (TMAX HS): cos, sin of each pair. */
  rope(qkv: Tensor, table: Tensor, shape: Omit<AttentionShape, 'mask' | 'S'>, interleaved: boolean): void {
    const { B, T, NH, NKV, HS } = shape;
    this.node('rope', {
      dims: { B, T, NH, NKV, HS, TMAX: table.shape[0] },
      options: { ROPE: interleaved ? 1 : 2 },
      ports: { rope: table, qkv },
    });
  }

  /** Rows of `wte` by token id, plus `wpe` by position (row mod T). */
  embedding(tokens: Tensor, T: number, wte: Tensor, wpe?: Tensor): Tensor {
    const R = elements(tokens);
    const [V, C] = wte.shape;
    const out = this.tensor('embed', [R, C]);
    this.node('embedding', {
      dims: { R, T, C, V, TMAX: wpe?.shape[0] ?? T },
      options: { POS: wpe ? 1 : 0, B16: wte.elem === 'f16' ? 1 : 0 },
      ports: { tokens, wte, ...(wpe && { wpe }), out },
      label: 'embed',
    });
    return out;
  }

  /** Weighted losses per row (R); with `grad` the logits become their gradient (times `scale`). */
  crossEntropy(logits: Tensor, targets: Tensor, weights: Tensor, losses: Tensor, grad: boolean, scale = 1): void {
    const [R, V] = logits.shape;
    this.node('cross_entropy', {
      dims: { R, V },
      scalars: { scale },
      options: { GRAD: grad ? 1 : 0 },
      ports: { targets, weights, logits, losses },
    });
  }

  /** Σ x, one number. */
  sum(x: Tensor, name = 'sum'): Tensor {
    const out = this.tensor(name, [1]);
    this.node('sum', { dims: { N: elements(x) }, ports: { inp: x, out }, label: name });
    return out;
  }
}
