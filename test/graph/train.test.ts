/** The whole backward pass of small models against central differences, in f64. */
import { describe, expect, test } from 'vitest';
import { makeConfig, type ModelConfig } from '../../src/model/config.ts';
import { parameters, ropeTable } from '../../src/model/layout.ts';
import { weightsLayout } from '../../src/model/places.ts';
import { trainLayout } from '../../src/model/program_places.ts';
import { evalPlan, trainPlan, type TrainPlanOptions } from '../../src/model/plans/train.ts';
import { IGNORE } from '../../src/plan/state.ts';
import { ReferenceEngine, referenceFacts } from '../../src/reference/engine.ts';
import { uniform } from '../../src/sample/hash.ts';

const B = 2;
const T = 64;

async function gradientError(config: ModelConfig, options: Partial<TrainPlanOptions>): Promise<number> {
  const trainable = () => true;
  const shape = { batch: B, time: T, micro: 1, trainable };
  const layout = trainLayout(weightsLayout(config, { trainable }), config, shape);
  const context = { config, layout, facts: referenceFacts };
  const train = trainPlan(context, { B, T, ...options });
  // the optimizer would change what is compared: everything up to it
  const steps = train.steps.filter((s) => s.op !== 'adamw');
  const evaluate = evalPlan(context, { B, T, ...options });
  const scope = new ReferenceEngine().open('test');
  scope.allocate(layout.arena('params'), layout.arena('tables'));
  const trainer = await scope.load({ ...train, steps });
  const evaluator = await scope.load(evaluate);

  let counter = 0;
  const random = () => uniform(7, 0, 0, counter++) * 2 - 1;
  for (const p of parameters(config)) {
    const values = scope.numbers(layout.region('params', p.name));
    for (let i = 0; i < values.length; i++) values[i] = p.init === 'ones' ? 1 + 0.3 * random() : 0.5 * random();
  }
  if (config.family === 'llama') scope.write(layout.region('tables', 'rope'), ropeTable(config));
  const tokens = Uint32Array.from({ length: B * T }, () => Math.floor(uniform(1, 0, 0, counter++) * config.vocab));
  const targets = Uint32Array.from({ length: B * T }, (_, i) =>
    i % 7 === 3 ? IGNORE : (tokens[i] + 1) % config.vocab,
  );
  const order = Uint32Array.from([...tokens.keys()].sort((a, b) => tokens[a] - tokens[b] || a - b));
  const starts = new Uint32Array(config.vocab + 1);
  for (const t of tokens) starts[t + 1]++;
  for (let v = 0; v < config.vocab; v++) starts[v + 1] += starts[v];
  scope.write(layout.region('batch', 'tokens'), tokens);
  scope.write(layout.region('batch', 'targets'), targets);
  scope.write(
    layout.region('batch', 'weights'),
    Float32Array.from({ length: B * T }, (_, i) => (i % 3) / (B * T)),
  );
  scope.write(layout.region('batch', 'tokens.order'), order);
  scope.write(layout.region('batch', 'tokens.starts'), starts);

  trainer.run();
  const lossOf = () => {
    evaluator.run();
    return evaluator.numbers(evaluate.values['loss'])[0];
  };
  expect(lossOf()).toBeCloseTo(trainer.numbers(train.values['loss'])[0], 10);
  let worst = 0;
  for (const p of parameters(config)) {
    const values = scope.numbers(layout.region('params', p.name));
    const grads = scope.numbers(layout.region('grads', p.name));
    for (let k = 0; k < 3; k++) {
      const i = Math.floor(uniform(3, 0, 0, counter++) * values.length);
      const h = 1e-5;
      const before = values[i];
      values[i] = before + h;
      const up = lossOf();
      values[i] = before - h;
      const down = lossOf();
      values[i] = before;
      const want = (up - down) / (2 * h);
      worst = Math.max(worst, Math.abs(want - grads[i]) / (Math.abs(want) + 1e-4));
    }
  }
  return worst;
}

const gpt = makeConfig({ vocab: 13, context: T, layers: 2, heads: 2, width: 8 });
const llama = makeConfig({
  ...gpt,
  family: 'llama',
  heads: 2,
  kvHeads: 1,
  hidden: 12,
  ropeInterleaved: true,
  tied: false,
});

describe('gradients of a whole model equal central differences (f64, relative 1e-5)', () => {
  test('gpt2 family, tied head', async () => expect(await gradientError(gpt, {})).toBeLessThan(1e-5));
  test('gpt2 family, erf gelu, untied', async () =>
    expect(await gradientError({ ...gpt, gelu: 'erf', tied: false }, {})).toBeLessThan(1e-5));
  test('llama family, grouped queries', async () => expect(await gradientError(llama, {})).toBeLessThan(1e-5));
  test('chunked head', async () => expect(await gradientError(gpt, { headBytes: 64 * 13 * 4 })).toBeLessThan(1e-5));
  test('recomputed activations', async () => expect(await gradientError(gpt, { recompute: true })).toBeLessThan(1e-5));
});
