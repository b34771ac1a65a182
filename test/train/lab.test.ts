/** Several programs on one set of weights: what one learns, the others see; what is frozen keeps its bits. */
import { afterEach, describe, expect, test } from 'vitest';
import { openCpuEngine } from '../../src/cpu/engine.ts';
import { addEmbedding, adapterParameters, loraParameters, softPromptParameters } from '../../src/model/adapters.ts';
import { attendWithin, blockOptions } from '../../src/model/block.ts';
import { makeConfig } from '../../src/model/config.ts';
import { finalNorm, head, trunk } from '../../src/model/gpt.ts';
import { gptProgram } from '../../src/model/gpt_program.ts';
import { classify, crossEntropy, headParameters, pool } from '../../src/model/heads.ts';
import { embed } from '../../src/model/layers.ts';
import { parameters } from '../../src/model/layout.ts';
import { initialValues } from '../../src/model/initial.ts';
import { type Parameter, withDeviation } from '../../src/model/parameter.ts';
import { type Build, type Program, targetInputs, tokenInputs } from '../../src/model/program.ts';
import type { Weights } from '../../src/model/weights.ts';
import type { Engine } from '../../src/plan/types.ts';
import { ReferenceEngine } from '../../src/reference/engine.ts';
import { decodeTokens } from '../../src/session/decode_loop.ts';
import { Session } from '../../src/session/session.ts';
import { sortTokens } from '../../src/train/batches.ts';
import type { Feeds } from '../../src/train/feeds.ts';
import { openLab } from '../../src/train/lab.ts';
import type { Hyper } from '../../src/train/step.ts';
import { openTrainer } from '../../src/train/trainer.ts';

const [B, T, V, C] = [4, 16, 13, 16];
const gpt = makeConfig({ vocab: V, context: T, layers: 2, heads: 2, width: C });
const o = blockOptions(gpt);
const base = withDeviation(parameters(gpt), 0.1);
const hyper: Hyper = { learningRate: 1e-2, beta1: 0.9, beta2: 0.99, epsilon: 1e-8, decay: 0.01, maxNorm: 1 };

const tokens = Uint32Array.from({ length: B * T }, (_, i) => (i * i + 3 * i) % V);
const text = {
  tokens,
  targets: tokens.map((t) => (t * 3 + 1) % V),
  weights: new Float32Array(B * T).fill(1 / (B * T)),
};
const classes = {
  tokens,
  targets: Uint32Array.from([0, 2, 1, 2]),
  weights: new Float32Array(B).fill(1 / B),
  pool: new Float32Array(B * T).fill(1 / T),
};

const read = (b: Build) =>
  finalNorm(
    b,
    trunk(b, embed(b, 'tokens', T, 'wte.weight', 'wpe.weight'), 2, o, attendWithin(o, { B, T, mask: 'causal' })),
    o.norm,
  );

const isNew = (name: string) => !base.some((p) => p.name === name);

/** The language model with what `extra` adds to it; only that learns. */
const languageModel = (extra: readonly Parameter[]): Program => ({
  ...gptProgram(gpt, { B, T }),
  params: [...base, ...extra],
  trainable: isNew,
});
const lora = loraParameters(base, ['h.0.attn.qkv', 'h.1.attn.qkv'], 2);
const adapters = adapterParameters(['h.0', 'h.1'], C, 4);
const classHead = headParameters('class', 3, C, 0.1);

const classifier = (trainable: (name: string) => boolean, rate?: (name: string) => number): Program => ({
  name: 'classifier',
  params: [...base, ...classHead],
  trainable,
  ...(rate && { rate }),
  inputs: [...tokenInputs('tokens', B * T, V), ...targetInputs(B), { name: 'pool', shape: [B, 1, T], elem: 'f32' }],
  build(b) {
    const logits = classify(b, pool(b, read(b)), 'class');
    return { loss: crossEntropy(b, logits).loss, keep: b.training ? {} : { logits } };
  },
});

const softPrompt: Program = {
  name: 'soft prompt',
  params: [...base, ...softPromptParameters('soft', 3, C)],
  trainable: isNew,
  inputs: [...tokenInputs('tokens', B * T, V), ...tokenInputs('soft.ids', B * T, 4, 1), ...targetInputs(B * T)],
  build(b) {
    const x = addEmbedding(b, embed(b, 'tokens', T, 'wte.weight', 'wpe.weight'), 'soft.ids', T, 'soft');
    const out = finalNorm(b, trunk(b, x, 2, o, attendWithin(o, { B, T, mask: 'causal' })), o.norm);
    return { loss: crossEntropy(b, head(b, out)).loss, keep: {} };
  },
};
const softIds = Uint32Array.from({ length: B * T }, (_, i) => Math.max(0, (i % T) - (T - 4)));

const engines: Engine[] = [];
const open = async (params: readonly Parameter[], engine?: Engine) => {
  const used = engine ?? (await openCpuEngine({ threads: 1 }));
  engines.push(used);
  const lab = openLab(used, params);
  lab.init(7);
  return lab;
};
afterEach(() => {
  for (const engine of engines.splice(0)) engine.close();
});

