/** What a model is, in a few numbers; shapes, memory and names derive from it. */

export interface ModelConfig {
  /** `gpt2`: learned positions, layer norm with bias, GELU. `llama`: rotary positions, RMSNorm, gated SiLU, no biases. */
  readonly family: 'gpt2' | 'llama';
  /** V: tokens that the head can predict. */
  readonly vocab: number;
  /** Longest sequence, in tokens. */
  readonly context: number;
  readonly layers: number;
  readonly heads: number;
  /** Key/value heads; fewer than `heads` = grouped queries. */
  readonly kvHeads: number;
  /** C: numbers per token. */
  readonly width: number;
  /** Width inside the MLP. */
  readonly hidden: number;
  /** GELU's form (gpt2 family). */
  readonly gelu: 'tanh' | 'erf';
  readonly eps: number;
  /** The head is the token embedding, transposed. */
  readonly tied: boolean;
  readonly ropeBase: number;
  /** Rotary pairs are (2i, 2i+1); otherwise (i, i + HS/2). */
  readonly ropeInterleaved: boolean;
}

const gpt = (vocab: number, context: number, layers: number, heads: number, width: number): ModelConfig => ({
  family: 'gpt2',
  vocab,
  context,
  layers,
  heads,
  kvHeads: heads,
  width,
  hidden: 4 * width,
  gelu: 'tanh',
  eps: 1e-5,
  tied: true,
  ropeBase: 10000,
  ropeInterleaved: false,
});

/** Configurations by name; vocabularies of trained models come with their tokenizer. */
export const presets = {
  /** ≈ 0.2 M parameters over 65–100 characters: loads at once, trains in a minute. */
  'char-mini': gpt(96, 128, 4, 4, 64),
  /** The mini GPT of the benchmarks: 4 layers, 4 heads, 128 wide. */
  mini: gpt(1024, 256, 4, 4, 128),
  small: gpt(2048, 256, 6, 6, 192),
  /** GPT-2 124M. */
  'gpt2-small': gpt(50257, 1024, 12, 12, 768),
  'gpt2-medium': gpt(50257, 1024, 24, 16, 1024),
  /** Llama architecture at the size of llama2.c's stories260K. */
  'llama-mini': {
    ...gpt(512, 512, 5, 8, 64),
    family: 'llama',
    kvHeads: 4,
    hidden: 172,
    ropeInterleaved: true,
  },
} as const satisfies Record<string, ModelConfig>;

/** Fills a partial configuration (derived: kvHeads, hidden) and checks it. Throws naming the field, what it is and what is allowed. */
export function makeConfig(
  given: Partial<ModelConfig> & Pick<ModelConfig, 'vocab' | 'context' | 'layers' | 'heads' | 'width'>,
): ModelConfig {
  const base = gpt(given.vocab, given.context, given.layers, given.heads, given.width);
  const config: ModelConfig = { ...base, ...given };
  for (const key of ['vocab', 'context', 'layers', 'heads', 'kvHeads', 'width', 'hidden'] as const)
    if (!Number.isInteger(config[key]) || config[key] < 1)
      throw new RangeError(`model config: ${key} is ${config[key]}; a whole number ≥ 1 was expected`);
  if (config.width % config.heads)
    throw new RangeError(`model config: width ${config.width} is not a multiple of heads ${config.heads}`);
  if (config.heads % config.kvHeads)
    throw new RangeError(`model config: heads ${config.heads} is not a multiple of kvHeads ${config.kvHeads}`);
  const headSize = config.width / config.heads;
  if (config.family === 'llama' && headSize % 2)
    throw new RangeError(
      `model config: head size ${headSize} (width ${config.width} / heads ${config.heads}) must be even to be rotated in pairs`,
    );
  return config;
}
