/**
 * What the settings of a config.json mean to a model here, as data. Every setting of a GPT-2 or Llama configuration is read
 * (hub_config.ts), known not to affect the next token (`isInert`), or refused by name unless it has a value without effect
 * (`NEUTRAL`). Settings in none of these lists are reported.
 */

/** GPT-2's `activation_function`, under all names that transformers knows for GELU → the form. */
export const GELU: Readonly<Record<string, 'tanh' | 'erf'>> = {
  gelu: 'erf',
  gelu_python: 'erf',
  gelu_new: 'tanh',
  gelu_fast: 'tanh',
  gelu_accurate: 'tanh',
  gelu_python_tanh: 'tanh',
  gelu_pytorch_tanh: 'tanh',
};

/** Llama's `hidden_act`. */
export const SILU: readonly string[] = ['silu', 'swish'];

/** Training, bookkeeping, others' sampling, heads of other tasks, and what changes only rounding. */
const INERT = new Set(
  (
    'model_type architectures auto_map transformers_version _name_or_path name_or_path _commit_hash tokenizer_class prefix ' +
    'torch_dtype dtype use_bfloat16 torchscript tf_legacy_loss use_cache return_dict use_return_dict return_dict_in_generate ' +
    'output_hidden_states output_attentions output_scores keys_to_ignore_at_inference gradient_checkpointing ' +
    'initializer_range initializer_cutoff_factor init_std task_specific_params finetuning_task problem_type num_labels id2label ' +
    'label2id bos_token_id eos_token_id pad_token_id sep_token_id cls_token_id mask_token_id unk_token_id decoder_start_token_id ' +
    'is_decoder tie_encoder_decoder chunk_size_feed_forward pretraining_tp reorder_and_upcast_attn attention_softmax_in_fp32 ' +
    'scale_attention_softmax_in_fp32 attn_implementation _attn_implementation _attn_implementation_autoset use_flash_attn ' +
    'use_flash_attention _flash_attn_2_enabled use_sdpa unsloth_version unsloth_fixed max_window_layers model_max_length ' +
    'max_length min_length max_new_tokens min_new_tokens do_sample early_stopping num_beams num_beam_groups diversity_penalty ' +
    'temperature top_k top_p typical_p repetition_penalty length_penalty no_repeat_ngram_size encoder_no_repeat_ngram_size ' +
    'bad_words_ids num_return_sequences forced_bos_token_id forced_eos_token_id remove_invalid_values suppress_tokens ' +
    'begin_suppress_tokens exponential_decay_length_penalty cross_attention_hidden_size'
  ).split(' '),
);

export function isInert(key: string): boolean {
  return INERT.has(key) || /dropout$|_pdrop$|^summary_/.test(key);
}

/** Settings whose null means that they are derived from others; null anywhere else is no value. */
const NULLABLE = new Set(
  (
    'n_inner n_ctx num_key_value_heads head_dim rope_scaling rope_parameters sliding_window use_sliding_window layer_types ' +
    'original_max_position_embeddings'
  ).split(' '),
);

export function isNullable(key: string): boolean {
  return NULLABLE.has(key);
}

/** A setting that no kernel here supports: the values without effect (null is always one), and what the setting would do. */
export interface Neutral {
  readonly values: readonly unknown[];
  readonly about: string;
}

const off = (about: string): Neutral => ({ values: [false], about });
const one = (about: string): Neutral => ({ values: [1], about });
const absent = (about: string): Neutral => ({ values: [], about });

export const NEUTRAL: Readonly<Record<string, Neutral>> = {
  add_cross_attention: off('attention to an encoder'),
  is_encoder_decoder: off('an encoder'),
  pruned_heads: { values: [{}], about: 'heads that were cut out' },
  per_layer_config: { values: [{}], about: 'layers of different shapes' },
  quantization_config: absent('quantized weights'),
  compression_config: absent('compressed weights'),
  use_sliding_window: off('attention to the last tokens only'),
  attention_chunk_size: absent('attention within chunks'),
  alibi: off('positions as slopes (ALiBi)'),
  use_alibi: off('positions as slopes (ALiBi)'),
  partial_rotary_factor: one('rotation of a part of each head'),
  rotary_pct: one('rotation of a part of each head'),
  rotary_dim: absent('rotation of a part of each head'),
  rope_interleave: off('another order of rotary pairs'),
  no_rope_layers: { values: [[]], about: 'layers without positions' },
  use_qk_norm: off('normalised queries and keys'),
  qk_norm: off('normalised queries and keys'),
  qk_layernorm: off('normalised queries and keys'),
  clip_qkv: absent('clipped queries and keys'),
  query_pre_attn_scalar: absent('another scale of attention scores'),
  attention_multiplier: absent('another scale of attention scores'),
  attn_logit_softcapping: absent('capped attention scores'),
  attn_temperature_tuning: off('attention scores that depend on the position'),
  final_logit_softcapping: absent('capped logits'),
  logits_soft_cap: absent('capped logits'),
  logit_scale: one('scaled logits'),
  logits_scaling: one('scaled logits'),
  lm_head_multiplier: one('scaled logits'),
  embedding_multiplier: one('scaled embeddings'),
  scale_emb: one('scaled embeddings'),
  scale_embedding: off('scaled embeddings'),
  embedding_size: absent('embeddings of another width'),
  word_embed_proj_dim: absent('embeddings of another width'),
  residual_multiplier: one('scaled residuals'),
  scale_depth: absent('scaled residuals'),
  parallel_attn: off('attention and MLP side by side'),
  use_parallel_residual: off('attention and MLP side by side'),
  apply_residual_connection_post_layernorm: off('another place of the norms'),
  do_layer_norm_before: { values: [true], about: 'another place of the norms' },
  num_experts: { values: [0], about: 'a mixture of experts' },
  num_local_experts: { values: [0], about: 'a mixture of experts' },
  n_routed_experts: { values: [0], about: 'a mixture of experts' },
};
