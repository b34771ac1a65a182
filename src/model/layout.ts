/** One table of a model's tensors: names, shapes, how they start, whether decay applies. Sizes and places derive from it. */
import { Layout } from '../graph/layout.ts';
import { HYPER, STATE } from '../plan/state.ts';
import type { Elem } from '../plan/types.ts';
import type { ModelConfig } from './config.ts';
import { ropeFrequencies } from './rope.ts';

export interface Parameter {
  readonly name: string;
  readonly shape: readonly number[];
  /** Standard deviation of the initial normal values; `ones` and `zeros` as named. */
  readonly init: number | 'ones' | 'zeros';
  /** Matrices are decayed, vectors are not. */
  readonly matrix: boolean;
}

/** All parameters in the order of the forward pass. Linear weights are (out, in). */
export function parameters(c: ModelConfig): Parameter[] {
  const C = c.width;
  const kv = (C / c.heads) * c.kvHeads;
  const gpt = c.family === 'gpt2';
  const list: Parameter[] = [];
  const matrix = (name: string, shape: number[], init = 0.02) => list.push({ name, shape, init, matrix: true });
  const vector = (name: string, n: number, init: 'ones' | 'zeros') =>
    list.push({ name, shape: [n], init, matrix: false });
  const norm = (name: string) => {
    vector(`${name}.weight`, C, 'ones');
    if (gpt) vector(`${name}.bias`, C, 'zeros');
  };
  const linear = (name: string, out: number, inp: number, bias: boolean, init = 0.02) => {
    matrix(`${name}.weight`, [out, inp], init);
    if (bias) vector(`${name}.bias`, out, 'zeros');
  };
  const [attentionBias, mlpBias] = [gpt || c.attentionBias, gpt || c.mlpBias];
  // GPT-2: what is added to the residual stream starts smaller, by the number of additions
  const residual = 0.02 / Math.sqrt(2 * c.layers);
  matrix('wte.weight', [c.vocab, C]);
  if (gpt) matrix('wpe.weight', [c.context, C], 0.01);
  for (let i = 0; i < c.layers; i++) {
    norm(`h.${i}.ln_1`);
    linear(`h.${i}.attn.qkv`, C + 2 * kv, C, attentionBias);
    linear(`h.${i}.attn.proj`, C, C, attentionBias, residual);
    norm(`h.${i}.ln_2`);
    linear(`h.${i}.mlp.fc`, gpt ? c.hidden : 2 * c.hidden, C, mlpBias);
    linear(`h.${i}.mlp.proj`, C, c.hidden, mlpBias, residual);
  }
  norm('ln_f');
  if (!c.tied) matrix('head.weight', [c.vocab, C]);
  return list;
}

export function parameterCount(c: ModelConfig): number {
  return parameters(c).reduce((n, p) => n + p.shape.reduce((a, b) => a * b, 1), 0);
}

export interface LayoutOptions {
  /** Storage of matrices on the device; vectors stay f32. */
  readonly weights?: 'f32' | 'f16';
  /** Room for decoding: key/value cache, state, history of sampled tokens, gates. */
  readonly decode?: { readonly cache: 'f32' | 'f16'; readonly history: number };
  /** Room for training: gradients, moments, one batch (and `micro` uploaded batches). */
  readonly train?: {
    readonly batch: number;
    readonly time: number;
    readonly micro: number;
    trainable(name: string): boolean;
  };
}

/** Places of everything that outlives a plan. Trained matrices come first, trained vectors next: the optimizer decays a prefix. */
export function modelLayout(c: ModelConfig, options: LayoutOptions): Layout {
  const layout = new Layout();
  const all = parameters(c);
  const trained = options.train ? all.filter((p) => options.train!.trainable(p.name)) : [];
  const frozen = all.filter((p) => !trained.includes(p));
  const ordered = [...trained.filter((p) => p.matrix), ...trained.filter((p) => !p.matrix)];
  for (const p of [...ordered, ...frozen]) {
    const elem: Elem = p.matrix && p.name !== 'wpe.weight' && options.weights === 'f16' ? 'f16' : 'f32';
    layout.add('params', p.name, p.shape, elem);
  }
  for (const arena of ['grads', 'm', 'v']) for (const p of ordered) layout.add(arena, p.name, p.shape);
  const HS = c.width / c.heads;
  if (c.family === 'llama') layout.add('tables', 'rope', [c.context, HS]);
  layout.add('state', 'state', [STATE.WORDS], 'u32');
  if (options.decode) {
    layout.add('state', 'history', [options.decode.history], 'u32');
    for (let i = 0; i < c.layers; i++) {
      layout.add('gates', `h.${i}.attn`, [c.heads]);
      layout.add('gates', `h.${i}.mlp`, [1]);
      for (const kv of ['k', 'v'])
        layout.add('cache', `h.${i}.${kv}`, [c.kvHeads, c.context, HS], options.decode.cache);
    }
    layout.add('prompt', 'tokens', [c.context], 'u32');
  }
  if (options.train) {
    const { batch, time, micro } = options.train;
    const R = batch * time;
    layout.add('hyper', 'hyper', [HYPER.WORDS]);
    for (const [arena, n] of [
      ['batch', 1],
      ['batches', micro],
    ] as const) {
      if (arena === 'batches' && micro === 1) continue;
      for (let i = 0; i < n; i++) {
        const at = n === 1 ? '' : `${i}.`;
        layout.add(arena, `${at}tokens`, [R], 'u32');
        layout.add(arena, `${at}targets`, [R], 'u32');
        layout.add(arena, `${at}weights`, [R]);
        layout.add(arena, `${at}tokens.order`, [R], 'u32');
        layout.add(arena, `${at}tokens.starts`, [c.vocab + 1], 'u32');
      }
    }
    // the loss of each micro-batch but the last, kept before the next one overwrites it; 256 bytes apart as all regions
    for (let i = 0; i + 1 < micro; i++) layout.add('batches', `${i}.loss`, [1]);
  }
  return layout;
}

/** Rotary table (context × HS): cos, sin of position · frequency for each pair i. */
export function ropeTable(c: ModelConfig): Float32Array<ArrayBuffer> {
  const HS = c.width / c.heads;
  const frequencies = ropeFrequencies(HS, c.ropeBase, c.ropeScaling);
  const table = new Float32Array(c.context * HS);
  for (let t = 0; t < c.context; t++)
    for (let i = 0; i < HS / 2; i++) {
      const angle = t * frequencies[i];
      table[t * HS + 2 * i] = Math.cos(angle);
      table[t * HS + 2 * i + 1] = Math.sin(angle);
    }
  return table;
}
