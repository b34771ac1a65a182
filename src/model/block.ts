/**
 * One layer of a transformer, for any family, mask and engine: attention, then (with another sequence) cross-attention, then the MLP.
 * Each works on a normalised copy of the stream and is added to it. How attention reaches other positions is a function, because only
 * that differs between a training step, a prefill and a decode step.
 */
import { type AttentionShape, MASKS } from '../graph/attention.ts';
import type { Tensor } from '../graph/graph.ts';
import { adapter } from './adapters.ts';
import type { ModelConfig } from './config.ts';
import { linear, type Norm, norm, residual } from './layers.ts';
import { linearParameters, type Parameter, vector } from './parameter.ts';
import { type Build, shared } from './program.ts';

export interface BlockOptions {
  readonly norm: Norm;
  /** Query heads, key/value heads, size of a head. */
  readonly heads: { readonly NH: number; readonly NKV: number; readonly HS: number };
  readonly mlp: 'gelu' | 'gelu-erf' | 'gated-silu';
  /** q and k are rotated by their positions (constant `rope`); otherwise positions are embedded. */
  readonly rope?: { readonly interleaved: boolean };
  /** Rate on every branch while training. Default: 0. */
  readonly dropout?: number;
  /** Attention heads and the MLP obey the `gates` arena. */
  readonly gated?: boolean;
}

/** A configuration as block options: the only place that knows families. */
export function blockOptions(c: ModelConfig): BlockOptions {
  const heads = { NH: c.heads, NKV: c.kvHeads, HS: c.width / c.heads };
  return c.family === 'llama'
    ? { norm: { rms: true, eps: c.eps }, heads, mlp: 'gated-silu', rope: { interleaved: c.ropeInterleaved } }
    : { norm: { rms: false, eps: c.eps }, heads, mlp: c.gelu === 'erf' ? 'gelu-erf' : 'gelu' };
}

/** Mixes rows of q, k, v (R C+2·KV) into (R C). */
export type Attend = (b: Build, qkv: Tensor, layer: string) => Tensor;

/** Which positions may see which in B whole sequences of T. */
export interface Sequences {
  readonly B: number;
  readonly T: number;
  readonly mask: AttentionShape['mask'];
  /** (B 2): how long the prefix is, how many keys are valid; needed by the mask `prefix` and by `padded`. */
  readonly spans?: Tensor;
  /** Only the valid keys are visible. */
  readonly padded?: boolean;
}

/** Self-attention over whole sequences. `seen` gets q, k, v with their positions in them (a prefill stores k and v). */
export function attendWithin(
  o: BlockOptions,
  { B, T, mask, spans, padded = false }: Sequences,
  seen?: (b: Build, qkv: Tensor, layer: string) => void,
): Attend {
  return (b, qkv, layer) => {
    const shape = { B, T, ...o.heads };
    if (o.rope) b.g.rope(qkv, shared(b, 'tables', 'rope'), shape, o.rope.interleaved);
    seen?.(b, qkv, layer);
    return b.g.attention(
      qkv,
      { ...shape, mask },
      { padded, save: b.training, ...(spans && { spans }), ...attentionGate(b, o, layer) },
    );
  };
}

export const attentionGate = (b: Build, { gated = false }: BlockOptions, layer: string): { gate?: Tensor } =>
  gated ? { gate: shared(b, 'gates', `${layer}.attn`) } : {};

/** Another sequence to attend to: rows (B·S C); `spans` (B 2) says how many of them are valid. */
export interface Memory {
  readonly rows: Tensor;
  readonly B: number;
  readonly T: number;
  readonly S: number;
  readonly spans?: Tensor;
}

/** The extra parameters with which a layer attends to another sequence of the same width: `ln_cross`, `cross.q`, `cross.kv`, `cross.proj`. */
export function crossParameters(layer: string, o: BlockOptions, deviation = 0.02): Parameter[] {
  const C = o.heads.NH * o.heads.HS;
  return [
    vector(`${layer}.ln_cross.weight`, C, 'ones'),
    ...(o.norm.rms ? [] : [vector(`${layer}.ln_cross.bias`, C, 'zeros')]),
    ...linearParameters(`${layer}.cross.q`, C, C, deviation),
    ...linearParameters(`${layer}.cross.kv`, 2 * o.heads.NKV * o.heads.HS, C, deviation),
    ...linearParameters(`${layer}.cross.proj`, C, C, deviation),
  ];
}

