/**
 * Hugging Face's config.json (GPT-2 and Llama) as a configuration of ours, and back. Each number is checked under its name in the file.
 * A setting that would change what the model says and is not supported is an error.
 */
import { EPS_RANGE, makeConfig, type ModelConfig } from './config.ts';
import { fail, type Json, readNumber, Settings, shown } from './hub_reader.ts';
import { readRope } from './hub_rope.ts';
import { GELU, SILU } from './hub_settings.ts';

export interface HubConfig {
  readonly config: ModelConfig;
  /** Unknown settings, by name. */
  readonly unknown: readonly string[];
}

/**
 * A model's configuration from Hugging Face's config.json (GPT-2 or Llama), parsed. Unknown settings are left out.
 *
 * @throws WeightsError naming the setting that is invalid or cannot be followed
 * @example
 * const config = configFromHub(JSON.parse(text));
 * console.log(config.layers, config.context);
 */
export function configFromHub(json: Json): ModelConfig {
  return readHubConfig(json).config;
}

/**
 * @param json config.json, parsed
 * @throws WeightsError naming the setting, its value and what is allowed: another architecture, a missing or impossible size, or
 *   something that no kernel here computes
 */
export function readHubConfig(json: Json): HubConfig {
  const settings = new Settings(json);
  const type = familyOf(json);
  const read = type === 'gpt2' ? readGpt2(settings) : readLlama(settings);
  checkLayerTypes(settings, read.context);
  const unknown = settings.rest();
  try {
    return { config: makeConfig(read), unknown };
  } catch (cause) {
    fail((cause as Error).message, cause);
  }
}

/** `model_type`, or if absent, what the class in `architectures` says. */
function familyOf(json: Json): 'gpt2' | 'llama' {
  const { model_type: type, architectures } = json;
  const name = Array.isArray(architectures) ? String(architectures[0]) : '';
  const found = type ?? (name.startsWith('GPT2') ? 'gpt2' : name.startsWith('Llama') ? 'llama' : undefined);
  if (found === 'gpt2' || found === 'llama') return found;
  return fail(
    type === undefined
      ? 'model_type is missing: it says which architecture the numbers belong to; gpt2 and llama are known'
      : `model_type is ${shown(type)}; gpt2 and llama are known`,
  );
}

function readGpt2(settings: Settings): ModelConfigInput {
  // transformers knows each size under two names
  const width = settings.size(['n_embd', 'hidden_size'], 'width');
  const older = settings.find('n_ctx') && settings.size(['n_ctx'], 'context');
  const context = settings.size(['n_positions', 'max_position_embeddings'], 'context', older);
  const activation = settings.value('activation_function', 'gelu_new');
  const position = settings.value('position_embedding_type', 'absolute');
  if (position !== 'absolute') fail(`position_embedding_type is ${shown(position)}: GPT-2 has "absolute" ones here`);
  return {
    family: 'gpt2',
    vocab: settings.size(['vocab_size'], 'vocab'),
    context,
    layers: settings.size(['n_layer', 'num_hidden_layers'], 'layers'),
    heads: settings.size(['n_head', 'num_attention_heads'], 'heads'),
    width,
    hidden: settings.size(['n_inner'], 'hidden', 4 * width),
    gelu:
      typeof activation === 'string' && Object.hasOwn(GELU, activation)
        ? GELU[activation]
        : fail(`activation_function is ${shown(activation)}: GPT-2 runs here with ${Object.keys(GELU).join(', ')}`),
    eps: settings.number(['layer_norm_epsilon'], EPS_RANGE, 1e-5),
    tied: settings.flag('tie_word_embeddings', true),
    scaleScores: settings.flag('scale_attn_weights', true),
    scaleScoresByLayer: settings.flag('scale_attn_by_inverse_layer_idx', false),
  };
}

function readLlama(settings: Settings): ModelConfigInput {
  const heads = settings.size(['num_attention_heads'], 'heads');
  const width = settings.size(['hidden_size'], 'width');
  const context = settings.size(['max_position_embeddings'], 'context');
  const activation = settings.value('hidden_act', 'silu');
  if (typeof activation !== 'string' || !SILU.includes(activation))
    fail(`hidden_act is ${shown(activation)}: Llama runs here with ${SILU.join(', ')}`);
  const headSize = settings.value('head_dim', width / heads);
  if (readNumber('head_dim', headSize, [0, 2 ** 16]) !== width / heads)
    fail(
      `head_dim is ${shown(headSize)}: heads of hidden_size / num_attention_heads = ${width / heads} numbers are possible here`,
    );
  return {
    family: 'llama',
    vocab: settings.size(['vocab_size'], 'vocab'),
    context,
    layers: settings.size(['num_hidden_layers'], 'layers'),
    heads,
    kvHeads: settings.size(['num_key_value_heads'], 'kvHeads', heads),
    width,
    hidden: settings.size(['intermediate_size'], 'hidden'),
    eps: settings.number(['rms_norm_eps'], EPS_RANGE, 1e-6),
    tied: settings.flag('tie_word_embeddings', false),
    ropeInterleaved: settings.flag('rope_interleaved', false),
    attentionBias: settings.flag('attention_bias', false),
    mlpBias: settings.flag('mlp_bias', false),
    ...readRope(settings, context),
  };
}

type ModelConfigInput = Parameters<typeof makeConfig>[0];

/** Attention over all earlier tokens in every layer. */
function checkLayerTypes(settings: Settings, context: number): void {
  const types = settings.find('layer_types')?.value;
  if (types !== undefined && !(Array.isArray(types) && types.every((type) => type === 'full_attention')))
    fail(`layer_types is ${shown(types)}: every layer has "full_attention" here`);
  const window = settings.find('sliding_window')?.value;
  if (window === undefined || settings.find('use_sliding_window')?.value === false) return;
  if (readNumber('sliding_window', window, [1, Number.MAX_SAFE_INTEGER], true) < context)
    fail(`sliding_window is ${shown(window)}, the context is ${context}: attention sees all earlier tokens here`);
}

/** Reads the sizes in a llama2.c file's header, or minGPT's configuration. */
export function configFromHeader(format: 'llama2.c' | 'minGPT', json: Json): ModelConfig {
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
      rms_norm_eps: 1e-5, // run.c's
      tie_word_embeddings: json['tied'],
      rope_interleaved: true,
    });
  return configFromHub({ ...json, model_type: 'gpt2', n_positions: json['block_size'], tie_word_embeddings: false });
}

/**
 * Our configuration as Hugging Face's config.json.
 *
 * @example
 * await writeFile('config.json', JSON.stringify(configToHub(config)));
 */
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
      ...(!c.scaleScores && { scale_attn_weights: false }),
      ...(c.scaleScoresByLayer && { scale_attn_by_inverse_layer_idx: true }),
    };
  const { ropeScaling: scaling } = c;
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
    ...(c.attentionBias && { attention_bias: true }),
    ...(c.mlpBias && { mlp_bias: true }),
    ...(scaling && {
      rope_scaling: {
        rope_type: scaling.type,
        factor: scaling.factor,
        ...(scaling.type === 'llama3' && {
          low_freq_factor: scaling.low,
          high_freq_factor: scaling.high,
          original_max_position_embeddings: scaling.originalContext,
        }),
      },
    }),
  };
}
