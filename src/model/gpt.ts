/**
 * A GPT, in the order the data moves. The same lines make the training graph, the prefill and the decode step: only how attention
 * reaches earlier tokens differs (`attend`). Family `llama` swaps layer norm for RMSNorm, GELU for gated SiLU, learned for rotary positions.
 */
import { Graph, type Tensor } from '../graph/graph.ts';
import type { Layout } from '../graph/layout.ts';
import type { ModelConfig } from './config.ts';

/** What the model's lines need around them. */
export interface Build {
  readonly g: Graph;
  readonly config: ModelConfig;
  readonly layout: Layout;
  /** Parameters get gradients (those whose place is in `grads` too). */
  readonly training: boolean;
  /** Rate and the state tensor that holds seed and step; 0 = off. */
  readonly dropout: number;
  /** Heads and MLPs can be switched off by `gates`. */
  readonly gated: boolean;
  /** Named activations, for people who want to see them. */
  readonly taps: Record<string, Tensor>;
}

/** A tensor of a shared arena as a graph tensor (one object per place). */
export function shared(b: Build, arena: string, name: string): Tensor {
  const region = b.layout.region(arena, name);
  return (
    b.g.tensors.find((t) => t.arena === arena && t.name === name) ??
    b.g.tensor(name, region.shape, {
      arena,
      elem: region.elem,
      trained: b.training && arena === 'params' && b.layout.find('grads', name) !== undefined,
    })
  );
}

const param = (b: Build, name: string): Tensor => shared(b, 'params', name);
const optional = (b: Build, name: string): Tensor | undefined =>
  b.layout.find('params', name) ? param(b, name) : undefined;

function norm(b: Build, x: Tensor, name: string): Tensor {
  const { family, eps } = b.config;
  return b.g.norm(x, param(b, `${name}.weight`), optional(b, `${name}.bias`), eps, {
    rms: family === 'llama',
    save: b.training,
    name: name.split('.').at(-1)!,
  });
}

function linear(b: Build, x: Tensor, name: string, gate?: Tensor): Tensor {
  return b.g.linear(x, param(b, `${name}.weight`), optional(b, `${name}.bias`), {
    name: name.split('.').at(-1)!,
    ...(gate && { gate }),
  });
}

/** x + branch, with dropout on the branch while training. */
function residual(b: Build, x: Tensor, branch: Tensor, salt: number): Tensor {
  return b.dropout > 0
    ? b.g.dropout(branch, x, b.dropout, salt, shared(b, 'state', 'state'))
    : b.g.add(x, branch, 'residual');
}

/** One layer: attention, then the MLP, each on a normalised copy, each added to the stream `x` (R C). */
export function block(b: Build, x: Tensor, i: number, attend: (qkv: Tensor, layer: number) => Tensor): Tensor {
  const { g, config, taps } = b;
  return g.segment(() =>
    g.scope(`h.${i}`, () => {
      const h = norm(b, x, `h.${i}.ln_1`);
      const qkv = g.scope('attn', () => linear(b, h, `h.${i}.attn.qkv`)); //              (R C+2·KV)
      const mix = g.scope('attn', () => attend(qkv, i)); //                                (R C)
      const mixed = g.scope('attn', () => linear(b, mix, `h.${i}.attn.proj`));
      const attended = g.scope('attn', () => residual(b, x, mixed, 2 * i + 1));
      const f = norm(b, attended, `h.${i}.ln_2`);
      const up = g.scope('mlp', () => linear(b, f, `h.${i}.mlp.fc`)); //                   (R 4C) or (R 2·hidden)
      const active = g.scope('mlp', () =>
        config.family === 'llama' ? g.siluMul(up) : g.gelu(up, config.gelu === 'erf'),
      );
      const gate = b.gated ? shared(b, 'gates', `h.${i}.mlp`) : undefined;
      const down = g.scope('mlp', () => linear(b, active, `h.${i}.mlp.proj`, gate));
      const out = g.scope('mlp', () => residual(b, attended, down, 2 * i + 2));
      for (const [name, t] of Object.entries({
        ln_1: h,
        qkv,
        mix,
        attn_proj: mixed,
        attn: attended,
        ln_2: f,
        fc: up,
        mlp: active,
        mlp_proj: down,
        out,
      }))
        taps[`h.${i}.${name}`] = t;
      return out;
    }),
  );
}

/** Embedded tokens (R C) through all layers. The caller normalises (ln_f) the rows it wants logits for. */
export function trunk(b: Build, embedded: Tensor, attend: (qkv: Tensor, layer: number) => Tensor): Tensor {
  let x = b.dropout > 0 ? b.g.dropout(embedded, undefined, b.dropout, 0, shared(b, 'state', 'state')) : embedded;
  b.taps['embed'] = x;
  for (let i = 0; i < b.config.layers; i++) x = block(b, x, i, attend);
  return x;
}

export function finalNorm(b: Build, x: Tensor): Tensor {
  return (b.taps['ln_f'] = norm(b, x, 'ln_f'));
}

/** The head: one logit for every token of the vocabulary. It generates, but what it does is classify. */
export function head(b: Build, x: Tensor): Tensor {
  return (b.taps['logits'] = b.g.linear(x, param(b, b.config.tied ? 'wte.weight' : 'head.weight'), undefined, {
    name: 'logits',
  }));
}

export function embed(b: Build, tokens: Tensor, T: number): Tensor {
  return b.g.embedding(tokens, T, param(b, 'wte.weight'), optional(b, 'wpe.weight'));
}
