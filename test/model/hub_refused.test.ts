/** Settings that cannot be followed, impossible sizes, and tensors without a place: refused by name, before anything is made. */
import { describe, expect, test } from 'vitest';
import { openTensors } from '../../src/files/open.ts';
import { writeSafetensors } from '../../src/files/write_safetensors.ts';
import { makeConfig, readConfig } from '../../src/model/config.ts';
import { configFromHub, readHubConfig } from '../../src/model/hub_config.ts';
import { readWeights, WeightsError } from '../../src/model/weights.ts';
import { fromHub } from '../../src/model/hub_weights.ts';
import { loadModel } from '../../src/session/load.ts';
import { filesOf, GPT2, type Json, LLAMA, randomTensors, type Tensors } from './hub_files.ts';

const open = (json: unknown, tensors: Tensors, more: Record<string, unknown> = {}) =>
  loadModel({ kind: 'files', files: filesOf(json, tensors, more) });

describe('settings', () => {
  const yarn = { rope_type: 'yarn', factor: 4, original_max_position_embeddings: 8 };
  test.each<[Json, RegExp]>([
    ...['relu', 'silu', 'swish', 'quick_gelu', 'tanh', 'gelu_10', 'mish', 'linear', 'toString', 5, null].map(
      (name): [Json, RegExp] => [{ ...GPT2, activation_function: name }, /activation_function is .*: GPT-2 runs here with gelu, /], // prettier-ignore
    ),
    ...['gelu', 'relu', 'gelu_pytorch_tanh', 'gelu_new', null, ['silu']].map((name): [Json, RegExp] => [
      { ...LLAMA, hidden_act: name },
      /hidden_act is .*: Llama runs here with silu, swish/,
    ]),
    [{ ...GPT2, add_cross_attention: true }, /add_cross_attention is true: attention to an encoder cannot/],
    [{ ...GPT2, is_encoder_decoder: true }, /is_encoder_decoder is true/],
    [{ ...GPT2, scale_attn_weights: null }, /scale_attn_weights is null: true or false was expected/],
    [{ ...GPT2, scale_attn_by_inverse_layer_idx: 'yes' }, /scale_attn_by_inverse_layer_idx is "yes"/],
    [{ ...GPT2, tie_word_embeddings: 1 }, /tie_word_embeddings is 1: true or false/],
    [{ ...GPT2, pruned_heads: { 0: [1] } }, /pruned_heads is \{"0":\[1\]\}: heads that were cut out/],
    [{ ...GPT2, position_embedding_type: 'relative_key' }, /position_embedding_type is "relative_key"/],
    [{ ...GPT2, quantization_config: { bits: 4 } }, /quantization_config is .*: quantized weights cannot/],
    [{ ...GPT2, n_embd: 8, hidden_size: 16 }, /n_embd is 8, hidden_size is 16: which is it\?/],
    [{ ...GPT2, layer_norm_epsilon: 'small' }, /layer_norm_epsilon is "small": a number from 0 to 1/],
    [{ ...GPT2, layer_norm_epsilon: null }, /layer_norm_epsilon is null/],
    [{ ...GPT2, layer_norm_epsilon: -1e-5 }, /layer_norm_epsilon is -0.00001/],
    [{ ...LLAMA, rms_norm_eps: [] }, /rms_norm_eps is \[\]/],
    [{ ...LLAMA, rms_norm_eps: '' }, /rms_norm_eps is ""/],
    [{ ...LLAMA, attention_bias: 'true' }, /attention_bias is "true": true or false/],
    [{ ...LLAMA, head_dim: 16 }, /head_dim is 16: heads of hidden_size \/ num_attention_heads = 8/],
    [{ ...LLAMA, partial_rotary_factor: 0.5 }, /partial_rotary_factor is 0.5: rotation of a part of each head/],
    [{ ...LLAMA, sliding_window: 4 }, /sliding_window is 4, the context is 16/],
    [{ ...LLAMA, use_sliding_window: true }, /use_sliding_window is true/],
    [{ ...LLAMA, layer_types: ['full_attention', 'sliding_attention'] }, /layer_types is/],
    [{ ...LLAMA, logits_scaling: 8 }, /logits_scaling is 8: scaled logits/],
    [{ ...LLAMA, final_logit_softcapping: 30 }, /final_logit_softcapping is 30: capped logits/],
    [{ ...LLAMA, attn_logit_softcapping: 50 }, /attn_logit_softcapping is 50/],
    [{ ...LLAMA, residual_multiplier: 0.2 }, /residual_multiplier is 0.2/],
    [{ ...LLAMA, num_local_experts: 8 }, /num_local_experts is 8: a mixture of experts/],
    [{ ...LLAMA, rope_theta: null }, /rope_theta is null/],
    [{ ...LLAMA, rope_theta: 0 }, /rope_theta is 0: a number from 1 to/],
    [{ ...LLAMA, rope_scaling: yarn }, /rope_scaling has rope_type "yarn": default, linear, llama3 and dynamic/],
    [{ ...LLAMA, rope_parameters: yarn }, /rope_parameters has rope_type "yarn"/],
    [{ ...LLAMA, rope_scaling: { type: 'longrope', short_factor: [1], long_factor: [1] } }, /rope_scaling.short_factor is/], // prettier-ignore
    [{ ...LLAMA, rope_scaling: { factor: 2 } }, /rope_scaling has rope_type undefined/],
    [{ ...LLAMA, rope_scaling: { type: 'linear' } }, /rope_scaling.factor is missing/],
    [{ ...LLAMA, rope_scaling: { type: 'linear', factor: 0 } }, /rope_scaling.factor is 0/],
    [{ ...LLAMA, rope_scaling: { type: 'linear', rope_type: 'llama3', factor: 2 } }, /which is it\?/],
    [{ ...LLAMA, rope_scaling: { rope_type: 'llama3', factor: 2, low_freq_factor: 4, high_freq_factor: 4, original_max_position_embeddings: 8 } }, /its low 4 is not below its high 4/], // prettier-ignore
    [{ ...LLAMA, rope_scaling: { rope_type: 'llama3', factor: 2, low_freq_factor: 1, high_freq_factor: 4 } }, /rope_scaling.original_max_position_embeddings is missing/], // prettier-ignore
    [{ ...LLAMA, rope_scaling: { type: 'dynamic', factor: 2, original_max_position_embeddings: 8 } }, /is "dynamic" from 8 tokens on, the context is 16/], // prettier-ignore
    [{ ...LLAMA, rope_scaling: 'linear' }, /rope_scaling is "linear": an object/],
    [{ ...LLAMA, rope_theta: 100, rope_parameters: { rope_theta: 1000 } }, /rope_theta is 100, rope_parameters.rope_theta is 1000: which/], // prettier-ignore
    [{ ...LLAMA, rope_parameters: { rope_theta: 100, partial_rotary_factor: 0.5 } }, /partial_rotary_factor is 0.5/],
    [{ ...LLAMA, rope_parameters: { full_attention: { rope_theta: 1 }, sliding_attention: { rope_theta: 2 } } }, /differs by kind of layer/], // prettier-ignore
    [{ ...LLAMA, hidden_size: 18, num_attention_heads: 2, num_key_value_heads: 2 }, /head size 9 .* must be even/],
    [{ ...LLAMA, num_key_value_heads: 3 }, /heads 2 is not a multiple of kvHeads 3/],
    [{ ...GPT2, n_embd: 1024, n_head: 2 }, /head size 512 .* is too large; 1 … 256 are possible/],
    [{ ...GPT2, model_type: 'mistral' }, /model_type is "mistral"; gpt2 and llama are known/],
    [{ ...GPT2, model_type: undefined }, /model_type is missing/],
  ])('%j', (json, message) => {
    expect(() => configFromHub(json)).toThrow(WeightsError);
    expect(() => configFromHub(json)).toThrow(message);
    expect(() => configFromHub(json)).toThrow(/^config\.json: /);
  });

  test('that mean nothing here are let through, those that nobody knows are reported', () => {
    const gpt2 = readHubConfig({
      ...GPT2, attn_pdrop: 0.1, resid_pdrop: 0.1, summary_type: 'cls_index', initializer_range: 0.02, use_cache: true,
      task_specific_params: { 'text-generation': { do_sample: true } }, eos_token_id: 50256, torch_dtype: 'float32',
      add_cross_attention: false, quantization_config: null, logit_scale: 1, temperature: 0.7, colour: 'blue',
    }); // prettier-ignore
    expect(gpt2.unknown).toEqual(['colour']);
    const llama = readHubConfig({
      ...LLAMA, pretraining_tp: 2, attention_dropout: 0, sliding_window: 4096, head_dim: 8, layer_types: ['full_attention', 'full_attention'],
      rope_parameters: { full_attention: { rope_theta: '10000', rope_type: 'default' } }, partial_rotary_factor: 1, mup: 3,
    }); // prettier-ignore
    expect(llama.unknown).toEqual(['mup']);
    expect(llama.config.ropeBase).toBe(10000);
    expect(configFromHub({ ...GPT2, n_positions: undefined, n_ctx: 16 }).context).toBe(16);
    expect(configFromHub({ ...GPT2, model_type: undefined, architectures: ['GPT2LMHeadModel'] }).family).toBe('gpt2');
    expect(configFromHub({ ...LLAMA, use_sliding_window: false, sliding_window: 4 }).context).toBe(16);
  });

  test.each<[string, unknown]>([
    ['n_layer', 1e6], ['n_layer', 1e9], ['n_layer', 0], ['n_layer', 2.5], ['n_layer', -1], ['n_layer', '2 layers'], ['n_layer', true],
    ['vocab_size', 2 ** 31], ['vocab_size', 1e300], ['vocab_size', {}], ['n_positions', 2 ** 31], ['n_embd', 2 ** 20],
    ['n_head', 1e9], ['n_inner', 1e12], ['n_inner', 'many'],
  ])('%s: %j is refused at once, with what is allowed', async (key, value) => {
    const began = performance.now();
    const opened = open({ ...GPT2, [key]: value }, randomTensors(GPT2));
    await expect(opened).rejects.toThrow(WeightsError);
    await expect(opened).rejects.toThrow(new RegExp(`config\\.json: ${key} is .*: a whole number from 1 to \\d+ was expected`)); // prettier-ignore
    expect(performance.now() - began).toBeLessThan(500);
  }); // prettier-ignore

  test.each<[Json, RegExp]>([
    [{ ...GPT2, n_layer: 3 }, /says 3 layers \(n_layer\), the file has 2/],
    [{ ...GPT2, n_layer: 1 }, /says 1 layers \(n_layer\), the file has 2/],
    [{ ...GPT2, n_layer: 1000 }, /says 1000 layers/],
    [{ ...LLAMA, num_hidden_layers: 4 }, /says 4 layers \(num_hidden_layers\), the file has 2/],
    [
      { ...GPT2, vocab_size: 16_000_000 },
      /wte\.weight is 257×8, the configuration wants 16000000×8 \(vocab_size is 16000000\)/,
    ],
    [{ ...GPT2, n_positions: 4_000_000 }, /wpe\.weight is 16×8, the configuration wants 4000000×8 \(n_positions is/],
    [{ ...GPT2, n_inner: 1_000_000 }, /h\.0\.mlp\.c_fc\.weight is 8×20, the configuration wants 8×1000000/],
    [{ ...GPT2, n_embd: 16 }, /wte\.weight is 257×8/],
    [{ ...LLAMA, num_key_value_heads: 2 }, /k_proj\.weight is 8×16, the configuration wants 16×16/],
  ])('sizes that are not those of the file, before room is made: %j', async (json, message) => {
    const theirs = json['model_type'] === 'gpt2' ? GPT2 : LLAMA;
    await expect(open(json, randomTensors(theirs))).rejects.toThrow(message);
  });
});

test('configurations of our own are checked alike', () => {
  const good = { vocab: 10, context: 4, layers: 1, heads: 1, width: 4 };
  for (const [more, message] of [
    [{ colour: 1 }, /colour is no field of a configuration; there are family, vocab/],
    [{ layers: 1e9 }, /layers is 1000000000; a whole number from 1 to 1024/],
    [{ layers: '4' }, /layers is "4"; a whole number/],
    [{ family: 'bert' }, /family is "bert"; "gpt2" or "llama" was expected/],
    [{ tied: 'no' }, /tied is "no"; true or false/],
    [{ gelu: 'relu' }, /gelu is "relu"/],
    [{ eps: Number.NaN }, /eps is NaN; a number from 0 to 1/],
    [{ ropeScaling: { type: 'yarn', factor: 2 } }, /ropeScaling is wrong: its type is "yarn"/],
    [{ ropeScaling: { type: 'linear', factor: 'x' } }, /its factor is "x"/],
  ] as [Json, RegExp][])
    expect(() => readConfig({ ...good, ...more })).toThrow(message);
  expect(readConfig({ ...good, kvHeads: undefined }).kvHeads).toBe(1);
  expect(makeConfig({ ...good, width: 256 }).width).toBe(256);
  expect(() => makeConfig({ ...good, width: 257 })).toThrow(/head size 257 .* is too large; 1 … 256/);
});

describe('tensors', () => {
  const names = (tensors: Tensors, change: (name: string) => string): Tensors =>
    new Map([...tensors].map(([name, tensor]) => [change(name), tensor]));
  const plus = (tensors: Tensors, name: string, shape: number[] = [1]): Tensors =>
    new Map([...tensors, [name, { shape, data: new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(0.5) }]]);

  test.each(['_orig_mod.', 'module.', 'transformer.', 'model.', '_orig_mod.module.transformer.', 'module._orig_mod.model.', 'model.transformer.', 'base_model.model.'])(
    'open under the prefix %s',
    async (prefix) => {
      for (const json of [GPT2, LLAMA]) {
        const tensors = randomTensors(json);
        const plain = fromHub(configFromHub(json), tensors);
        const { weights, unused } = await open(json, names(tensors, (name) => prefix + name));
        expect(weights).toEqual(plain);
        expect(unused).toEqual([]);
      }
    },
  ); // prettier-ignore

  test('open where each block was wrapped', async () => {
    const tensors = randomTensors(GPT2);
    const wrapped = names(tensors, (name) => name.replace(/^h\.(\d)\.(\w+)/, 'transformer.h.$1._checkpoint_wrapped_module.$2._orig_mod')); // prettier-ignore
    expect((await open(GPT2, wrapped)).weights).toEqual(fromHub(configFromHub(GPT2), tensors));
  });

  test.each<[string, Json, string]>([
    ['a bias without its setting', LLAMA, 'model.layers.0.self_attn.q_proj.bias'],
    ['a bias of the MLP', LLAMA, 'model.layers.1.mlp.down_proj.bias'],
    ['a norm of queries', LLAMA, 'model.layers.0.self_attn.q_norm.weight'],
    ['a second norm', LLAMA, 'model.layers.0.pre_feedforward_layernorm.weight'],
    ['a norm of embeddings', GPT2, 'emb_ln.weight'],
    ['attention to an encoder', GPT2, 'transformer.h.0.crossattention.c_attn.weight'],
    ['a bias of the head', GPT2, 'lm_head.bias'],
    ['an adapter', LLAMA, 'model.layers.0.self_attn.q_proj.lora_A.weight'],
  ])('%s would change the model', async (_, json, name) => {
    const opened = open(json, plus(randomTensors(json), name));
    await expect(opened).rejects.toThrow(WeightsError);
    await expect(opened).rejects.toThrow(`${name} (1) is in the file, and the configuration has no place for it`);
  });

  test('a layer too many, two models in one file, one bias of many', async () => {
    const tensors = randomTensors(GPT2);
    await expect(open(GPT2, plus(tensors, 'h.2.ln_1.weight', [8]))).rejects.toThrow('says 2 layers');
    const twice = new Map([...tensors, ...names(tensors, (name) => `module.${name}`)]);
    await expect(open(GPT2, twice)).rejects.toThrow('wte.weight and module.wte.weight are two tensors for one place');
    const less = new Map(tensors);
    less.delete('h.1.mlp.c_fc.bias');
    await expect(open(GPT2, less)).rejects.toThrow('1 tensor is missing: h.1.mlp.c_fc.bias; the file has 27');
    less.delete('h.0.attn.c_proj.weight');
    await expect(open(GPT2, less)).rejects.toThrow('2 tensors are missing');
    await expect(open({ ...LLAMA, mlp_bias: true }, randomTensors(LLAMA))).rejects.toThrow('6 tensors are missing: model.layers.0.mlp.gate_proj.bias'); // prettier-ignore
    const headless = randomTensors(LLAMA);
    headless.delete('lm_head.weight');
    await expect(open(LLAMA, headless)).rejects.toThrow('the configuration must say tie_word_embeddings: true');
  });

  test('what a model does not need is left, what is of no known use is reported', async () => {
    let tensors = randomTensors(GPT2);
    for (const name of ['h.0.attn.bias', 'h.1.attn.masked_bias', 'position_ids', 'step', 'rng_state', 'optimizer.state.0.exp_avg', 'transformer.h.0.attn.causal_mask'])
      tensors = plus(tensors, name); // prettier-ignore
    expect(await open(GPT2, tensors)).toMatchObject({ unused: [], notes: [] });
    tensors = plus(plus(tensors, 'ema.h.0.ln_1.weight', [8]), 'score.weight', [2, 8]);
    expect(await open(GPT2, tensors)).toMatchObject({
      unused: ['ema.h.0.ln_1.weight', 'score.weight'],
      notes: ['The model does not use ema.h.0.ln_1.weight, score.weight.'],
    });
    const llama = plus(plus(randomTensors(LLAMA), 'model.layers.1.self_attn.rotary_emb.inv_freq', [4]), 'model.rotary_emb.inv_freq', [4]); // prettier-ignore
    expect(await open(LLAMA, llama)).toMatchObject({ unused: [], notes: [] });
  });

  test('a model trained without biases has zeros, and says so', async () => {
    const tensors = new Map([...randomTensors(GPT2)].filter(([name]) => !name.endsWith('.bias')));
    const { weights, notes } = await open(GPT2, tensors);
    expect([...weights.get('h.1.mlp.fc.bias')!]).toEqual(new Array(20).fill(0));
    expect(notes).toEqual([expect.stringMatching(/^The file has no h\.\*\.ln_1\.bias, .*: zeros stand for them\.$/)]);
  });

  test('a tied table under either name, or under both if they agree', async () => {
    const tensors = randomTensors(GPT2);
    const plain = fromHub(configFromHub(GPT2), tensors);
    const table = tensors.get('wte.weight')!;
    for (const prefix of ['', 'transformer.']) {
      const only = names(tensors, (name) => (name === 'wte.weight' ? 'lm_head.weight' : prefix + name));
      expect((await open(GPT2, only)).weights).toEqual(plain);
    }
    expect((await open(GPT2, new Map([...tensors, ['lm_head.weight', table]]))).weights).toEqual(plain);
    const llama = { ...LLAMA, tie_word_embeddings: true };
    const theirs = randomTensors(llama);
    const only = names(theirs, (name) => (name === 'model.embed_tokens.weight' ? 'lm_head.weight' : name));
    expect((await open(llama, only)).weights).toEqual(fromHub(configFromHub(llama), theirs));
    const other = { shape: table.shape, data: table.data.slice() };
    other.data[100] += 1;
    const differs = open(GPT2, new Map([...tensors, ['lm_head.weight', other]]));
    await expect(differs).rejects.toThrow(/lm_head\.weight differs from wte\.weight \(number 100: /);
  });

  test('other names of shared tensors stand in the metadata', async () => {
    const tensors = randomTensors(LLAMA);
    const table = tensors.get('model.embed_tokens.weight')!;
    const untied = fromHub(configFromHub(LLAMA), new Map([...tensors, ['lm_head.weight', table]]));
    tensors.delete('lm_head.weight');
    const file = await openTensors(writeSafetensors(tensors, { metadata: { 'lm_head.weight': 'model.embed_tokens.weight', format: 'pt' } })); // prettier-ignore
    expect((await readWeights(configFromHub(LLAMA), file)).weights).toEqual(untied);
  });

  test.each([Number.NaN, Infinity, -Infinity])('%s in a weight is refused with its place', async (value) => {
    for (const [json, name, at, place] of [
      [GPT2, 'h.1.attn.c_attn.weight', 8 * 24 - 1, '7, 23'],
      [GPT2, 'h.0.ln_1.bias', 3, '3'],
      [GPT2, 'wte.weight', 0, '0, 0'],
      [LLAMA, 'model.layers.0.self_attn.v_proj.weight', 17, '1, 1'],
    ] as [Json, string, number, string][]) {
      const tensors = randomTensors(json);
      tensors.get(name)!.data[at] = value;
      await expect(open(json, tensors)).rejects.toThrow(`${name}[${place}] is ${value}: no model can be run with it`);
      expect(() => fromHub(configFromHub(json), tensors)).toThrow(WeightsError);
    }
  });
});