const worst = (a: Weights, b: Weights): number =>
  Math.max(...[...a].map(([name, x]) => x.reduce((m, v, i) => Math.max(m, Math.abs(v - b.get(name)![i])), 0)));

test('the GPT as a program takes the same steps as the trainer', async () => {
  const lab = await open(parameters(gpt));
  const training = await lab.open(gptProgram(gpt, { B, T }), 'train');
  const evaluation = await lab.open(gptProgram(gpt, { B, T }), 'run');
  const trainer = await openTrainer(lab.scope.engine, { config: gpt, batch: B });
  trainer.load({ weights: initialValues(parameters(gpt), 7) });
  const [batch] = trainer.batches();
  batch.tokens.set(text.tokens);
  batch.targets.set(text.targets);
  batch.weights.set(text.weights);
  sortTokens(batch);
  for (let step = 0; step < 3; step++) {
    const mine = await training.train(text, hyper);
    const its = await trainer.step([batch], hyper, step, 1);
    expect(mine.loss).toBeCloseTo(its.loss, 6);
    expect(mine.gradNorm).toBeCloseTo(its.gradNorm, 5);
  }
  const [{ data }] = await evaluation.run(text, 'loss');
  expect(data[0]).toBeCloseTo(await trainer.evaluate(batch), 6);
  expect(worst(await lab.save(), (await trainer.save()).weights)).toBeLessThan(1e-5);
  expect(training.steps).toBe(3);
  expect(training.seconds).toBeGreaterThan(0);
  trainer.close();
});

describe('parts beside a frozen trunk', () => {
  const all = [...base, ...lora, ...adapters, ...classHead, ...softPromptParameters('soft', 3, C)];

  test.each([
    ['LoRA', languageModel(lora), text],
    ['adapters', languageModel(adapters), text],
    ['a head', classifier(isNew), classes],
    ['a soft prompt', softPrompt, { ...text, 'soft.ids': softIds }],
  ] as const)('%s learns, and no bit of the trunk moves', async (_name, program, feeds) => {
    const lab = await open(all);
    const before = await lab.save();
    const training = await lab.open(program, 'train');
    const losses = [];
    for (let step = 0; step < 8; step++) losses.push((await training.train(feeds, hyper)).loss);
    expect(losses.at(-1)!).toBeLessThan(losses[0] - 0.005);
    const after = await lab.save();
    const own = new Set(program.params.filter((p) => isNew(p.name)).map((p) => p.name));
    for (const [name, values] of after) {
      if (own.has(name)) expect(values, name).not.toEqual(before.get(name));
      else expect(values, name).toEqual(before.get(name));
    }
    expect(lab.trainedBytes).toBe([...own].reduce((sum, name) => sum + 4 * before.get(name)!.length, 0));
    // row 0 of a soft prompt stands for nothing, and stays so
    if (own.has('soft')) expect(after.get('soft')!.slice(0, C)).toEqual(new Float32Array(C));
  });

  test('LoRA, adapters and soft prompts without ids begin with exactly the outputs of the trunk', async () => {
    const lab = await open(all);
    const losses = async (program: Program, feeds: Feeds) =>
      (await (await lab.open(program, 'run')).run(feeds, 'losses'))[0];
    const trunkAlone = await losses(languageModel([]), text);
    for (const extra of [lora, adapters]) expect(await losses(languageModel(extra), text)).toEqual(trunkAlone);
    const [prompted] = await (
      await lab.open(softPrompt, 'run')
    ).run({ ...text, 'soft.ids': new Uint32Array(B * T) }, 'loss');
    expect(prompted.data[0]).toBeCloseTo(
      trunkAlone.data.reduce((a, b) => a + b, 0),
      5,
    );
  });
});

test('what one program learns, another reads; on the device and without a copy', async () => {
  const lab = await open([...base, ...classHead]);
  const answers = await lab.open(
    classifier(() => false),
    'run',
  );
  const training = await lab.open(
    classifier(() => true),
    'train',
  );
  const [before] = await answers.run(classes, 'logits');
  await training.train(classes, hyper);
  const [after] = await answers.run({}, 'logits'); // inputs stay
  expect(after.shape).toEqual([B, 3]);
  expect(after.data).not.toEqual(before.data);
});

test('a learning rate for each group: the first step of AdamW moves by it', async () => {
  const rate = (name: string) => (isNew(name) ? 1 : name.startsWith('h.1') ? 0.1 : 0);
  const lab = await open([...base, ...classHead]);
  const before = await lab.save();
  const training = await lab.open(
    classifier((name) => isNew(name) || name.startsWith('h.1'), rate),
    'train',
  );
  await training.train(classes, { ...hyper, decay: 0, maxNorm: 0 });
  const after = await lab.save();
  const moved = (name: string) => Math.max(...after.get(name)!.map((x, i) => Math.abs(x - before.get(name)![i])));
  expect(moved('class.weight')).toBeCloseTo(1e-2, 5);
  expect(moved('h.1.mlp.fc.weight')).toBeCloseTo(1e-3, 6);
  expect(moved('h.0.mlp.fc.weight')).toBe(0);
});

