/** How a GPT writes text: a decode step that is replayed token by token, and a prefill that reads a prompt at once. */
import { compile } from '../../graph/compile.ts';
import type { Tensor } from '../../graph/graph.ts';
import type { Plan } from '../../plan/types.ts';
import {
  type Attend,
  attendWithin,
  attentionGate,
  attentionWeights,
  type BlockOptions,
  blockOptions,
  type Sequences,
} from '../block.ts';
import type { ModelConfig } from '../config.ts';
import { finalNorm, head, trunk } from '../gpt.ts';
import { parameters } from '../layout.ts';
import type { Place } from '../planning.ts';
import { type Build, openBuild, optional, param, shared } from '../program.ts';
import { keepTaps } from './taps.ts';
import { lensOfToken } from './token_lens.ts';

export interface PlanContext extends Place {
  readonly config: ModelConfig;
}

export interface InferenceOptions {
  /** Best tokens with probabilities kept in `values.ids`, `values.probs`; 0 = none. */
  readonly candidates?: number;
  /** Activations kept, by tap name (`h.0.out`, `h.3.weights`, `logits`, `embed`, …). */
  readonly taps?: readonly string[];
  /** Attention heads and MLPs obey the `gates` arena. */
  readonly gated?: boolean;
  /** Keeps `h.<i>.row` (1 NH 1 context): how each head looks back from the token that predicts. */
  readonly attention?: boolean;
  /** Best tokens of every layer, kept by the names of `lensValues`; the steps come last (`lensSteps`). Default: 0, none. */
  readonly lens?: number;
}

/** How many texts the layout has room for: they are written side by side. */
const sequencesOf = (b: Build): number => shared(b, 'state', 'state').shape[0];

/** One token of each sequence in (its state.TOKEN at its state.POS), one token out: replayed without the CPU. */
export function decodePlan(
  { config, facts, layout, table }: PlanContext,
  { candidates = 0, taps = [], gated = true, attention = false, lens = 0 }: InferenceOptions = {},
): Plan {
  const b = openBuild(layout, parameters(config));
  const o = { ...blockOptions(config), gated };
  const weights = (qkv: Tensor, layer: string, name: string) =>
    cachedWeights(b, qkv, layer, config, o, { name, ROPE: ropeOption(o) });
  const rows: Record<string, Tensor> = {};
  const attend = attendCache(config, o);
  const looking = attention
    ? lookingBack(attend, (qkv, layer) => (rows[`${layer}.row`] = weights(qkv, layer, 'row')))
    : attend;
  const out = trunk(b, embedNext(b, config), config.layers, o, looking);
  const logits = head(b, finalNorm(b, out, o.norm));
  const keep = {
    ...keepTaps(b, taps, (layer) => weights(b.taps[`${layer}.qkv`], layer, 'weights')),
    ...rows,
    ...predict(b, logits, candidates),
    ...(lens > 0 && lensOfToken(b, config, logits, lens, (x) => x)),
  };
  return compile(b.g, { name: 'decode', facts, layout, keep, ...(table && { table }) });
}

/**
 * `T` tokens of each sequence at once from position 0 (the first state.LENGTH count, and state.POS is the last of them), filling the cache; then the
 * next token as in decode.
 */
export function prefillPlan(
  { config, facts, layout, table }: PlanContext,
  T: number,
  { candidates = 0, taps = [], gated = true, attention = false, lens = 0 }: InferenceOptions = {},
): Plan {
  const b = openBuild(layout, parameters(config));
  const { g } = b;
  const o = { ...blockOptions(config), gated };
  const B = sequencesOf(b);
  const sequence: Sequences = { B, T, mask: 'causal' };
  const tokens = g.view(shared(b, 'prompt', 'tokens'), 0, [B * T]);
  const embedded = g.embedding(tokens, T, param(b, 'wte.weight'), optional(b, 'wpe.weight'));
  const last = (x: Tensor): Tensor => {
    const C = x.shape[1];
    const row = g.tensor('last', [B, C]);
    g.node('last_row', { dims: { B, T, C }, ports: { state: shared(b, 'state', 'state'), inp: x, out: row } });
    return row;
  };
  const rows: Record<string, Tensor> = {};
  const attend = attendAndCache(config, o, sequence);
  // the rows of q, k and v are turned already
  const looking = attention
    ? lookingBack(attend, (qkv, layer) => {
        rows[`${layer}.row`] = cachedWeights(b, last(qkv), layer, config, o, { name: 'row', ROPE: 0 });
      })
    : attend;
  const out = trunk(b, embedded, config.layers, o, looking);
  const logits = head(b, finalNorm(b, last(out), o.norm));
  const keep = {
    ...keepTaps(b, taps, (layer) => attentionWeights(b, layer, o, sequence)),
    ...rows,
    ...predict(b, logits, candidates),
    ...(lens > 0 && lensOfToken(b, config, logits, lens, last)),
  };
  return compile(g, { name: `prefill${T}`, facts, layout, keep, ...(table && { table }) });
}

