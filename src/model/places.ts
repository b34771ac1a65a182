/** Where a model's tensors are: its parameters, and what decoding needs around them. One layout for each owner. */
import { Layout } from '../graph/layout.ts';
import { STATE } from '../plan/state.ts';
import type { Elem } from '../plan/types.ts';
import { blockOptions } from './block.ts';
import type { ModelConfig } from './config.ts';
import { parameters } from './layout.ts';
import type { Parameter } from './parameter.ts';

/** Storage of matrices on the device; vectors and learned positions stay f32. */
export type Storage = 'f32' | 'f16';

export interface WeightsLayoutOptions {
  /** Default: f32. */
  readonly storage?: Storage;
  /** Which parameters learn. Default: none. */
  readonly trainable?: (name: string) => boolean;
}

/** Arena `params` of a GPT. */
export const weightsLayout = (c: ModelConfig, options: WeightsLayoutOptions = {}): Layout =>
  parametersLayout(parameters(c), options);

/** Arena `params`: trained matrices, then trained vectors, then the rest. The optimizer steps through a prefix and decays a prefix of that. */
export function parametersLayout(all: readonly Parameter[], options: WeightsLayoutOptions = {}): Layout {
  const { storage = 'f32', trainable = () => false } = options;
  const layout = new Layout();
  const trained = all.filter((p) => trainable(p.name));
  const groups = [
    trained.filter((p) => p.matrix),
    trained.filter((p) => !p.matrix),
    all.filter((p) => !trained.includes(p)),
  ];
  for (const p of groups.flat()) {
    const elem: Elem = p.matrix && p.name !== 'wpe.weight' ? storage : 'f32';
    layout.add('params', p.name, p.shape, elem);
  }
  return layout;
}

export interface DecodeLayoutOptions {
  /** Positions that the cache holds. Default: the model's own. */
  readonly context?: number;
  /** Default: f32. */
  readonly cache?: 'f32' | 'f16';
  /** How many sampled tokens of a sequence can wait to be read. */
  readonly history: number;
  /** Texts generated side by side, each with its own state, history, cache and prompt. Default: 1. */
  readonly sequences?: number;
}

/** Beside `weights`: arenas `state`, `gates`, `cache`, `prompt`, `tables`. */
export function decodeLayout(weights: Layout, c: ModelConfig, options: DecodeLayoutOptions): Layout {
  const { context = c.context, cache = 'f32', history, sequences = 1 } = options;
  const { heads, rope } = blockOptions(c);
  const layout = new Layout(weights);
  if (rope) layout.add('tables', 'rope', [context, heads.HS]);
  layout.add('state', 'state', [sequences, STATE.WORDS], 'u32');
  layout.add('state', 'history', [sequences, history], 'u32');
  addGates(layout, c);
  for (let i = 0; i < c.layers; i++) {
    for (const kv of ['k', 'v']) layout.add('cache', `h.${i}.${kv}`, [sequences, c.kvHeads, context, heads.HS], cache);
  }
  layout.add('prompt', 'tokens', [sequences, context], 'u32');
  layout.add('prompt', 'drawn', [sequences], 'u32'); // the sampled token, where the lens of a token reads it
  return layout;
}

/** Arena `gates`: a factor on each head of a layer, and one on its MLP. */
export function addGates(layout: Layout, { layers, heads }: ModelConfig): void {
  for (let i = 0; i < layers; i++) {
    layout.add('gates', `h.${i}.attn`, [heads]);
    layout.add('gates', `h.${i}.mlp`, [1]);
  }
}
