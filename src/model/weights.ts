/**
 * Weights under the names that others use: Hugging Face GPT-2 and Llama, nanoGPT / minGPT, llama2.c. Each mapping is a table of
 * (their name → our name, how to turn it); all names and shapes are checked on both sides before a number is copied.
 */
import { makeConfig, type ModelConfig } from './config.ts';
import { parameters } from './layout.ts';

/** A tensor as a file holds it: row-major f32. */
export interface NamedTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** Our parameter name → its values in our layout (linear weights are (out, in)). */
export type Weights = ReadonlyMap<string, Float32Array<ArrayBuffer>>;

/** A file whose tensors do not make the model; the message names the tensor, its shape and the shape wanted. */
export class WeightsError extends Error {
  override readonly name = 'WeightsError';
}

type Find = (name: string) => NamedTensor | undefined;

const show = (shape: readonly number[]): string => shape.join('×') || 'scalar';

function transpose(data: Float32Array, rows: number, columns: number): Float32Array<ArrayBuffer> {
  const out = new Float32Array(data.length);
  for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) out[c * rows + r] = data[r * columns + c];
  return out;
}

/** Where one of our parameters comes from: their tensors stacked by rows, each turned if their file keeps (in, out). */
interface Source {
  readonly names: readonly string[];
  readonly transposed: boolean;
}

const LLAMA: Readonly<Record<string, readonly string[]>> = {
  'wte.weight': ['model.embed_tokens.weight'],
  'ln_f.weight': ['model.norm.weight'],
  'head.weight': ['lm_head.weight'],
  'ln_1.weight': ['input_layernorm.weight'],
  'attn.qkv.weight': ['self_attn.q_proj.weight', 'self_attn.k_proj.weight', 'self_attn.v_proj.weight'],
  'attn.proj.weight': ['self_attn.o_proj.weight'],
  'ln_2.weight': ['post_attention_layernorm.weight'],
  'mlp.fc.weight': ['mlp.gate_proj.weight', 'mlp.up_proj.weight'],
  'mlp.proj.weight': ['mlp.down_proj.weight'],
};

/** llama2.c's own names → Hugging Face's. Its queries and keys are for interleaved rotation (`ropeInterleaved`). */
const LLAMA2C: readonly (readonly [RegExp, string])[] = [
  [/^tok_embeddings\./, 'model.embed_tokens.'],
  [/^norm\./, 'model.norm.'],
  [/^output\./, 'lm_head.'],
  [/^layers\.(\d+)\.attention_norm\./, 'model.layers.$1.input_layernorm.'],
  [/^layers\.(\d+)\.attention\.w([qkvo])\./, 'model.layers.$1.self_attn.$2_proj.'],
  [/^layers\.(\d+)\.ffn_norm\./, 'model.layers.$1.post_attention_layernorm.'],
  [/^layers\.(\d+)\.feed_forward\.w1\./, 'model.layers.$1.mlp.gate_proj.'],
  [/^layers\.(\d+)\.feed_forward\.w2\./, 'model.layers.$1.mlp.down_proj.'],
  [/^layers\.(\d+)\.feed_forward\.w3\./, 'model.layers.$1.mlp.up_proj.'],
];

/** A tensor's name in Hugging Face's layout; names that are not llama2.c's stay. */
export function llama2cToHub(name: string): string {
  for (const [from, to] of LLAMA2C) if (from.test(name)) return name.replace(from, to);
  return name;
}

/** Reads the sizes in a llama2.c file's header, or minGPT's configuration. */
export function configFromHeader(format: 'llama2.c' | 'minGPT', json: Readonly<Record<string, unknown>>): ModelConfig {
  if (format === 'llama2.c')
    return configFromHub({
      model_type: 'llama',
      vocab_size: json['vocab_size'],
      max_position_embeddings: json['seq_len'],
      num_hidden_layers: json['n_layers'],
      num_attention_heads: json['n_heads'],
      num_key_value_heads: json['n_kv_heads'],
      hidden_size: json['dim'],
      intermediate_size: json['hidden_dim'],
      tie_word_embeddings: json['tied'],
      rope_interleaved: true,
    });
  return configFromHub({ ...json, model_type: 'gpt2', n_positions: json['block_size'], tie_word_embeddings: false });
}

