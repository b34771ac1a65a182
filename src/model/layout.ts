/** One table of a model's parameters: names, shapes, how they start, whether decay applies. Places derive from it (places.ts). */
import type { ModelConfig } from './config.ts';
import type { Parameter } from './parameter.ts';
import { ropeFrequencies } from './rope.ts';

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
  // GPT-2: what is added to the residual stream starts smaller, depending on the number of additions
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
