/**
 * A GPT, in the order the data moves. The same lines make the training graph, the prefill and the decode step: only how attention
 * reaches earlier tokens differs (`attend`).
 */
import type { Tensor } from '../graph/graph.ts';
import { type Attend, attendWithin, block, type BlockOptions, blockOptions, type Memory } from './block.ts';
import type { ModelConfig } from './config.ts';
import { chunkedLoss } from './heads.ts';
import { embed, norm, type Norm, residual } from './layers.ts';
import { parameters, ropeTable } from './layout.ts';
import {
  type Build,
  type Constant,
  type Input,
  optional,
  param,
  type Program,
  targetInputs,
  tokenInputs,
} from './program.ts';

export interface Stack {
  /** Of the layers' names: `<prefix>h.0`, … Default: none. */
  readonly prefix?: string;
  /** What every layer attends to by cross-attention: the stack is a decoder. */
  readonly memory?: Memory;
}

/** Embedded tokens (R C) through a stack of layers. The caller normalises the rows it uses. */
export function trunk(
  b: Build,
  embedded: Tensor,
  layers: number,
  o: BlockOptions,
  attend: Attend,
  { prefix = '', memory }: Stack = {},
): Tensor {
  let x = residual(b, undefined, embedded, o.dropout ?? 0);
  b.taps[`${prefix}embed`] = x;
  for (let i = 0; i < layers; i++) x = block(b, x, `${prefix}h.${i}`, o, attend, memory);
  return x;
}

export function finalNorm(b: Build, x: Tensor, o: Norm): Tensor {
  return (b.taps['ln_f'] = norm(b, x, 'ln_f', o));
}

/** The head: one logit per token of the vocabulary, from the token embedding if there is no `head`. It generates by classifying. */
export function head(b: Build, x: Tensor): Tensor {
  const table = optional(b, 'head.weight') ?? param(b, 'wte.weight');
  return (b.taps['logits'] = b.g.linear(x, table, undefined, { name: 'logits' }));
}

/** Rotary angles, if the model has such positions. */
export const constants = (config: ModelConfig): Constant[] =>
  blockOptions(config).rope
    ? [{ name: 'rope', shape: [config.context, config.width / config.heads], values: () => ropeTable(config) }]
    : [];

export interface GptOptions {
  /** Rows and positions of a batch. */
  readonly B: number;
  readonly T: number;
  readonly dropout?: number;
  /** Logits are made and consumed in chunks of rows of at most this many bytes. Default: 32 MiB. */
  readonly headBytes?: number;
  /** Which parameters learn. Default: all. */
  readonly trainable?: (name: string) => boolean;
}

/** One batch of R tokens, and the token that should follow each. */
function textInputs(R: number, V: number): Input[] {
  const [tokens, ...sorted] = tokenInputs('tokens', R, V);
  return [tokens, ...targetInputs(R), ...sorted];
}

/** The causal language model: B·T `tokens`, `targets` and `weights` in, `losses` (B·T) and their sum out. */
export function gptProgram(
  config: ModelConfig,
  { B, T, dropout = 0, headBytes = 2 ** 25, trainable = () => true }: GptOptions,
): Program {
  const o = { ...blockOptions(config), dropout };
  return {
    name: 'gpt',
    params: parameters(config),
    trainable,
    inputs: textInputs(B * T, config.vocab),
    constants: constants(config),
    build(b) {
      const embedded = embed(b, 'tokens', T, 'wte.weight', 'wpe.weight');
      const out = trunk(b, embedded, config.layers, o, attendWithin(o, { B, T, mask: 'causal' }));
      const { losses, loss } = chunkedLoss(b, finalNorm(b, out, o.norm), config.vocab, headBytes, (rows) =>
        head(b, rows),
      );
      return { loss, keep: { losses } };
    },
  };
}
