/** The gradient of every op that training uses, as nodes of other ops. Fusion later merges what one kernel can do. */
import type { Gradients } from './gradients.ts';
import type { Graph, Node, Tensor } from './graph.ts';
import { elements } from './tensor.ts';

export type Rule = (g: Graph, node: Node, d: Gradients) => void;

function dout(node: Node, d: Gradients): Tensor | undefined {
  return d.of(node.ports['out']);
}

/** Sends what a kernel computes in any case; if it is not wanted, into a tensor that nothing reads. */
function sendOrDrop(g: Graph, d: Gradients, t: Tensor, emit: (out: Tensor, accumulate: 0 | 1) => void): void {
  if (d.wants(t)) d.send(t, emit);
  else emit(g.tensor(`d${t.name}.unused`, t.shape), 0);
}

/** y = A·B: dA = dy·Bᵀ, dB = Aᵀ·dy, dbias = column sums of dy. In a linear layer (TB): dx = dy·W, dW = dyᵀ·x. */
const matmul: Rule = (g, node, d) => {
  const dy = dout(node, d);
  if (!dy) return;
  const { a, b, bias } = node.ports;
  const { Z, M, N, K } = node.dims;
  const { TA, TB, BSHARED, GATE, B16, RESIDUAL, GELU } = node.options;
  if (TA || GATE || B16 || RESIDUAL || GELU || (BSHARED && Z > 1))
    throw new Error(
      `${node.label}: only a plain matmul with f32 weights can be differentiated (options ${JSON.stringify(node.options)})`,
    );
  d.send(a, (out) =>
    g.node('matmul', {
      dims: { Z, M, N: K, K: N },
      options: { TB: TB ? 0 : 1 },
      ports: { a: dy, b, out },
      label: `${node.label}.dinp`,
    }),
  );
  const dWeight = (out: Tensor, ACCUM: 0 | 1) =>
    TB
      ? g.node('matmul', {
          dims: { Z, M: N, N: K, K: M },
          options: { TA: 1, ACCUM },
          ports: { a: dy, b: a, out },
          label: `${node.label}.dweight`,
        })
      : g.node('matmul', {
          dims: { Z, M: K, N, K: M },
          options: { TA: 1, ACCUM },
          ports: { a, b: dy, out },
          label: `${node.label}.dweight`,
        });
  d.send(b, dWeight);
  d.send(bias, (out, ACCUM) => {
    g.node('sum_rows', {
      dims: { R: Z * M, C: N },
      options: { ACCUM },
      ports: { inp: dy, out },
      label: `${node.label}.dbias`,
    });
  });
};

const layernorm: Rule = (g, node, d) => {
  const dy = dout(node, d);
  if (!dy) return;
  const { inp, weight, bias, stats } = node.ports;
  if (!stats) throw new Error(`${node.label}: its statistics were not saved (norm(..., {save: true}))`);
  const emit = (dinp: Tensor, params: Record<string, Tensor>, ACCUM: 0 | 1) =>
    g.node('layernorm_bwd', {
      dims: node.dims,
      options: { RMS: node.options.RMS, BIAS: node.options.BIAS, PARAMS: Object.keys(params).length ? 1 : 0, ACCUM },
      ports: { inp, weight, stats, dout: dy, dinp, ...params },
      label: `${node.label}.bwd`,
    });
  sendOrDrop(g, d, inp, (dinp) => {
    if (!d.wants(weight) && !d.wants(bias)) return void emit(dinp, {}, 0);
    // one kernel computes both, even for the frozen one
    sendOrDrop(g, d, weight, (dweight, ACCUM) => {
      if (!bias) return void emit(dinp, { dweight }, ACCUM);
      sendOrDrop(g, d, bias, (dbias, ACCUM_BIAS) => {
        if (d.wants(weight) && d.wants(bias) && ACCUM !== ACCUM_BIAS)
          throw new Error(
            `${node.label}: ${weight.name} has a gradient already and ${bias.name} has none: share both or none`,
          );
        emit(dinp, { dweight, dbias }, d.wants(weight) ? ACCUM : ACCUM_BIAS);
      });
    });
  });
};

const attention: Rule = (g, node, d) => {
  const dy = dout(node, d);
  if (!dy) return;
  const { qkv, kv, spans, out, lse } = node.ports;
  if (!lse) throw new Error(`${node.label}: its log-sum-exp was not saved (SAVE_LSE)`);
  const { MASK, PADDED, CROSS } = node.options;
  const emit = (dqkv: Tensor, dkv?: Tensor) =>
    g.node('attention_dqkv', {
      dims: node.dims,
      options: { MASK, PADDED, CROSS },
      ports: { qkv, ...(kv && { kv }), ...(spans && { spans }), out, dout: dy, lse, dqkv, ...(dkv && { dkv }) },
      label: `${node.label}.bwd`,
    });
  sendOrDrop(g, d, qkv, (dqkv) => {
    if (kv) sendOrDrop(g, d, kv, (dkv) => void emit(dqkv, dkv));
    else emit(dqkv);
  });
};

