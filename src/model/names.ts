/**
 * Names of tensors in others' files besides Hugging Face's own (hub_names.ts): nanoGPT / minGPT, llama2.c, with any prefixes that
 * wrappers add; and what a model does not need.
 */
import type { ModelConfig } from './config.ts';

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

/** A tensor's name in Hugging Face's layout; names other than llama2.c's are unchanged. */
export function llama2cToHub(name: string): string {
  for (const [from, to] of LLAMA2C) if (from.test(name)) return name.replace(from, to);
  return name;
}

/** What compilers and trainers put around modules, anywhere in a name. */
const WRAPPED = /(^|\.)(?:(?:_orig_mod|module|_fsdp_wrapped_module|_checkpoint_wrapped_module|_forward_module)\.)+/g;
/** What the model itself may be called, before its tensors' names. */
const OUTER =
  /^(?:model|transformer|base_model|gpt|llama|net|network|backbone|lm|policy|state_dict|model_state_dict)\./;

/** `_orig_mod.module.transformer.h.0.ln_1.weight` → `h.0.ln_1.weight`. */
export function bareName(name: string): string {
  let bare = name.replace(WRAPPED, '$1');
  while (OUTER.test(bare)) bare = bare.replace(OUTER, '');
  return bare;
}

/** What files contain besides a model: tables that follow from the configuration, and the trainer's state. Bare names. */
const NEEDLESS: readonly RegExp[] = [
  /(^|\.)attn\.(masked_)?bias$/, // GPT-2's causal mask and its filler
  /(^|\.)(position_ids|attention_mask|causal_mask|attn_mask|mask|tril)$/,
  /(^|\.)((original_)?inv_freq|freqs_(cis|cos|sin)(_real|_imag)?|(cos|sin)_cached?|rotary_emb\.\w+)$/,
  /^(global_)?(steps?|epochs?|iter(_num|ation)?s?|best_\w*loss|rng_states?|random_states?|seed|num_samples\w*)(\.|$)/,
  /^(optimizer|optim|adamw?|scheduler|lr_scheduler|grad_scaler|scaler)\w*(\.|$)/,
  /(^|\.)(exp_avg|exp_avg_sq|max_exp_avg_sq|momentum_buffer|num_batches_tracked)$/,
];

export function isNeedless(bare: string): boolean {
  return NEEDLESS.some((pattern) => pattern.test(bare));
}

/** Heads and copies for other tasks, which do not affect the next token. */
const ASIDE =
  /^(ema|\w+_ema|ema_\w+|teacher|ref_model|critic|reward\w*|score|v_head|value_head|classif\w+|qa_outputs|multiple_choice_head|\w*summary)\./;
const INSIDE = { gpt2: /^(h\.\d+|wte|wpe|ln_f|lm_head)\./, llama: /^(layers\.\d+|embed_tokens|norm|lm_head)\./ };
/** Possible names of parts that every token passes through. */
const LIKE_A_LAYER =
  /(^|[._])(ln|norm|layer_?norm|emb|embed|embeddings?|wte|wpe|wt[a-z]|proj|project_\w+|bias|lora_\w+)\w*(\.|$)/i;

/** Whether a tensor that no parameter uses would change what the model says. */
export function wouldMatter(config: ModelConfig, bare: string): boolean {
  return !ASIDE.test(bare) && (INSIDE[config.family].test(bare) || LIKE_A_LAYER.test(bare));
}