/** The names in Hugging Face's layout; `prefix` is `transformer.` where a file has it. */
function hubSource(config: ModelConfig, name: string, prefix: string, conv1d: boolean): Source {
  const [, layer, rest] = /^h\.(\d+)\.(.+)$/.exec(name) ?? [];
  if (config.family === 'llama') {
    const names = LLAMA[rest ?? name];
    if (!names) throw new WeightsError(`there is no Hugging Face name for ${name} in the llama family`);
    return { names: rest ? names.map((n) => `model.layers.${layer}.${n}`) : names, transposed: false };
  }
  if (name === 'head.weight') return { names: ['lm_head.weight'], transposed: false };
  const theirs = name
    .replace('attn.qkv', 'attn.c_attn')
    .replace('attn.proj', 'attn.c_proj')
    .replace('mlp.fc', 'mlp.c_fc')
    .replace('mlp.proj', 'mlp.c_proj');
  return { names: [prefix + theirs], transposed: conv1d && /(attn|mlp)\.c_\w+\.weight$/.test(theirs) };
}

/** True when linear weights are stored (in, out), as GPT-2's Conv1D keeps them; nanoGPT and minGPT keep (out, in). */
function isConv1d(config: ModelConfig, find: Find, prefix: string): boolean {
  const shape = find(`${prefix}h.0.attn.c_attn.weight`)?.shape;
  return shape === undefined || (shape[0] === config.width && shape[1] === 3 * config.width);
}

/**
 * Their tensors → our parameters. `tensors` may hold more (buffers such as `attn.bias`): those are ignored if known, reported if not.
 * Throws WeightsError naming what is missing or has another shape.
 */
export function fromHub(
  config: ModelConfig,
  tensors: ReadonlyMap<string, NamedTensor>,
): Map<string, Float32Array<ArrayBuffer>> {
  const find: Find = (name) => tensors.get(name);
  const prefix = tensors.has('transformer.wte.weight') ? 'transformer.' : '';
  const conv1d = isConv1d(config, find, prefix);
  const result = new Map<string, Float32Array<ArrayBuffer>>();
  const missing: string[] = [];
  for (const p of parameters(config)) {
    const { names, transposed } = hubSource(config, p.name, prefix, conv1d);
    const found = names.map(find);
    if (found.some((t) => !t)) {
      missing.push(...names.filter((n) => !find(n)));
      continue;
    }
    result.set(p.name, gather(p.name, p.shape, names, found as NamedTensor[], transposed));
  }
  if (missing.length) {
    const has = [...tensors].slice(0, 6).map(([n, t]) => `${n} (${show(t.shape)})`);
    throw new WeightsError(
      `${missing.length} tensors are missing: ${missing.slice(0, 6).join(', ')}; the file has ${tensors.size}: ${has.join(', ')}…`,
    );
  }
  return result;
}

function gather(
  name: string,
  shape: readonly number[],
  names: readonly string[],
  found: readonly NamedTensor[],
  transposed: boolean,
): Float32Array<ArrayBuffer> {
  const columns = shape.at(-1)!;
  const out = new Float32Array(shape.reduce((a, b) => a * b, 1));
  const wanted = transposed ? [...shape].reverse() : shape;
  let at = 0;
  found.forEach((t, i) => {
    const fits = found.length === 1 ? show(t.shape) === show(wanted) : t.shape.length === 2 && t.shape[1] === columns;
    if (!fits || at + t.data.length > out.length)
      throw new WeightsError(
        `${names[i]} is ${show(t.shape)}, ${name} wants ${show(wanted)}${found.length > 1 ? ` from ${names.join(' + ')}` : ''}`,
      );
    out.set(transposed ? transpose(t.data, t.shape[0], t.shape[1]) : t.data, at);
    at += t.data.length;
  });
  if (at !== out.length)
    throw new WeightsError(`${names.join(' + ')} hold ${at} numbers, ${name} (${show(shape)}) wants ${out.length}`);
  return out;
}