/** The token that each sequence's state holds, at the position that it holds (B C). */
function embedNext(b: Build, { width, vocab, context }: ModelConfig): Tensor {
  const wte = param(b, 'wte.weight');
  const wpe = optional(b, 'wpe.weight');
  const R = sequencesOf(b);
  const out = b.g.tensor('embed', [R, width]);
  b.g.node('embedding', {
    dims: { R, T: 1, C: width, V: vocab, TMAX: wpe?.shape[0] ?? context },
    options: { POS: wpe ? 1 : 0, DECODE: 1, B16: wte.elem === 'f16' ? 1 : 0 },
    ports: { state: shared(b, 'state', 'state'), wte, ...(wpe && { wpe }), out },
    label: 'embed',
  });
  return out;
}

/** How the decode ops turn q and k themselves: the option ROPE. */
const ropeOption = ({ rope }: BlockOptions): 0 | 1 | 2 => (rope ? (rope.interleaved ? 1 : 2) : 0);

const ropePort = (b: Build, { rope }: BlockOptions): { rope?: Tensor } =>
  rope ? { rope: shared(b, 'tables', 'rope') } : {};

/** A row of each sequence against its key/value cache, which it joins. */
function attendCache({ width, context }: ModelConfig, o: BlockOptions): Attend {
  return (b, qkv, layer) => {
    const B = sequencesOf(b);
    const out = b.g.tensor('attention', [B, width]);
    const [cache_k, cache_v] = [shared(b, 'cache', `${layer}.k`), shared(b, 'cache', `${layer}.v`)];
    b.g.node('attention_decode', {
      dims: { B, ...o.heads, TMAX: context },
      options: { ROPE: ropeOption(o), GATE: o.gated ? 1 : 0, HALF: cache_k.elem === 'f16' ? 1 : 0 },
      ports: {
        state: shared(b, 'state', 'state'),
        qkv,
        ...ropePort(b, o),
        ...attentionGate(b, o, layer),
        cache_k,
        cache_v,
        out,
      },
      label: 'attention',
    });
    return out;
  };
}

/** All rows among themselves; their keys and values, turned, go to the cache. */
function attendAndCache({ context }: ModelConfig, o: BlockOptions, sequence: Sequences): Attend {
  return attendWithin(o, sequence, (b, qkv, layer) => {
    const [cache_k, cache_v] = [shared(b, 'cache', `${layer}.k`), shared(b, 'cache', `${layer}.v`)];
    b.g.node('kv_write', {
      dims: { B: sequence.B, T: sequence.T, ...o.heads, TMAX: context },
      options: { HALF: cache_k.elem === 'f16' ? 1 : 0 },
      ports: { qkv, cache_k, cache_v },
    });
  });
}

/** The same attention; `look` sees each layer's rows once their keys are in the cache. */
const lookingBack =
  (attend: Attend, look: (qkv: Tensor, layer: string) => void): Attend =>
  (b, qkv, layer) => {
    const out = attend(b, qkv, layer);
    look(qkv, layer);
    return out;
  };

/** The weights of one row of q, k, v on the cache (1 NH 1 context): they are looked at one text at a time. */
function cachedWeights(
  b: Build,
  qkv: Tensor,
  layer: string,
  { context, heads }: ModelConfig,
  o: BlockOptions,
  { name, ROPE }: { readonly name: string; readonly ROPE: 0 | 1 | 2 },
): Tensor {
  if (sequencesOf(b) > 1)
    throw new Error(`${layer}.${name} can be kept where one sequence is written, not ${sequencesOf(b)}`);
  const out = b.g.tensor(`${layer}.${name}`, [1, heads, 1, context]);
  b.g.node('attention_weights', {
    dims: { B: 1, T: 1, S: context, ...o.heads },
    options: { MASK: 0, CACHED: 1, ROPE },
    ports: {
      state: shared(b, 'state', 'state'),
      qkv,
      cache_k: shared(b, 'cache', `${layer}.k`),
      out,
      ...(ROPE && ropePort(b, o)),
    },
  });
  return out;
}

/**
 * Logits (B V) → the next token in each state, and candidates if asked for. One sampler for decode and prefill, as it takes long to
 * compile: before a prefill state.POS is LENGTH − 1, so that one further is right for both.
 */
function predict(b: Build, logits: Tensor, candidates: number): Record<string, Tensor> {
  const { g } = b;
  const history = shared(b, 'state', 'history');
  const [R, V] = logits.shape;
  const kept: Record<string, Tensor> = {};
  if (candidates > 0) {
    const N = Math.min(candidates, V);
    kept['ids'] = g.tensor('ids', [R, N], { elem: 'u32' });
    kept['probs'] = g.tensor('probs', [R, N]);
    g.node('top_n', { dims: { R, V, N }, ports: { logits, ids: kept['ids'], probs: kept['probs'] } });
  }
  g.node('sample', {
    dims: { R, V, H: history.shape[1] },
    ports: { logits, state: shared(b, 'state', 'state'), history },
  });
  return kept;
}
