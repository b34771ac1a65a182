/**
 * Small models in Hugging Face's layout, made here: config.json and random tensors under the library's names. And what such a model
 * says, computed from the same JSON and tensors by plain loops in f64 that share nothing with the product.
 */
import { writeSafetensors } from '../../src/files/write_safetensors.ts';
import type { NamedTensor } from '../../src/files/types.ts';
import { uniform } from '../../src/sample/hash.ts';

export type Json = Record<string, unknown>;
export type Tensors = Map<string, NamedTensor>;

export const GPT2: Json = {
  model_type: 'gpt2',
  vocab_size: 257,
  n_positions: 16,
  n_embd: 8,
  n_layer: 2,
  n_head: 2,
  n_inner: 20,
  activation_function: 'gelu_new',
  layer_norm_epsilon: 1e-5,
};

export const LLAMA: Json = {
  model_type: 'llama',
  vocab_size: 257,
  max_position_embeddings: 16,
  hidden_size: 16,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  num_key_value_heads: 1,
  intermediate_size: 12,
  rms_norm_eps: 1e-6,
  hidden_act: 'silu',
  tie_word_embeddings: false,
};

const num = (json: Json, key: string): number => json[key] as number;

/** Random tensors; `spread` is about their size. */
export function randomTensors(json: Json, { seed = 1, spread = 0.5 } = {}): Tensors {
  const tensors: Tensors = new Map();
  let i = 0;
  const add = (name: string, shape: number[], centre = 0): void => {
    const data = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => centre + (uniform(seed, 0, 0, i++) - 0.5) * 2 * spread); // prettier-ignore
    tensors.set(name, { shape, data });
  };
  if (json['model_type'] === 'gpt2') {
    const [C, V] = [num(json, 'n_embd'), num(json, 'vocab_size')];
    const H = (json['n_inner'] as number | undefined) ?? 4 * C;
    add('wte.weight', [V, C]);
    add('wpe.weight', [num(json, 'n_positions'), C]);
    for (let l = 0; l < num(json, 'n_layer'); l++) {
      for (const [name, shape, centre] of [
        ['ln_1.weight', [C], 1], ['ln_1.bias', [C]], ['attn.c_attn.weight', [C, 3 * C]], ['attn.c_attn.bias', [3 * C]],
        ['attn.c_proj.weight', [C, C]], ['attn.c_proj.bias', [C]], ['ln_2.weight', [C], 1], ['ln_2.bias', [C]],
        ['mlp.c_fc.weight', [C, H]], ['mlp.c_fc.bias', [H]], ['mlp.c_proj.weight', [H, C]], ['mlp.c_proj.bias', [C]],
      ] as [string, number[], number?][]) add(`h.${l}.${name}`, shape, centre); // prettier-ignore
    }
    add('ln_f.weight', [C], 1);
    add('ln_f.bias', [C]);
    if (json['tie_word_embeddings'] === false) add('lm_head.weight', [V, C]);
    return tensors;
  }
  const [C, V, H] = [num(json, 'hidden_size'), num(json, 'vocab_size'), num(json, 'intermediate_size')];
  const NH = num(json, 'num_attention_heads');
  const KV = (C / NH) * ((json['num_key_value_heads'] as number | undefined) ?? NH);
  add('model.embed_tokens.weight', [V, C]);
  for (let l = 0; l < num(json, 'num_hidden_layers'); l++) {
    const linear = (name: string, out: number, inp: number, bias: unknown): void => {
      add(`model.layers.${l}.${name}.weight`, [out, inp]);
      if (bias) add(`model.layers.${l}.${name}.bias`, [out]);
    };
    add(`model.layers.${l}.input_layernorm.weight`, [C], 1);
    linear('self_attn.q_proj', C, C, json['attention_bias']);
    linear('self_attn.k_proj', KV, C, json['attention_bias']);
    linear('self_attn.v_proj', KV, C, json['attention_bias']);
    linear('self_attn.o_proj', C, C, json['attention_bias']);
    add(`model.layers.${l}.post_attention_layernorm.weight`, [C], 1);
    linear('mlp.gate_proj', H, C, json['mlp_bias']);
    linear('mlp.up_proj', H, C, json['mlp_bias']);
    linear('mlp.down_proj', C, H, json['mlp_bias']);
  }
  add('model.norm.weight', [C], 1);
  if (json['tie_word_embeddings'] !== true) add('lm_head.weight', [V, C]);
  return tensors;
}