/** Our parameters → Hugging Face's names and layout (GPT-2: Conv1D weights as (in, out); Llama: q, k, v and gate, up apart). */
export function toHub(config: ModelConfig, weights: Weights): Map<string, NamedTensor> {
  const result = new Map<string, NamedTensor>();
  const kv = (config.width / config.heads) * config.kvHeads;
  for (const { name, shape } of parameters(config)) {
    const data = weights.get(name);
    if (!data) throw new WeightsError(`parameter ${name} (${show(shape)}) is missing`);
    const { names, transposed } = hubSource(config, name, '', true);
    if (names.length === 1) {
      const turned = transposed ? transpose(data, shape[0], shape[1]) : data;
      result.set(names[0], { shape: transposed ? [...shape].reverse() : shape, data: turned });
      continue;
    }
    const rows = names.length === 3 ? [config.width, kv, kv] : [config.hidden, config.hidden];
    let at = 0;
    names.forEach((n, i) => {
      result.set(n, { shape: [rows[i], shape[1]], data: data.subarray(at, (at += rows[i] * shape[1])) });
    });
  }
  return result;
}

/** Reads Hugging Face's config.json (GPT-2 or Llama). Throws WeightsError on another architecture or a missing field. */
export function configFromHub(json: Readonly<Record<string, unknown>>): ModelConfig {
  const type = json['model_type'];
  const number = (...keys: readonly string[]): number => {
    for (const key of keys) if (typeof json[key] === 'number') return json[key];
    throw new WeightsError(`config.json of a ${String(type)} model has no number ${keys.join(' or ')}`);
  };
  const or = (fallback: number, ...keys: readonly string[]): number =>
    keys.some((k) => typeof json[k] === 'number') ? number(...keys) : fallback;
  if (type === 'gpt2') {
    const width = number('n_embd');
    return makeConfig({
      family: 'gpt2',
      vocab: number('vocab_size'),
      context: number('n_positions', 'n_ctx'),
      layers: number('n_layer'),
      heads: number('n_head'),
      width,
      hidden: or(4 * width, 'n_inner'),
      gelu: json['activation_function'] === 'gelu' ? 'erf' : 'tanh',
      eps: or(1e-5, 'layer_norm_epsilon'),
      tied: json['tie_word_embeddings'] !== false,
    });
  }
  if (type === 'llama')
    return makeConfig({
      family: 'llama',
      vocab: number('vocab_size'),
      context: number('max_position_embeddings'),
      layers: number('num_hidden_layers'),
      heads: number('num_attention_heads'),
      kvHeads: or(number('num_attention_heads'), 'num_key_value_heads'),
      width: number('hidden_size'),
      hidden: number('intermediate_size'),
      eps: or(1e-5, 'rms_norm_eps'),
      tied: json['tie_word_embeddings'] === true,
      ropeBase: or(10000, 'rope_theta'),
      ropeInterleaved: json['rope_interleaved'] === true,
    });
  throw new WeightsError(`config.json says model_type ${JSON.stringify(type)}; gpt2 and llama are known`);
}

/** Our configuration as Hugging Face's config.json. */
export function configToHub(c: ModelConfig): Record<string, unknown> {
  if (c.family === 'gpt2')
    return {
      model_type: 'gpt2',
      architectures: ['GPT2LMHeadModel'],
      vocab_size: c.vocab,
      n_positions: c.context,
      n_ctx: c.context,
      n_embd: c.width,
      n_layer: c.layers,
      n_head: c.heads,
      n_inner: c.hidden,
      activation_function: c.gelu === 'erf' ? 'gelu' : 'gelu_new',
      layer_norm_epsilon: c.eps,
      tie_word_embeddings: c.tied,
    };
  return {
    model_type: 'llama',
    architectures: ['LlamaForCausalLM'],
    vocab_size: c.vocab,
    max_position_embeddings: c.context,
    num_hidden_layers: c.layers,
    num_attention_heads: c.heads,
    num_key_value_heads: c.kvHeads,
    hidden_size: c.width,
    intermediate_size: c.hidden,
    hidden_act: 'silu',
    rms_norm_eps: c.eps,
    rope_theta: c.ropeBase,
    rope_interleaved: c.ropeInterleaved,
    tie_word_embeddings: c.tied,
  };
}
