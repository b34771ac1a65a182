/** Training on the CPU engine against the f64 reference, and what must hold of any training: resume, skips, frozen layers, micro-batches. */
import { afterEach, describe, expect, test } from 'vitest';
import { openCpuEngine, type CpuEngine } from '../../src/cpu/engine.ts';
import { ReferenceEngine } from '../../src/reference/engine.ts';
import { parameters } from '../../src/model/layout.ts';
import type { Weights } from '../../src/model/weights.ts';
import { decodeCheckpoint, encodeCheckpoint, type Checkpoint } from '../../src/train/checkpoint.ts';
import { TrainingError } from '../../src/train/errors.ts';
import { train } from '../../src/train/train.ts';
import { planTraining } from '../../src/train/planning.ts';
import { initialWeights, lastLayers, openTrainer } from '../../src/train/trainer.ts';
import {
  apart,
  config,
  options,
  provesLossCurve,
  provesOverfitting,
  records,
  validation,
  type Overrides,
} from './toy.ts';

const engines: CpuEngine[] = [];
afterEach(() => engines.splice(0).forEach((e) => e.close()));
async function cpu(threads = 1): Promise<CpuEngine> {
  const engine = await openCpuEngine({ threads });
  engines.push(engine);
  return engine;
}

async function last(overrides: Overrides): Promise<Checkpoint> {
  return (await records(await cpu(), overrides)).at(-1)!.checkpoint!;
}

const flat = (weights: Weights): number[] => [...weights.values()].flatMap((w) => [...w]);

describe('20 steps equal the f64 reference within 1e-4', () => {
  test('1 thread', async () => void (await provesLossCurve(await cpu())));
  test('2 threads', async () => void (await provesLossCurve(await cpu(2))));
  test('dropout, seeded', async () => void (await provesLossCurve(await cpu(), { dropout: 0.1 })));
  test('llama family', async () =>
    void (await provesLossCurve(await cpu(), {
      config: { ...config, family: 'llama', kvHeads: 1, hidden: 24, ropeInterleaved: true, tied: false },
    })));
});

test('one batch is learned by heart: < 0.05 nats', async () => void (await provesOverfitting(await cpu())));

describe('resume', () => {
  const overrides: Overrides = { steps: 16, dropout: 0.1, validation, evaluateEvery: 4, saveEvery: 7, bare: 0.5 };
  test('gives the same bits as an unbroken run, through the file too', async () => {
    const whole = await records(await cpu(), overrides);
    const stop = whole.find((r) => r.step === 7)!.checkpoint!;
    const resume = await decodeCheckpoint(encodeCheckpoint(stop));
    const rest = await records(await cpu(), { ...overrides, resume });
    expect(rest.map((r) => [r.step, r.loss, r.gradNorm])).toEqual(
      whole.slice(7).map((r) => [r.step, r.loss, r.gradNorm]),
    );
    const [a, b] = [whole.at(-1)!.checkpoint!, rest.at(-1)!.checkpoint!];
    for (const part of ['weights', 'm', 'v'] as const) expect(flat(b[part])).toEqual(flat(a[part]));
    expect({ ...b.progress, seconds: 0 }).toEqual({ ...a.progress, seconds: 0 });
  });

  test('at the end has nothing left to do', async () => {
    const resume = await last({ steps: 3 });
    expect(await records(await cpu(), { steps: 3, resume })).toEqual([]);
  });
});

describe('a gradient that is not finite', () => {
  test('is skipped and reported; nothing is written', async () => {
    const engine = await cpu();
    const weights = initialWeights(config, 1);
    weights.get('h.0.mlp.fc.weight')![3] = Number.NaN;
    const trainer = await openTrainer(engine, { config, batch: 2 });
    trainer.load({ weights });
    const before = await trainer.save();
    const batches = trainer.batches();
    batches[0].targets.fill(1);
    batches[0].weights.fill(1 / 64);
    batches[0].starts.fill(64, 1);
    batches[0].order.set(batches[0].order.map((_, i) => i));
    const hyper = { learningRate: 1e-2, beta1: 0.9, beta2: 0.99, epsilon: 1e-8, decay: 0.1, maxNorm: 1 };
    expect(await trainer.step(batches, hyper, 0, 1)).toMatchObject({ skipped: true });
    const after = await trainer.save();
    for (const part of ['weights', 'm', 'v'] as const) expect(flat(after[part])).toEqual(flat(before[part]));
    await expect(trainer.step(batches, { ...hyper, learningRate: Infinity }, 0, 1)).rejects.toThrow(
      'learning rate at step 0 is Infinity',
    );
  });

  test('in many steps in a row ends the training with advice', async () => {
    const initial = initialWeights(config, 1);
    initial.get('ln_f.weight')![0] = Number.NaN;
    const seen: boolean[] = [];
    const run = async () => {
      for await (const r of train(options(await cpu(), { initial, steps: 100 }))) seen.push(r.skipped ?? false);
    };
    await expect(run()).rejects.toThrow(TrainingError);
    expect(seen.length).toBeLessThan(25);
    expect(seen.every(Boolean)).toBe(true);
  });
});

