/** A model in a few numbers; shapes, memory and names derive from them. */
import { type RopeScaling, scalingFault } from './rope.ts';

/**
 * The shape of a GPT. `makeConfig` fills in what is left out and checks the rest.
 *
 * @example
 * const config = makeConfig({ vocab: 256, context: 64, layers: 2, heads: 4, width: 64 });
 */
export interface ModelConfig {
  /** `gpt2`: learned positions, layer norm with bias, GELU. `llama`: rotary positions, RMSNorm, gated SiLU. */
  readonly family: 'gpt2' | 'llama';
  /** V: tokens that the head can predict. */
  readonly vocab: number;
  /** Longest sequence, in tokens. */
  readonly context: number;
  /** Transformer blocks. */
  readonly layers: number;
  /** Query heads of each layer. */
  readonly heads: number;
  /** Key/value heads; fewer than `heads` = grouped queries. */
  readonly kvHeads: number;
  /** C: numbers per token. */
  readonly width: number;
  /** Width inside the MLP. */
  readonly hidden: number;
  /** GELU's form (gpt2 family). */
  readonly gelu: 'tanh' | 'erf';
  /** Added to the variance (llama: to the mean square) under the norm's root. */
  readonly eps: number;
  /** The head is the token embedding, transposed. */
  readonly tied: boolean;
  /** Base θ of the rotary frequencies (llama family). */
  readonly ropeBase: number;
  /** Rotary pairs are (2i, 2i+1); otherwise (i, i + HS/2). */
  readonly ropeInterleaved: boolean;
  /** How the rotary frequencies were stretched for longer texts (llama family). */
  readonly ropeScaling?: RopeScaling | undefined;
  /** The projections of attention have biases (llama family; gpt2's always have). */
  readonly attentionBias: boolean;
  /** The projections of the MLP have biases (llama family). */
  readonly mlpBias: boolean;
  /**
   * Whether attention scores are divided by √HS, as usual, or not at all. Kernels always divide; reading and writing files moves the
   * difference into the rows that make queries.
   */
  readonly scaleScores: boolean;
  /** Scores are also divided by the number of the layer, counted from 1; the rows that make queries hold this factor, as above. */
  readonly scaleScoresByLayer: boolean;
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
  attentionBias: false,
  mlpBias: false,
  scaleScores: true,
  scaleScoresByLayer: false,
});

/** Configurations by name; vocabularies of trained models come with their tokenizer. */
export const presets = {
  /** ≈ 0.2 M parameters over 65–100 characters: loads instantly, trains in a minute. */
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

/**
 * Minimum and maximum of each size. The maximum is above every published model, and low enough that tables with a row per layer, and
 * products of two sizes, are harmless.
 */
export const LIMITS = {
  vocab: [1, 2 ** 24],
  context: [1, 2 ** 22],
  layers: [1, 1024],
  heads: [1, 1024],
  kvHeads: [1, 1024],
  width: [1, 2 ** 16],
  hidden: [1, 2 ** 20],
} as const satisfies Partial<Record<keyof ModelConfig, readonly [number, number]>>;

/** Numbers per head that the kernels of both engines accept. */
export const HEAD_SIZES = [1, 256] as const;
export const EPS_RANGE = [0, 1] as const;
export const ROPE_BASE_RANGE = [1, 1e12] as const;

/**
 * Fills a partial configuration (derived: kvHeads, hidden) and checks it. Head sizes (width / heads) are 1 … 256, even ones for llama.
 *
 * @throws RangeError naming the field, what it is and what is allowed
 * @example makeConfig({ vocab: 257, context: 64, layers: 2, heads: 2, width: 32 })
 */
export function makeConfig(
  given: Partial<ModelConfig> & Pick<ModelConfig, 'vocab' | 'context' | 'layers' | 'heads' | 'width'>,
): ModelConfig {
  const base = gpt(given.vocab, given.context, given.layers, given.heads, given.width);
  const said = Object.entries(given).filter(([, value]) => value !== undefined);
  const config: ModelConfig = { ...base, ...Object.fromEntries(said) };
  for (const key of Object.keys(LIMITS) as (keyof typeof LIMITS)[]) {
    const [least, most] = LIMITS[key];
    const value = config[key];
    if (!Number.isInteger(value) || value < least || value > most)
      fail(key, value, `a whole number from ${least} to ${most} was expected`);
  }
  within('eps', config.eps, EPS_RANGE);
  within('ropeBase', config.ropeBase, ROPE_BASE_RANGE);
  oneOf('family', config.family, ['gpt2', 'llama']);
  oneOf('gelu', config.gelu, ['tanh', 'erf']);
  for (const key of [
    'tied',
    'ropeInterleaved',
    'attentionBias',
    'mlpBias',
    'scaleScores',
    'scaleScoresByLayer',
  ] as const)
    oneOf(key, config[key], [true, false]);
  if (config.width % config.heads)
    throw new RangeError(`model config: width ${config.width} is not a multiple of heads ${config.heads}`);
  if (config.heads % config.kvHeads)
    throw new RangeError(`model config: heads ${config.heads} is not a multiple of kvHeads ${config.kvHeads}`);
  const headSize = config.width / config.heads;
  const head = `head size ${headSize} (width ${config.width} / heads ${config.heads})`;
  if (headSize > HEAD_SIZES[1])
    throw new RangeError(`model config: ${head} is too large; ${HEAD_SIZES[0]} … ${HEAD_SIZES[1]} are possible`);
  if (config.family === 'llama' && headSize % 2)
    throw new RangeError(`model config: ${head} must be even to be rotated in pairs`);
  const fault = config.ropeScaling && scalingFault(config.ropeScaling);
  if (fault) throw new RangeError(`model config: ropeScaling is wrong: ${fault}`);
  return config;
}

/**
 * A configuration of our own from a file: every field is one of ModelConfig's.
 * @throws RangeError naming the field
 */
export function readConfig(json: Readonly<Record<string, unknown>>): ModelConfig {
  const known = [...Object.keys(gpt(1, 1, 1, 1, 1)), 'ropeScaling'];
  const unknown = Object.keys(json).find((key) => !known.includes(key));
  if (unknown !== undefined)
    throw new RangeError(`model config: ${unknown} is no field of a configuration; there are ${known.join(', ')}`);
  return makeConfig(json as unknown as ModelConfig);
}

function fail(key: string, value: unknown, wanted: string): never {
  throw new RangeError(
    `model config: ${key} is ${typeof value === 'number' ? value : JSON.stringify(value)}; ${wanted}`,
  );
}

function within(key: string, value: unknown, [least, most]: readonly [number, number]): void {
  if (!(typeof value === 'number' && value >= least && value <= most))
    fail(key, value, `a number from ${least} to ${most} was expected`);
}

function oneOf(key: string, value: unknown, allowed: readonly unknown[]): void {
  if (!allowed.includes(value))
    fail(key, value, `${allowed.map((one) => JSON.stringify(one)).join(' or ')} was expected`);
}