/** The files of a model as a person would choose them. */
export function filesOf(json: unknown, tensors: Tensors, more: Record<string, unknown> = {}): File[] {
  const text = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
  const others = { 'config.json': json, 'tokenizer.json': { kind: 'bytes' }, ...more };
  return [
    new File([writeSafetensors(tensors)], 'model.safetensors'),
    ...Object.entries(others)
      .filter(([, content]) => content !== undefined)
      .map(
        ([name, content]) => new File([content instanceof Uint8Array ? new Uint8Array(content) : text(content)], name),
      ),
  ];
}

type Row = number[];

const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
};

/** Abramowitz and Stegun 7.1.26 is not enough: the series, which converges everywhere. */
function erf(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 1; n < 200; n++) {
    term *= (-x * x) / n;
    sum += term / (2 * n + 1);
  }
  return Math.abs(x) > 5 ? Math.sign(x) : (2 / Math.sqrt(Math.PI)) * sum;
}

const gelu: Record<string, (x: number) => number> = {
  erf: (x) => 0.5 * x * (1 + erf(x / Math.SQRT2)),
  tanh: (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
};
const silu = (x: number): number => x / (1 + Math.exp(-x));

function attention(q: Row[], k: Row[], v: Row[], heads: number, kvHeads: number, scale: number): Row[] {
  const HS = q[0].length / heads;
  return q.map((row, t) =>
    Array.from({ length: heads }, (_, h) => {
      const g = Math.floor((h * kvHeads) / heads);
      const cut = (x: Row, head: number): Row => x.slice(head * HS, (head + 1) * HS);
      const scores = k.slice(0, t + 1).map((key) => scale * dot(cut(row, h), cut(key, g)));
      const most = Math.max(...scores);
      const shares = scores.map((s) => Math.exp(s - most));
      const sum = shares.reduce((a, b) => a + b);
      const out = new Array<number>(HS).fill(0);
      shares.forEach((share, s) => cut(v[s], g).forEach((value, i) => (out[i] += (share / sum) * value)));
      return out;
    }).flat(),
  );
}

/** Logits of the token after `tokens`. */
export function hubLogits(json: Json, tensors: Tensors, tokens: readonly number[]): Row {
  const get = (name: string): NamedTensor => tensors.get(name)!;
  const row = (name: string, r: number): Row => {
    const { shape, data } = get(name);
    return [...data.subarray(r * shape[1], (r + 1) * shape[1])];
  };
  /** weight (out, in). */
  const linear = (x: Row, name: string): Row => {
    const [out] = get(`${name}.weight`).shape;
    const bias = tensors.get(`${name}.bias`)?.data;
    return Array.from({ length: out }, (_, o) => dot(row(`${name}.weight`, o), x) + (bias?.[o] ?? 0));
  };
  /** weight (in, out). */
  const conv = (x: Row, name: string): Row => {
    const { shape, data } = get(`${name}.weight`);
    const bias = tensors.get(`${name}.bias`)?.data;
    return Array.from({ length: shape[1] }, (_, o) => x.reduce((s, value, i) => s + value * data[i * shape[1] + o], bias?.[o] ?? 0)); // prettier-ignore
  };
  const sum = (a: Row, b: Row): Row => a.map((value, i) => value + b[i]);
  const norm = (x: Row, name: string, eps: number, rms: boolean): Row => {
    const mean = rms ? 0 : x.reduce((a, b) => a + b) / x.length;
    const variance = x.reduce((a, b) => a + (b - mean) ** 2, 0) / x.length;
    const bias = tensors.get(`${name}.bias`)?.data;
    return x.map((value, i) => ((value - mean) / Math.sqrt(variance + eps)) * get(`${name}.weight`).data[i] + (bias?.[i] ?? 0)); // prettier-ignore
  };
  if (json['model_type'] === 'gpt2') {
    const eps = (json['layer_norm_epsilon'] as number | undefined) ?? 1e-5;
    const heads = num(json, 'n_head');
    const act = gelu[/^gelu(_python)?$/.test(String(json['activation_function'])) ? 'erf' : 'tanh'];
    let x = tokens.map((token, t) => sum(row('wte.weight', token), row('wpe.weight', t)));
    for (let l = 0; l < num(json, 'n_layer'); l++) {
      const C = x[0].length;
      const qkv = x.map((r) => conv(norm(r, `h.${l}.ln_1`, eps, false), `h.${l}.attn.c_attn`));
      const part = (i: number): Row[] => qkv.map((r) => r.slice(i * C, (i + 1) * C));
      let scale = json['scale_attn_weights'] === false ? 1 : 1 / Math.sqrt(C / heads);
      if (json['scale_attn_by_inverse_layer_idx']) scale /= l + 1;
      const mix = attention(part(0), part(1), part(2), heads, heads, scale);
      x = x.map((r, t) => sum(r, conv(mix[t], `h.${l}.attn.c_proj`)));
      x = x.map((r) => sum(r, conv(conv(norm(r, `h.${l}.ln_2`, eps, false), `h.${l}.mlp.c_fc`).map(act), `h.${l}.mlp.c_proj`))); // prettier-ignore
    }
    const last = norm(x.at(-1)!, 'ln_f', eps, false);
    const head = json['tie_word_embeddings'] === false ? 'lm_head' : 'wte';
    return linear(last, head);
  }
  const eps = (json['rms_norm_eps'] as number | undefined) ?? 1e-6;
  const heads = num(json, 'num_attention_heads');
  const kvHeads = (json['num_key_value_heads'] as number | undefined) ?? heads;
  const HS = num(json, 'hidden_size') / heads;
  const turn = rotation(json, HS);
  const rotate = (x: Row, t: number): Row =>
    x.map((value, i) => {
      const [at, pair] = [i % HS, (i % HS) % (HS / 2)];
      const other = at < HS / 2 ? -x[i + HS / 2] : x[i - HS / 2];
      return value * Math.cos(t * turn[pair]) + other * Math.sin(t * turn[pair]);
    });
  let x = tokens.map((token) => row('model.embed_tokens.weight', token));
  for (let l = 0; l < num(json, 'num_hidden_layers'); l++) {
    const at = `model.layers.${l}`;
    const h = x.map((r) => norm(r, `${at}.input_layernorm`, eps, true));
    const [q, k, v] = ['q', 'k', 'v'].map((p) => h.map((r) => linear(r, `${at}.self_attn.${p}_proj`)));
    const mix = attention(q.map(rotate), k.map(rotate), v, heads, kvHeads, 1 / Math.sqrt(HS));
    x = x.map((r, t) => sum(r, linear(mix[t], `${at}.self_attn.o_proj`)));
    x = x.map((r) => {
      const f = norm(r, `${at}.post_attention_layernorm`, eps, true);
      const up = linear(f, `${at}.mlp.up_proj`);
      return sum(r, linear(linear(f, `${at}.mlp.gate_proj`).map((g, i) => silu(g) * up[i]), `${at}.mlp.down_proj`)); // prettier-ignore
    });
  }
  const last = norm(x.at(-1)!, 'model.norm', eps, true);
  return linear(last, json['tie_word_embeddings'] === true ? 'model.embed_tokens' : 'lm_head');
}

/** Radians a position, as the library computes them (modeling_rope_utils), in its own words: wavelengths. */
function rotation(json: Json, HS: number): number[] {
  const rope = (json['rope_parameters'] ?? json['rope_scaling'] ?? {}) as Record<string, number | string>;
  const base = Number(rope['rope_theta'] ?? json['rope_theta'] ?? 10000);
  const type = rope['rope_type'] ?? rope['type'];
  const [factor, low, high] = ['factor', 'low_freq_factor', 'high_freq_factor'].map((key) => Number(rope[key]));
  return Array.from({ length: HS / 2 }, (_, i) => {
    const frequency = 1 / base ** ((2 * i) / HS);
    if (type === 'linear') return frequency / factor;
    if (type !== 'llama3') return frequency;
    const original = Number(rope['original_max_position_embeddings'] ?? json['original_max_position_embeddings']);
    const wavelength = (2 * Math.PI) / frequency;
    if (wavelength < original / high) return frequency;
    if (wavelength > original / low) return frequency / factor;
    const smooth = (original / wavelength - low) / (high - low);
    return ((1 - smooth) * frequency) / factor + smooth * frequency;
  });
}
