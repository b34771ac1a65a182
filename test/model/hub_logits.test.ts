/** Settings of GPT-2 and Llama configurations that change the mathematics, used: the logits of an independent f64 program. */
import { describe, expect, test } from 'vitest';
import { openCpuEngine } from '../../src/cpu/engine.ts';
import { openTensors } from '../../src/files/open.ts';
import { writeSafetensors } from '../../src/files/write_safetensors.ts';
import { makeConfig } from '../../src/model/config.ts';
import { configFromHub, configToHub } from '../../src/model/hub_config.ts';
import { readWeights, type Weights } from '../../src/model/weights.ts';
import { fromHub, toHub } from '../../src/model/hub_weights.ts';
import type { ModelConfig } from '../../src/model/config.ts';
import { Model } from '../../src/session/model.ts';
import { openBytes } from '../../src/tokens/bytes.ts';
import { GPT2, hubLogits, type Json, LLAMA, randomTensors } from './hub_files.ts';

const PROMPT = [72, 101, 108, 108, 111, 32, 119, 111, 114];

async function logits(config: ModelConfig, weights: Weights): Promise<Float32Array> {
  const engine = await openCpuEngine({ threads: 1 });
  const model = new Model({ config, weights, tokenizer: openBytes(), engine });
  const steps = model.generate(PROMPT, { maxTokens: 1, taps: ['logits'], stop: [] });
  const { value } = await steps.next();
  engine.close();
  return value!.taps['logits'].data.slice(-config.vocab);
}

function worst(got: ArrayLike<number>, want: ArrayLike<number>): number {
  let most = 0;
  for (let i = 0; i < want.length; i++) most = Math.max(most, Math.abs(got[i] - want[i]));
  return most;
}

const rope = { rope_theta: 5e5, rope_type: 'default' };
const llama3 = { rope_type: 'llama3', factor: 8, low_freq_factor: 1, high_freq_factor: 4, original_max_position_embeddings: 8 }; // prettier-ignore

const USED: readonly [string, Json][] = [
  ['gpt2', GPT2],
  ...['gelu', 'gelu_python', 'gelu_fast', 'gelu_pytorch_tanh', 'gelu_accurate', 'gelu_python_tanh'].map(
    (name): [string, Json] => [`activation_function ${name}`, { ...GPT2, activation_function: name }],
  ),
  ['scale_attn_by_inverse_layer_idx', { ...GPT2, n_layer: 3, scale_attn_by_inverse_layer_idx: true }],
  ['scale_attn_weights false', { ...GPT2, scale_attn_weights: false }],
  [
    'both',
    { ...GPT2, scale_attn_weights: false, scale_attn_by_inverse_layer_idx: true, reorder_and_upcast_attn: true },
  ],
  ['n_inner null', { ...GPT2, n_inner: null }],
  ['an untied head', { ...GPT2, tie_word_embeddings: false }],
  ['layer_norm_epsilon 0.1', { ...GPT2, layer_norm_epsilon: 0.1 }],
  ['layer_norm_epsilon as text', { ...GPT2, layer_norm_epsilon: 1e-3 }],
  ['head size 5', { ...GPT2, n_embd: 10 }],
  ['head size 1', { ...GPT2, n_head: 8 }],
  ['llama', LLAMA],
  ['tied', { ...LLAMA, tie_word_embeddings: true }],
  ['hidden_act swish', { ...LLAMA, hidden_act: 'swish' }],
  ['rms_norm_eps absent', { ...LLAMA, rms_norm_eps: undefined }],
  ['num_key_value_heads absent', { ...LLAMA, num_key_value_heads: undefined }],
  ['rope_theta', { ...LLAMA, rope_theta: 100 }],
  ['rope_parameters', { ...LLAMA, rope_parameters: rope }],
  ['rope_parameters of llama3', { ...LLAMA, rope_parameters: { ...rope, ...llama3 } }],
  ['rope_scaling linear', { ...LLAMA, rope_scaling: { type: 'linear', factor: 4 } }],
  [
    'rope_scaling linear, newer name',
    { ...LLAMA, rope_theta: 500, rope_scaling: { rope_type: 'linear', factor: 2.5 } },
  ],
  ['rope_scaling llama3', { ...LLAMA, rope_theta: 5e5, rope_scaling: llama3 }],
  ['rope_scaling dynamic, within the context', { ...LLAMA, rope_scaling: { type: 'dynamic', factor: 2 } }],
  ['attention_bias', { ...LLAMA, attention_bias: true }],
  ['mlp_bias', { ...LLAMA, mlp_bias: true }],
  ['all biases, a scaling, one pair a head', { ...LLAMA, num_attention_heads: 8, attention_bias: true, mlp_bias: true, rope_scaling: llama3 }], // prettier-ignore
];

describe.each(USED)('%s', (name, json) => {
  const tensors = randomTensors(json, { spread: name === 'rms_norm_eps absent' ? 2e-3 : 0.5 });
  const want = hubLogits(json, tensors, PROMPT);
  const said = { ...json, ...(name.endsWith('as text') && { layer_norm_epsilon: '1e-3' }) };

  test('has the right logits', async () => {
    const config = configFromHub(said);
    expect(worst(await logits(config, fromHub(config, tensors)), want)).toBeLessThan(
      2e-5 * Math.max(...want.map(Math.abs)),
    );
  });

  test('and still after it was written and read again', async () => {
    const config = configFromHub(said);
    const written = configToHub(config);
    expect(configFromHub(written)).toEqual(config);
    const file = await openTensors(writeSafetensors(toHub(config, fromHub(config, tensors))));
    const { weights } = await readWeights(configFromHub(written), file);
    expect(worst(await logits(config, weights), want)).toBeLessThan(2e-5 * Math.max(...want.map(Math.abs)));
    // the file holds what came in, not what the kernels need
    for (const [tensor, { data }] of tensors) {
      const again = await file.f32(tensor);
      expect(worst(again, data), tensor).toBeLessThan(1e-6);
    }
  });
});

test('a number of the configuration that is not followed shows in these logits', async () => {
  const json = { ...LLAMA, rope_scaling: llama3, attention_bias: true };
  const tensors = randomTensors(json);
  const want = hubLogits(json, tensors, PROMPT);
  const config = configFromHub(json);
  const other = makeConfig({ ...config, ropeScaling: undefined });
  expect(worst(await logits(other, fromHub(other, tensors)), want)).toBeGreaterThan(1e-2);
});
