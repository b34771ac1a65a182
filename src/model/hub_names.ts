/** Where Hugging Face's GPT-2 and Llama files have our parameters. */
import type { ModelConfig } from './config.ts';

/** Where one of our parameters comes from: their tensors stacked by rows, each transposed if their file stores (in, out). */
export interface Source {
  /** Names without wrappers, each with its rows of the parameter. */
  readonly parts: readonly { readonly name: string; readonly rows: number }[];
  readonly transposed: boolean;
}

/** Our name (inside a layer) → theirs, and how many rows each has. */
const LLAMA: Readonly<Record<string, readonly string[]>> = {
  'wte.weight': ['embed_tokens.weight'],
  'ln_f.weight': ['norm.weight'],
  'head.weight': ['lm_head.weight'],
  'ln_1.weight': ['input_layernorm.weight'],
  'attn.qkv.weight': ['self_attn.q_proj.weight', 'self_attn.k_proj.weight', 'self_attn.v_proj.weight'],
  'attn.qkv.bias': ['self_attn.q_proj.bias', 'self_attn.k_proj.bias', 'self_attn.v_proj.bias'],
  'attn.proj.weight': ['self_attn.o_proj.weight'],
  'attn.proj.bias': ['self_attn.o_proj.bias'],
  'ln_2.weight': ['post_attention_layernorm.weight'],
  'mlp.fc.weight': ['mlp.gate_proj.weight', 'mlp.up_proj.weight'],
  'mlp.fc.bias': ['mlp.gate_proj.bias', 'mlp.up_proj.bias'],
  'mlp.proj.weight': ['mlp.down_proj.weight'],
  'mlp.proj.bias': ['mlp.down_proj.bias'],
};

/**
 * The names in Hugging Face's layout, without `model.` and `transformer.`.
 * @param conv1d GPT-2's linear weights are stored (in, out), see `isConv1d`
 */
export function sourceOf(config: ModelConfig, name: string, shape: readonly number[], conv1d: boolean): Source {
  const [, layer, inner] = /^h\.(\d+)\.(.+)$/.exec(name) ?? [];
  if (config.family === 'llama') {
    const names = LLAMA[inner ?? name].map((n) => (inner ? `layers.${layer}.${n}` : n));
    const kv = (config.width / config.heads) * config.kvHeads;
    const rows = [shape, [config.hidden, config.hidden], [config.width, kv, kv]][names.length - 1];
    return { parts: names.map((n, i) => ({ name: n, rows: rows[i] })), transposed: false };
  }
  const theirs =
    name === 'head.weight'
      ? 'lm_head.weight'
      : name
          .replace('attn.qkv', 'attn.c_attn')
          .replace('attn.proj', 'attn.c_proj')
          .replace('mlp.fc', 'mlp.c_fc')
          .replace('mlp.proj', 'mlp.c_proj');
  return {
    parts: [{ name: theirs, rows: shape[0] }],
    transposed: conv1d && /(attn|mlp)\.c_\w+\.weight$/.test(theirs),
  };
}

/** A name as Hugging Face's library writes it. */
export function withPrefix(config: ModelConfig, name: string): string {
  return config.family === 'llama' && !name.startsWith('lm_head.') ? `model.${name}` : name;
}
