/** A small model, a small text and short trainings that tests of every engine share. */
import { expect } from 'vitest';
import { makeConfig } from '../../src/model/config.ts';
import type { Engine } from '../../src/plan/types.ts';
import { ReferenceEngine } from '../../src/reference/engine.ts';
import { uniform } from '../../src/sample/hash.ts';
import { trainCharacters } from '../../src/tokens/train_characters.ts';
import { makeCorpus } from '../../src/train/prepare.ts';
import { train, type TrainOptions, type TrainRecord } from '../../src/train/train.ts';

const WORDS = ['the', 'cat', 'sat', 'on', 'a', 'mat', 'and', 'ate', 'fish'];

/** Sentences of a few words: structure enough that a loss falls. */
export function sentences(n: number, seed: number): string[] {
  return Array.from({ length: n }, (_, d) => {
    const words = Array.from(
      { length: 3 + Math.floor(uniform(seed, d, 0, 0) * 12) },
      (_, i) => WORDS[Math.floor(uniform(seed, d, 1, i) * WORDS.length)],
    );
    return `${words.join(' ')}.`;
  });
}

const texts = sentences(60, 1);
export const tokenizer = trainCharacters(texts.join(''), { fallback: 'unk' });
export const data = makeCorpus(tokenizer, texts);
export const validation = makeCorpus(tokenizer, sentences(8, 2));
export const config = makeConfig({ vocab: tokenizer.size, context: 32, layers: 2, heads: 2, width: 16 });

export type Overrides = Partial<Omit<TrainOptions, 'engine'>>;

export function options(engine: Engine, more: Overrides = {}): TrainOptions {
  const plan = more.minutes === undefined ? { steps: 20 } : {};
  return {
    engine,
    config,
    tokenizer,
    data,
    batch: 2,
    seed: 5,
    schedule: { peak: 3e-3, floor: 1e-4, warmup: 3 },
    ...plan,
    ...more,
  };
}

export async function records(engine: Engine, more: Overrides = {}): Promise<TrainRecord[]> {
  const list: TrainRecord[] = [];
  for await (const record of train(options(engine, more))) list.push(record);
  return list;
}

/** Largest relative difference of two curves. */
export function apart(a: readonly number[], b: readonly number[]): number {
  expect(a.length).toBe(b.length);
  return Math.max(...a.map((x, i) => Math.abs(x - b[i]) / Math.abs(b[i])));
}

/** Twenty steps' losses equal the f64 reference's within 1e-4. */
export async function provesLossCurve(engine: Engine, more: Overrides = {}): Promise<number> {
  const losses = async (e: Engine) => (await records(e, more)).map((r) => r.loss);
  const want = await losses(new ReferenceEngine());
  const got = await losses(engine);
  const difference = apart(got, want);
  expect(want.length).toBe(20);
  expect(want[19]).toBeLessThan(want[0] - 0.2); // it learns: the comparison means something
  expect(difference).toBeLessThan(1e-4);
  return difference;
}

/** One batch learned by heart: below 0.05 nats per target where the context decides the target. */
export async function provesOverfitting(engine: Engine): Promise<number> {
  const short = makeCorpus(tokenizer, ['the cat sat on a mat.', 'a fish ate the mat.']);
  const wide = makeConfig({ ...config, width: 32, hidden: 128 });
  const list = await records(engine, {
    config: wide,
    data: short,
    batch: 2,
    steps: 250,
    schedule: { peak: 1e-2, floor: 1e-3, warmup: 10 },
    decay: 0,
  });
  // which of the two texts begins is a coin's toss: 2 of 42 targets cost ln 2, 0.033 on average; the rest must be certain
  const loss = list.at(-1)!.loss;
  expect(loss).toBeLessThan(0.05);
  return loss;
}
