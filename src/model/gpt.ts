/**
 * A GPT, in the order the data moves. The same lines make the training graph, the prefill and the decode step: only how attention
 * reaches earlier tokens differs (`attend`).
 */
import type { Tensor } from '../graph/graph.ts';
import { type Attend, block, type BlockOptions, blockOptions, type Memory } from './block.ts';
import type { ModelConfig } from './config.ts';
import { norm, type Norm, residual } from './layers.ts';
import { ropeTable } from './layout.ts';
import { type Build, type Constant, optional, param } from './program.ts';

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