test('three steps of each kind of training, WebAssembly against the reference (1e-5)', async () => {
  const all = [...base, ...lora, ...classHead];
  const few = (name: string) => /^h\.0\.(ln_2|mlp)|^ln_f|^class|^wpe/.test(name); // several runs of parameters
  for (const [program, feeds] of [
    [languageModel(lora), text],
    [classifier(few, (name) => (name.startsWith('class') ? 1 : 0.3)), classes],
  ] as const) {
    const [exact, fast] = [await open(all, new ReferenceEngine()), await open(all)];
    const [want, got] = [await exact.open(program, 'train'), await fast.open(program, 'train')];
    for (let step = 0; step < 3; step++) {
      const [a, b] = [await want.train(feeds, hyper), await got.train(feeds, hyper)];
      expect(Math.abs(a.loss - b.loss)).toBeLessThan(1e-5);
      expect(Math.abs(a.gradNorm - b.gradNorm)).toBeLessThan(1e-5 * a.gradNorm);
    }
    // a step divides by √v: parameters whose gradient is nearly zero say little
    expect(worst(await exact.save(), await fast.save())).toBeLessThan(2e-3);
  }
});

test('a session writes with what the lab has learned so far', async () => {
  const lab = await open(base);
  const training = await lab.open(gptProgram(gpt, { B, T }), 'train');
  const session = new Session(lab.model(gpt));
  const next = async () => {
    const tokens = [];
    for await (const { token } of decodeTokens(session, [text.tokens[0]], { maxTokens: 8, temperature: 0 }))
      tokens.push(token);
    return tokens;
  };
  const before = await next();
  for (let step = 0; step < 60; step++) await training.train(text, hyper);
  const after = await next();
  expect(after).not.toEqual(before);
  expect(after[0]).toBe(text.targets[0]);
  session.close();
  expect(() => lab.model({ ...gpt, layers: 3 })).toThrow(
    'a GPT of this configuration wants h.2.ln_1.weight (16); the lab has none of that name',
  );
});

test('stages: weights are copied between labs on the device, and training starts anew', async () => {
  const engine = await openCpuEngine({ threads: 1 });
  const lab = await open([...base, ...classHead], engine);
  const kept = openLab(engine, base, { name: 'before' });
  lab.copyTo(kept);
  const training = await lab.open(
    classifier(() => true),
    'train',
  );
  const first = await training.train(classes, hyper);
  await training.train(classes, hyper);
  kept.copyTo(lab);
  const trunkAgain = await lab.save((name) => !isNew(name));
  expect(trunkAgain).toEqual(await kept.save());
  lab.load(initialValues([...base, ...classHead], 7));
  training.restart();
  expect(training.steps).toBe(0);
  expect(await training.train(classes, hyper)).toEqual(first);
  const bytes = lab.bytes;
  training.close();
  expect(lab.bytes).toBeLessThan(bytes / 2);
  kept.close();
  lab.close();
  expect(engine.counters.bytesAllocated).toBe(0);
});

test('errors say what was asked, what there is and what is wanted', async () => {
  const lab = await open(base);
  await expect(lab.open(classifier(isNew), 'run')).rejects.toThrow(
    'program classifier wants class.weight (3×16); the lab has none of that name',
  );
  const training = await lab.open(gptProgram(gpt, { B, T }), 'train');
  await expect(training.train({ token: tokens }, hyper)).rejects.toThrow(
    'program gpt has no input token; it has tokens, targets, weights, tokens.order, tokens.starts',
  );
  await expect(training.train({ tokens }, hyper)).rejects.toThrow(
    'program gpt: inputs targets, weights were never fed',
  );
  await expect(training.train({ tokens: tokens.slice(1) }, hyper)).rejects.toThrow(
    'program gpt: input tokens got 63 × u32; 64 × u32 were expected',
  );
  await expect(training.train({ ...text, tokens: tokens.map(() => V) }, hyper)).rejects.toThrow(
    'program gpt: input tokens holds id 13; its table has 13 rows',
  );
  const running = await lab.open(gptProgram(gpt, { B, T }), 'run');
  await expect(running.run(text, 'logits')).rejects.toThrow('program gpt keeps no "logits"; it keeps losses, loss');
  expect(() => lab.load(new Map([['ln_f.weight', new Float32Array(3)]]))).toThrow(
    'lab: ln_f.weight has 3 numbers; 16 were expected',
  );
  expect(() => lab.load(new Map([['nose', new Float32Array(3)]]))).toThrow(
    'lab: nose has 3 numbers; there are wte.weight',
  );
  const other = openLab(lab.scope.engine, headParameters('class', 2, C));
  expect(() => lab.copyTo(other)).toThrow('lab: nothing was copied; the other lab has class.weight, class.bias only');
  const lossless: Program = { ...gptProgram(gpt, { B, T }), build: (b) => ({ keep: { h: read(b) } }) };
  await expect(lab.open(lossless, 'train')).rejects.toThrow(
    'program gpt has no loss, so it cannot be trained; it keeps h',
  );
});