const gelu: Rule = (g, node, d) => {
  const dy = dout(node, d);
  const { inp } = node.ports;
  if (dy)
    d.send(inp, (dinp) =>
      g.node('gelu_dinp', {
        dims: node.dims,
        options: node.options,
        ports: { inp, dout: dy, dinp },
        label: `${node.label}.dinp`,
      }),
    );
};

const siluMul: Rule = (g, node, d) => {
  const dy = dout(node, d);
  const { inp } = node.ports;
  if (dy)
    d.send(inp, (dinp) =>
      g.node('silu_mul_dinp', { dims: node.dims, ports: { inp, dout: dy, dinp }, label: `${node.label}.dinp` }),
    );
};

/** What a step sends back through its state reaches the previous step as `dc`. */
const lstmCell: Rule = (g, node, d) => {
  const { gates, c_prev, c, out } = node.ports;
  const dc = d.of(c);
  if (!dc && !d.of(out)) return;
  // only the state of this step is used
  if (!d.of(out))
    d.send(out, (zero) =>
      g.node('fill', {
        dims: { N: elements(out) },
        scalars: { value: 0 },
        ports: { out: zero },
        label: `d${out.name}`,
      }),
    );
  const dy = d.of(out)!;
  const emit = (dgates: Tensor, dc_prev?: Tensor) =>
    g.node('lstm_cell_bwd', {
      dims: node.dims,
      options: { FIRST: node.options.FIRST, DC: dc ? 1 : 0 },
      ports: { gates, ...(c_prev && { c_prev }), c, dout: dy, ...(dc && { dc }), dgates, ...(dc_prev && { dc_prev }) },
      label: `${node.label}.bwd`,
    });
  sendOrDrop(g, d, gates, (dgates) => {
    if (c_prev) sendOrDrop(g, d, c_prev, (dc_prev) => void emit(dgates, dc_prev));
    else emit(dgates);
  });
};

const add: Rule = (_g, node, d) => {
  const dy = dout(node, d);
  if (!dy) return;
  if (node.scalars.alpha !== 1 || node.scalars.beta !== 1)
    throw new Error(`${node.label}: only a + b can be differentiated`);
  d.alias(node.ports['a'], dy);
  d.alias(node.ports['b'], dy);
};

const dropout: Rule = (g, node, d) => {
  const dy = dout(node, d);
  if (!dy) return;
  const { state, inp, residual } = node.ports;
  if (residual) d.alias(residual, dy);
  d.send(inp, (out) =>
    g.node('dropout', {
      dims: node.dims,
      scalars: node.scalars,
      ports: { state, inp: dy, out },
      label: `${node.label}.dinp`,
    }),
  );
};

/** In place on the gradient, as the forward was in place. */
const rope: Rule = (g, node, d) => {
  const dqkv = d.own(node.ports['qkv']);
  if (dqkv)
    g.node('rope', {
      dims: node.dims,
      options: { ...node.options, BACKWARD: 1 },
      ports: { rope: node.ports['rope'], qkv: dqkv },
      label: `${node.label}.bwd`,
    });
};

/** The host sorts token positions by id into `<tokens>.order` and `<tokens>.starts`. */
const embedding: Rule = (g, node, d) => {
  const dy = dout(node, d);
  if (!dy) return;
  const { tokens, wte, wpe } = node.ports;
  const { R, T, C, V, TMAX } = node.dims;
  d.send(wte, (dwte, ACCUM) => {
    const order = g.tensors.find((t) => t.name === `${tokens.name}.order`);
    const starts = g.tensors.find((t) => t.name === `${tokens.name}.starts`);
    if (!order || !starts)
      throw new Error(`${node.label}: inputs ${tokens.name}.order and ${tokens.name}.starts are missing`);
    g.node('embedding_dweight', {
      dims: { R, C, V },
      options: { ACCUM },
      ports: { order, starts, dout: dy, dwte },
      label: `${node.label}.dwte`,
    });
  });
  d.send(wpe, (dwpe, ACCUM) => {
    g.node('embedding_dpos', {
      dims: { B: R / T, T, C, TMAX },
      options: { ACCUM },
      ports: { dout: dy, dwpe },
      label: `${node.label}.dwpe`,
    });
  });
};

/** GRAD wrote the gradient over the logits. */
const crossEntropy: Rule = (_g, node, d) => {
  if (!node.options.GRAD) throw new Error(`${node.label}: cross_entropy was made without GRAD`);
  d.alias(node.ports['logits'], node.ports['logits']);
};

export const rules: Readonly<Record<string, Rule>> = {
  matmul,
  layernorm,
  attention,
  gelu,
  silu_mul: siluMul,
  lstm_cell: lstmCell,
  add,
  dropout,
  rope,
  embedding,
  cross_entropy: crossEntropy,
  // the losses are summed for people; the gradient starts at cross_entropy
  sum: () => undefined,
};
