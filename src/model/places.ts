/** Where a model's tensors lie: its parameters, what decoding needs around them, what training needs. One layout for each owner. */
import { Layout } from '../graph/layout.ts';
import { HYPER, STATE } from '../plan/state.ts';
import type { Elem } from '../plan/types.ts';
import type { ModelConfig } from './config.ts';
import { type Parameter, parameters } from './layout.ts';

/** Storage of matrices on the device; vectors and learned positions stay f32. */
export type Storage = 'f32' | 'f16';

export interface WeightsLayoutOptions {
  /** Default: f32. */
  readonly storage?: Storage;
  /** Which parameters learn. Default: none. */
  readonly trainable?: (name: string) => boolean;
}

/** Trained matrices first, trained vectors next, the rest behind: the optimizer steps through a prefix and decays a prefix of that. */
function inOrder(c: ModelConfig, trainable: (name: string) => boolean): { trained: Parameter[]; frozen: Parameter[] } {
  const all = parameters(c);
  const trained = all.filter((p) => trainable(p.name));
  return {
    trained: [...trained.filter((p) => p.matrix), ...trained.filter((p) => !p.matrix)],
    frozen: all.filter((p) => !trainable(p.name)),
  };
}

/** Arena `params`. */
export function weightsLayout(c: ModelConfig, options: WeightsLayoutOptions = {}): Layout {
  const { storage = 'f32', trainable = () => false } = options;
  const layout = new Layout();
  const { trained, frozen } = inOrder(c, trainable);
  for (const p of [...trained, ...frozen]) {
    const elem: Elem = p.matrix && p.name !== 'wpe.weight' ? storage : 'f32';
    layout.add('params', p.name, p.shape, elem);
  }
  return layout;
}

/** Rotary positions of the first `context` places, where the model has them. */
function addTables(layout: Layout, c: ModelConfig, context: number): void {
  if (c.family === 'llama') layout.add('tables', 'rope', [context, c.width / c.heads]);
}

export interface DecodeLayoutOptions {
  /** Positions that the cache holds. Default: the model's own. */
  readonly context?: number;
  /** Default: f32. */
  readonly cache?: 'f32' | 'f16';
  /** Sampled tokens that wait until they are read. */
  readonly history: number;
}

/** Beside `weights`: arenas `state`, `gates`, `cache`, `prompt`, `tables`. */
export function decodeLayout(weights: Layout, c: ModelConfig, options: DecodeLayoutOptions): Layout {
  const { context = c.context, cache = 'f32', history } = options;
  const layout = new Layout(weights);
  addTables(layout, c, context);
  layout.add('state', 'state', [STATE.WORDS], 'u32');
  layout.add('state', 'history', [history], 'u32');
  for (let i = 0; i < c.layers; i++) {
    layout.add('gates', `h.${i}.attn`, [c.heads]);
    layout.add('gates', `h.${i}.mlp`, [1]);
    for (const kv of ['k', 'v']) layout.add('cache', `h.${i}.${kv}`, [c.kvHeads, context, c.width / c.heads], cache);
  }
  layout.add('prompt', 'tokens', [context], 'u32');
  return layout;
}

export interface TrainLayoutOptions {
  readonly batch: number;
  readonly time: number;
  /** Batches whose gradients make one step, uploaded together. */
  readonly micro: number;
  trainable(name: string): boolean;
}

/** Beside `weights`: gradients, moments (`grads`, `m`, `v`), `hyper`, `state`, one `batch` and, with `micro` > 1, `batches`. */
export function trainLayout(weights: Layout, c: ModelConfig, options: TrainLayoutOptions): Layout {
  const { batch, time, micro, trainable } = options;
  const layout = new Layout(weights);
  for (const arena of ['grads', 'm', 'v'])
    for (const p of inOrder(c, trainable).trained) layout.add(arena, p.name, p.shape);
  addTables(layout, c, c.context);
  layout.add('state', 'state', [STATE.WORDS], 'u32');
  layout.add('hyper', 'hyper', [HYPER.WORDS]);
  const R = batch * time;
  const addBatch = (arena: string, prefix: string) => {
    layout.add(arena, `${prefix}tokens`, [R], 'u32');
    layout.add(arena, `${prefix}targets`, [R], 'u32');
    layout.add(arena, `${prefix}weights`, [R]);
    layout.add(arena, `${prefix}tokens.order`, [R], 'u32');
    layout.add(arena, `${prefix}tokens.starts`, [c.vocab + 1], 'u32');
  };
  addBatch('batch', '');
  if (micro > 1)
    for (let i = 0; i < micro; i++) {
      addBatch('batches', `${i}.`);
      layout.add('batches', `${i}.loss`, [1]); // kept before the next micro-batch overwrites it
    }
  return layout;
}