/** One layer, with parameters `layer.…`: the stream `x` (R C) comes back with both (or all three) branches added. */
export function block(b: Build, x: Tensor, layer: string, o: BlockOptions, attend: Attend, memory?: Memory): Tensor {
  const { g } = b;
  const { dropout = 0 } = o;
  const tap = (name: string, t: Tensor): Tensor => (b.taps[`${layer}.${name}`] = t);
  return g.segment(() =>
    g.scope(layer, () => {
      const h = tap('ln_1', norm(b, x, `${layer}.ln_1`, o.norm));
      const attended = g.scope('attn', () => {
        const qkv = tap('qkv', linear(b, h, `${layer}.attn.qkv`)); //                        (R C+2·KV)
        const mix = tap('mix', attend(b, qkv, layer)); //                                    (R C)
        const mixed = tap('attn_proj', linear(b, mix, `${layer}.attn.proj`));
        return tap('attn', residual(b, x, mixed, dropout));
      });
      const looked = memory ? tap('crossed', cross(b, attended, layer, o, memory)) : attended;
      const f = tap('ln_2', norm(b, looked, `${layer}.ln_2`, o.norm));
      return g.scope('mlp', () => {
        const up = tap('fc', linear(b, f, `${layer}.mlp.fc`)); //                            (R 4C) or (R 2·hidden)
        const active = tap('mlp', o.mlp === 'gated-silu' ? g.siluMul(up) : g.gelu(up, o.mlp === 'gelu-erf'));
        const gate = o.gated ? shared(b, 'gates', `${layer}.mlp`) : undefined;
        const down = tap('mlp_proj', adapter(b, linear(b, active, `${layer}.mlp.proj`, gate), `${layer}.adapter`));
        return tap('out', residual(b, looked, down, dropout));
      });
    }),
  );
}

/** x + what its rows find in the other sequence: queries from x, keys and values from there, no mask but the valid length. */
function cross(b: Build, x: Tensor, layer: string, o: BlockOptions, { rows, B, T, S, spans }: Memory): Tensor {
  const { g, taps } = b;
  const h = norm(b, x, `${layer}.ln_cross`, o.norm);
  return g.scope('cross', () => {
    const q = (taps[`${layer}.cross.q`] = linear(b, h, `${layer}.cross.q`)); //               (B·T C)
    const kv = (taps[`${layer}.cross.kv`] = linear(b, rows, `${layer}.cross.kv`)); //         (B·S 2·KV)
    const mix = g.attention(
      q,
      { B, T, S, ...o.heads, mask: 'full' },
      { kv, save: b.training, ...(spans && { spans, padded: true }) },
    );
    return residual(b, x, linear(b, mix, `${layer}.cross.proj`), o.dropout ?? 0);
  });
}

/** The attention weights of a layer already built (B NH T S): the fused kernels never store them, so this writes them out. */
export function attentionWeights(
  b: Build,
  layer: string,
  { heads }: BlockOptions,
  { B, T, mask, spans, padded = false }: Sequences,
): Tensor {
  const out = b.g.tensor(`${layer}.weights`, [B, heads.NH, T, T]);
  b.g.node('attention_weights', {
    dims: { B, T, S: T, ...heads },
    options: { MASK: MASKS[mask], PADDED: padded ? 1 : 0 },
    ports: { qkv: b.taps[`${layer}.qkv`], ...(spans && { spans }), out },
  });
  return out;
}

/** The same for its cross-attention (B NH T S). */
export function crossWeights(b: Build, layer: string, { heads }: BlockOptions, { B, T, S, spans }: Memory): Tensor {
  const out = b.g.tensor(`${layer}.cross.weights`, [B, heads.NH, T, S]);
  b.g.node('attention_weights', {
    dims: { B, T, S, ...heads },
    options: { MASK: MASKS.full, CROSS: 1, PADDED: spans ? 1 : 0 },
    ports: { qkv: b.taps[`${layer}.cross.q`], kv: b.taps[`${layer}.cross.kv`], ...(spans && { spans }), out },
  });
  return out;
}
