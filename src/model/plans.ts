/** The Plans a model is run by: one decode step, a prefill, a training step, an evaluation. Built once, replayed. */
import { differentiate } from '../graph/autodiff.ts';
import { compile } from '../graph/compile.ts';
import { Graph, type Tensor } from '../graph/graph.ts';
import type { Layout } from '../graph/layout.ts';
import { rules } from '../graph/rules.ts';
import type { Table } from '../kernels/choose.ts';
import type { Facts, Plan } from '../plan/types.ts';
import type { ModelConfig } from './config.ts';
import { type Build, embed, finalNorm, head, shared, trunk } from './gpt.ts';

export interface PlanContext {
  readonly config: ModelConfig;
  readonly layout: Layout;
  readonly facts: Facts;
  readonly table?: Table;
}

export interface InferenceOptions {
  /** Best tokens with probabilities kept in `values.ids`, `values.probs`; 0 = none. */
  readonly candidates?: number;
  /** Activations kept, by tap name (`h.0.out`, `h.3.weights`, `logits`, `embed`, …). */
  readonly taps?: readonly string[];
  /** Attention heads and MLPs obey the `gates` arena. */
  readonly gated?: boolean;
}

function build({ config, layout }: PlanContext, more: Partial<Build> = {}): Build {
  return { g: new Graph(), config, layout, training: false, dropout: 0, gated: false, taps: {}, ...more };
}

const headShape = (c: ModelConfig) => ({ NH: c.heads, NKV: c.kvHeads, HS: c.width / c.heads });

/** The taps asked for; attention weights are computed only for layers whose `h.<i>.weights` is asked for. Throws on an unknown name. */
function keepTaps(
  b: Build,
  names: readonly string[],
  weights: (qkv: Tensor, layer: number) => Tensor,
): Record<string, Tensor> {
  const keep: Record<string, Tensor> = {};
  for (const name of names) {
    const layer = /^h\.(\d+)\.weights$/.exec(name)?.[1];
    const qkv = layer === undefined ? undefined : b.taps[`h.${layer}.qkv`];
    const tap = qkv ? weights(qkv, Number(layer)) : b.taps[name];
    if (!tap)
      throw new Error(`there is no tap "${name}"; there are ${Object.keys(b.taps).join(', ')} and h.<layer>.weights`);
    keep[name] = tap;
  }
  return keep;
}

/**
 * Logits (1 V) → the next token in the state, and candidates if asked for. One sampler for decode and prefill, as it takes long to
 * compile: before a prefill state.POS is LENGTH − 1, so that one further is right for both.
 */
function predict(b: Build, logits: Tensor, candidates: number): Record<string, Tensor> {
  const { g, config } = b;
  const history = shared(b, 'state', 'history');
  const V = config.vocab;
  const kept: Record<string, Tensor> = {};
  if (candidates > 0) {
    const N = Math.min(candidates, V);
    kept['ids'] = g.tensor('ids', [N], { elem: 'u32' });
    kept['probs'] = g.tensor('probs', [N]);
    g.node('top_n', { dims: { R: 1, V, N }, ports: { logits, ids: kept['ids'], probs: kept['probs'] } });
  }
  g.node('sample', {
    dims: { R: 1, V, H: history.shape[0] },
    ports: { logits, state: shared(b, 'state', 'state'), history },
  });
  return kept;
}