describe('the same step by other ways', () => {
  test('four micro-batches equal one batch of four times the rows', async () => {
    const big = await records(await cpu(), { batch: 8, steps: 6 });
    const small = await records(await cpu(), { batch: 2, micro: 4, steps: 6 });
    expect(
      apart(
        small.map((r) => r.loss),
        big.map((r) => r.loss),
      ),
    ).toBeLessThan(1e-5);
    expect(
      apart(
        small.map((r) => r.gradNorm),
        big.map((r) => r.gradNorm),
      ),
    ).toBeLessThan(1e-4);
  });

  test('recomputed activations give the same losses with less memory', async () => {
    const plain = await records(await cpu(), { dropout: 0.1 });
    const again = await records(await cpu(), { dropout: 0.1, recompute: true });
    expect(
      apart(
        again.map((r) => r.loss),
        plain.map((r) => r.loss),
      ),
    ).toBeLessThan(1e-5);
    const { facts } = new ReferenceEngine();
    const deep = { config: { ...config, layers: 6 }, batch: 8 };
    const work = (recompute: boolean) => planTraining(facts, { ...deep, recompute }).memory.parts['work'];
    expect(work(true)).toBeLessThan(0.7 * work(false));
  });

  test('a chunked head gives the same losses', async () => {
    const plain = await records(await cpu(), { batch: 8 });
    const chunked = await records(await cpu(), { batch: 8, headBytes: 64 * config.vocab * 4 });
    expect(
      apart(
        chunked.map((r) => r.loss),
        plain.map((r) => r.loss),
      ),
    ).toBeLessThan(1e-5);
  });
});

test('frozen layers do not move; the last layer and the final norm do', async () => {
  const initial = initialWeights(config, 4);
  const { weights, m } = await last({ initial, trainable: lastLayers(config, 1), steps: 5 });
  for (const { name } of parameters(config)) {
    const moved = weights.get(name)!.some((x, i) => x !== initial.get(name)![i]);
    expect(moved, name).toBe(name.startsWith('h.1.') || name.startsWith('ln_f'));
    expect(m.has(name), name).toBe(moved);
  }
});

test('decay pulls on matrices only', async () => {
  const initial = initialWeights(config, 4);
  const overrides: Overrides = { initial, steps: 1, schedule: { peak: 1e-3, floor: 1e-3, warmup: 0 } };
  const [without, heavy] = [await last({ ...overrides, decay: 0 }), await last({ ...overrides, decay: 10 })];
  for (const { name, matrix } of parameters(config)) {
    const differs = heavy.weights.get(name)!.some((x, i) => x !== without.weights.get(name)![i]);
    expect(differs, name).toBe(matrix);
  }
});

describe('the generator', () => {
  test('tells validation loss, the best, samples and the end; aborts with a checkpoint', async () => {
    const list = await records(await cpu(), {
      steps: 12,
      validation,
      evaluateEvery: 4,
      sampleEvery: 6,
      prompts: ['the c', ''],
      sampleTokens: 10,
    });
    expect(list.map((r) => r.step)).toEqual(Array.from({ length: 12 }, (_, i) => i + 1));
    expect(list.filter((r) => r.validationLoss !== undefined).map((r) => r.step)).toEqual([4, 8, 12]);
    expect(list[3]).toMatchObject({ best: true });
    expect(list[3].checkpoint).toBeDefined();
    expect(list[5].samples?.map((s) => s.prompt)).toEqual(['the c', '']);
    expect(list.at(-1)).toMatchObject({ end: 'finished', progress: 1 });
    const abort = new AbortController();
    const some = [];
    for await (const r of train(options(await cpu(), { steps: 1000, signal: abort.signal }))) {
      some.push(r);
      if (r.step === 5) abort.abort();
    }
    expect(some.at(-1)).toMatchObject({ end: 'aborted' });
    expect(some.at(-1)!.step).toBeLessThanOrEqual(7);
    expect(some.at(-1)!.checkpoint!.progress.step).toBe(some.at(-1)!.step);
  });

  test('stops early when the validation loss no longer falls', async () => {
    const list = await records(await cpu(), {
      steps: 500,
      validation,
      evaluateEvery: 2,
      patience: 2,
      schedule: { peak: 1e-9, floor: 0, warmup: 0 },
    });
    expect(list.at(-1)!.end).toBe('no better');
    expect(list.length).toBeLessThan(100);
  });

  test('a schedule by minutes ends by the clock', async () => {
    const list = await records(await cpu(), { minutes: 0.01 });
    expect(list.at(-1)).toMatchObject({ end: 'finished' });
    expect(list.at(-1)!.seconds).toBeGreaterThanOrEqual(0.6);
    expect(list.at(-1)!.seconds).toBeLessThan(3);
  });

  test('asks for one planned end, and says when rows do not fit', async () => {
    const engine = await cpu();
    const both = train({ ...options(engine), minutes: 1 });
    await expect(both.next()).rejects.toThrow('either steps or minutes');
    await expect(train(options(engine, { time: 64 })).next()).rejects.toThrow(
      'time is 64; a whole number from 1 to 32 was expected',
    );
  });
});

test('memory printed before a training is right within 10 %', async () => {
  const engine = await cpu();
  const overrides = { config: { ...config, width: 64, hidden: 256, layers: 4 }, batch: 8, micro: 2 };
  const planned = planTraining(engine.facts, overrides).memory.total;
  const trainer = await openTrainer(engine, overrides);
  expect(trainer.memory.total).toBe(planned);
  expect(Math.abs(engine.counters.bytesAllocated - planned) / planned).toBeLessThan(0.1);
});
