/** Training on the GPU engine: the same losses as the f64 reference, within the budgets of dispatches, submits and memory. */
import { beforeEach, describe, expect, test } from 'vitest';
import { DeviceLostError } from '../../src/plan/errors.ts';
import { type GpuEngine, openGpuEngine } from '../../src/gpu/engine.ts';
import { epochRows, fillBatch } from '../../src/train/batches.ts';
import { train, type TrainRecord } from '../../src/train/train.ts';
import { planTraining, type TrainerOptions } from '../../src/train/planning.ts';
import { initialWeights, openTrainer } from '../../src/train/trainer.ts';
import { config, data, options, provesLossCurve, records } from '../train/toy.ts';
import { sharedEngine } from './shared_engine.ts';

/** Shared: compiling a training step's pipelines takes most of a test's time on a software adapter. */
const open = sharedEngine();
let engine: GpuEngine;
beforeEach(async () => {
  engine = await open();
});

describe('20 steps equal the f64 reference within 1e-4', () => {
  test('as it is', async () => {
    const difference = await provesLossCurve(engine);
    console.log(
      `${engine.facts.description || engine.facts.device}: losses ${difference.toExponential(1)} apart (relative)`,
    );
  });
  test('dropout and recomputation', async () =>
    void (await provesLossCurve(engine, { dropout: 0.1, recompute: true })));
  test('micro-batches', async () => void (await provesLossCurve(engine, { batch: 1, micro: 2 })));
});

test('stop and resume give the same bits', async () => {
  const whole = await records(engine, { steps: 6, saveEvery: 3 });
  const rest = await records(engine, { steps: 6, resume: whole[2].checkpoint! });
  expect(rest.map((r) => [r.loss, r.gradNorm])).toEqual(whole.slice(3).map((r) => [r.loss, r.gradNorm]));
  expect([...rest.at(-1)!.checkpoint!.weights]).toEqual([...whole.at(-1)!.checkpoint!.weights]);
});

describe('budgets', () => {
  const run = async (overrides: Partial<TrainerOptions>, steps: number) => {
    const trainer = await openTrainer(engine, { config, batch: 2, ...overrides });
    trainer.load({ weights: initialWeights(config, 1) });
    const { batch: B } = trainer.options;
    const rows = epochRows(data, config.context, 1, 0);
    const batches = trainer.batches();
    batches.forEach((b, i) => fillBatch(b, data, rows.slice(i * B, i * B + B), config.context));
    const hyper = { learningRate: 1e-3, beta1: 0.9, beta2: 0.99, epsilon: 1e-8, decay: 0.1, maxNorm: 1 };
    await trainer.step(batches, hyper, 0, 1);
    const before = { ...engine.counters };
    for (let i = 1; i <= steps; i++) await trainer.step(batches, hyper, i, 1);
    const used = Object.fromEntries(
      Object.entries(engine.counters).map(([k, v]) => [k, v - before[k as keyof typeof before]]),
    );
    return used;
  };

  test('a step: ≤ 18 dispatches per layer + 14, one submit, nothing allocated, ≤ 20 bytes read', async () => {
    const used = await run({}, 4);
    expect(used).toMatchObject({
      buffers: 0,
      bindGroups: 0,
      pipelines: 0,
      bytesAllocated: 0,
      submits: 4,
      readbacks: 4,
    });
    expect(used['dispatches'] / 4).toBeLessThanOrEqual(18 * config.layers + 14);
    expect(used['bytesRead'] / 4).toBeLessThanOrEqual(20);
    console.log(`${used['dispatches'] / 4} dispatches a step for ${config.layers} layers`);
  });

  test('a step of micro-batches is one submit, too', async () => {
    const used = await run({ batch: 1, micro: 2 }, 2);
    expect(used).toMatchObject({ buffers: 0, bindGroups: 0, bytesAllocated: 0, submits: 2 });
  });

  test('memory is what was planned, within 10 %', async () => {
    const own = await openGpuEngine();
    const options = { config: { ...config, width: 64, hidden: 256, layers: 3 }, batch: 8 };
    await openTrainer(own, options);
    const planned = planTraining(own.facts, options).memory.total;
    expect(Math.abs(own.counters.bytesAllocated - planned) / planned).toBeLessThan(0.1);
    own.close();
  });
});

test('a lost device ends the training; the checkpoint before it still trains on', async () => {
  const doomed = await openGpuEngine();
  const list: TrainRecord[] = [];
  const run = async () => {
    for await (const record of train(options(doomed, { steps: 50, saveEvery: 2 }))) {
      list.push(record);
      if (record.step === 5) doomed.device.destroy();
    }
  };
  await expect(run()).rejects.toBeInstanceOf(DeviceLostError);
  const kept = list.findLast((r) => r.checkpoint)!.checkpoint!;
  expect(kept.progress.step).toBe(4);
  const rest = await records(engine, { steps: 8, resume: kept });
  expect(rest.map((r) => r.step)).toEqual([5, 6, 7, 8]);
});