/** One token in (state.TOKEN at state.POS), one token out: replayed without the CPU. */
export function decodePlan(
  context: PlanContext,
  { candidates = 0, taps = [], gated = true }: InferenceOptions = {},
): Plan {
  const { config, facts, layout, table } = context;
  const b = build(context, { gated });
  const { g } = b;
  const llama = config.family === 'llama';
  const state = shared(b, 'state', 'state');
  const wte = shared(b, 'params', 'wte.weight');
  const x = g.tensor('embed', [1, config.width]);
  const wpe = llama ? undefined : shared(b, 'params', 'wpe.weight');
  g.node('embedding', {
    dims: { R: 1, T: 1, C: config.width, V: config.vocab, TMAX: wpe?.shape[0] ?? config.context },
    options: { POS: wpe ? 1 : 0, DECODE: 1, B16: wte.elem === 'f16' ? 1 : 0 },
    ports: { state, wte, ...(wpe && { wpe }), out: x },
    label: 'embed',
  });
  const dims = { ...headShape(config), TMAX: config.context };
  const ROPE = llama ? (config.ropeInterleaved ? 1 : 2) : 0;
  const out = trunk(b, x, (qkv, i) => {
    const mix = g.tensor('attention', [1, config.width]);
    const [cache_k, cache_v] = [shared(b, 'cache', `h.${i}.k`), shared(b, 'cache', `h.${i}.v`)];
    g.node('attention_decode', {
      dims,
      options: { ROPE, GATE: gated ? 1 : 0, HALF: cache_k.elem === 'f16' ? 1 : 0 },
      ports: {
        state,
        qkv,
        ...(llama && { rope: shared(b, 'tables', 'rope') }),
        ...(gated && { gate: shared(b, 'gates', `h.${i}.attn`) }),
        cache_k,
        cache_v,
        out: mix,
      },
      label: 'attention',
    });
    return mix;
  });
  const logits = head(b, finalNorm(b, out));
  const keep = keepTaps(b, taps, (qkv, i) => {
    const weights = g.tensor(`h.${i}.weights`, [1, config.heads, 1, config.context]);
    g.node('attention_weights', {
      dims: { B: 1, T: 1, S: config.context, ...headShape(config) },
      options: { MASK: 0, CACHED: 1, ROPE },
      ports: {
        state,
        qkv,
        cache_k: shared(b, 'cache', `h.${i}.k`),
        out: weights,
        ...(llama && { rope: shared(b, 'tables', 'rope') }),
      },
    });
    return weights;
  });
  Object.assign(keep, predict(b, logits, candidates));
  return compile(g, { name: 'decode', facts, layout, keep, ...(table && { table }) });
}

/**
 * `T` tokens at once from position 0 (the first state.LENGTH count, and state.POS is the last of them), filling the cache; then the
 * next token as in decode.
 */
export function prefillPlan(
  context: PlanContext,
  T: number,
  { candidates = 0, taps = [], gated = true }: InferenceOptions = {},
): Plan {
  const { config, facts, layout, table } = context;
  const b = build(context, { gated });
  const { g } = b;
  const llama = config.family === 'llama';
  const prompt = shared(b, 'prompt', 'tokens');
  const tokens = T === prompt.shape[0] ? prompt : g.rows(prompt, 0, T);
  const shape = { B: 1, T, ...headShape(config) };
  const out = trunk(b, embed(b, tokens, T), (qkv, i) => {
    if (llama) g.rope(qkv, shared(b, 'tables', 'rope'), shape, config.ropeInterleaved);
    const [cache_k, cache_v] = [shared(b, 'cache', `h.${i}.k`), shared(b, 'cache', `h.${i}.v`)];
    g.node('kv_write', {
      dims: { T, ...headShape(config), TMAX: config.context },
      options: { HALF: cache_k.elem === 'f16' ? 1 : 0 },
      ports: { qkv, cache_k, cache_v },
    });
    return g.attention(qkv, { ...shape, mask: 'causal' }, gated ? { gate: shared(b, 'gates', `h.${i}.attn`) } : {});
  });
  const last = g.tensor('last', [1, config.width]);
  g.node('last_row', {
    dims: { T, C: config.width },
    ports: { state: shared(b, 'state', 'state'), inp: out, out: last },
  });
  const logits = head(b, finalNorm(b, last));
  const keep = keepTaps(b, taps, (qkv, i) => {
    const weights = g.tensor(`h.${i}.weights`, [1, config.heads, T, T]);
    g.node('attention_weights', { dims: { ...shape, S: T }, options: { MASK: 1 }, ports: { qkv, out: weights } });
    return weights;
  });
  Object.assign(keep, predict(b, logits, candidates));
  return compile(g, { name: `prefill${T}`, facts, layout, keep, ...(table && { table }) });
}

export interface TrainPlanOptions {
  readonly B: number;
  readonly T: number;
  readonly dropout?: number;
  /** Gradients are added to what is there (micro-batches); the plan then has no optimizer. */
  readonly accumulate?: boolean;
  readonly recompute?: boolean;
  /** Logits are made and consumed in chunks of rows of at most this many bytes; 32 MiB unless told. */
  readonly headBytes?: number;
}

/** Rows of a head chunk: all of them, or as many multiples of 64 as fit into `headBytes`. */
export function headRows(R: number, V: number, headBytes: number): number {
  if (R * V * 4 <= headBytes) return R;
  return Math.max(64, Math.floor(headBytes / (V * 4) / 64) * 64);
}

/** Forward to the losses; with `training`, logits become gradients. Keeps `loss` (Σ weights·nll) and `losses` (R). */
function lossGraph(
  context: PlanContext,
  { B, T, dropout = 0, headBytes = 2 ** 25 }: TrainPlanOptions,
  training: boolean,
): { b: Build; keep: Record<string, Tensor> } {
  const { config } = context;
  const b = build(context, { training, dropout: training ? dropout : 0 });
  const { g } = b;
  const R = B * T;
  const tokens = shared(b, 'batch', 'tokens');
  // the embedding's gradient finds them by name
  for (const name of ['tokens.order', 'tokens.starts']) shared(b, 'batch', name);
  const shape = { B, T, ...headShape(config) };
  const out = trunk(b, embed(b, tokens, T), (qkv) => {
    if (config.family === 'llama') g.rope(qkv, shared(b, 'tables', 'rope'), shape, config.ropeInterleaved);
    return g.attention(qkv, { ...shape, mask: 'causal' }, { save: training });
  });
  const x = finalNorm(b, out);
  const losses = g.tensor('losses', [R]);
  const [targets, weights] = [shared(b, 'batch', 'targets'), shared(b, 'batch', 'weights')];
  const chunk = headRows(R, config.vocab, headBytes);
  for (let start = 0; start < R; start += chunk) {
    const rows = Math.min(chunk, R - start);
    const part = (t: Tensor) => (rows === R ? t : g.rows(t, start, rows));
    g.chunk(() => g.crossEntropy(head(b, part(x)), part(targets), part(weights), part(losses), training));
  }
  return { b, keep: { losses, loss: g.sum(losses, 'loss') } };
}

/** Loss without gradients. */
export function evalPlan(context: PlanContext, options: TrainPlanOptions): Plan {
  const { b, keep } = lossGraph(context, options, false);
  return compile(b.g, {
    name: 'eval',
    facts: context.facts,
    layout: context.layout,
    keep,
    ...(context.table && { table: context.table }),
  });
}

/** Forward, backward and (without `accumulate`) clipping and AdamW over all trained parameters. Keeps `loss`, `losses`, `norm`. */
export function trainPlan(context: PlanContext, options: TrainPlanOptions): Plan {
  const { facts, layout, table } = context;
  const { b, keep } = lossGraph(context, options, true);
  differentiate(b.g, { rules, accumulate: options.accumulate ?? false, recompute: options.recompute ?? false });
  if (!options.accumulate) keep['norm'] = optimizer(b);
  return compile(b.g, {
    name: options.accumulate ? 'train-micro' : 'train',
    facts,
    layout,
    keep,
    ...(table && { table }),
  });
}

/** Clipping and AdamW alone: the end of a step of several micro-batches. Leaves gradients at zero for the next. */
export function optimizerPlan(context: PlanContext): Plan {
  const { facts, layout, table } = context;
  const b = build(context, { training: true });
  const norm = optimizer(b);
  const grads = layout.whole('grads');
  b.g.node('fill', {
    dims: { N: grads.bytes / 4 },
    scalars: { value: 0 },
    ports: { out: wholeArena(b, 'grads') },
    label: 'zero',
  });
  return compile(b.g, { name: 'optimizer', facts, layout, keep: { norm }, ...(table && { table }) });
}

/** A shared arena (or the trained prefix of `params`) as one flat tensor. */
function wholeArena(b: Build, arena: string): Tensor {
  const n = b.layout.whole('grads').bytes / 4;
  if (!b.layout.find(arena, '*')) b.layout.alias(arena, '*', n);
  return shared(b, arena, '*');
}

function optimizer(b: Build): Tensor {
  const { g, layout } = b;
  const grads = wholeArena(b, 'grads');
  const N = grads.shape[0];
  const norm = g.tensor('norm', [4]);
  g.node('grad_norm', { dims: { N }, ports: { grads, norm }, label: 'clip' });
  g.node('adamw', {
    dims: { N, ND: decayed(layout) },
    ports: {
      grads,
      norm,
      hyper: shared(b, 'hyper', 'hyper'),
      params: wholeArena(b, 'params'),
      m: wholeArena(b, 'm'),
      v: wholeArena(b, 'v'),
    },
  });
  return norm;
}

/** Elements of the gradient arena that belong to matrices: they lie first, and only they decay. */
function decayed(layout: Layout): number {
  let end = 0;
  for (const [key, region] of layout.entries()) {
    if (region.arena === 'grads' && !key.endsWith('/*') && region.shape.length > 1)
      end = Math.max(end, Math.ceil((region.offset + region.bytes) / 256) * 64);
  }
  return end;
}
