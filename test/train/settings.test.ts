/** Settings that make no sense are refused before anything is planned, with field, value and range. */
import { describe, expect, test } from 'vitest';
import { ReferenceEngine } from '../../src/reference/engine.ts';
import { train } from '../../src/train/train.ts';
import { config, options, type Overrides } from './toy.ts';

describe('a training', () => {
  const schedule = options(new ReferenceEngine()).schedule;
  test.each<[Overrides | Record<string, unknown>, RegExp]>([
    [{ time: 0 }, /time is 0; a whole number from 1 to 32 was expected/],
    [{ steps: -1 }, /steps is -1; a whole number from 1 to 4294967295 was expected/],
    [{ steps: 0 }, /steps is 0/],
    [{ steps: NaN }, /steps is NaN/],
    [{ steps: undefined, minutes: 0 }, /minutes is 0; a number above 0 was expected/],
    [{ steps: 3, minutes: 1 }, /either steps or minutes/],
    [{ batch: 0 }, /batch is 0/],
    [{ batch: '8' }, /batch is "8"/],
    [{ micro: 0 }, /micro is 0/],
    [{ dropout: 1 }, /dropout is 1; a number from 0 to 0\.99 was expected/],
    [{ beta1: 1 }, /beta1 is 1/],
    [{ decay: NaN }, /decay is NaN/],
    [{ epsilon: 0 }, /epsilon is 0/],
    [{ seed: 1.5 }, /seed is 1\.5/],
    [{ schedule: { ...schedule, peak: NaN } }, /schedule\.peak is NaN/],
    [{ schedule: { ...schedule, floor: 2 * schedule.peak } }, /schedule\.floor is/],
    [{ schedule: undefined }, /schedule is missing/],
    [{ evaluateTargets: 0 }, /evaluateTargets is 0/],
  ])('%o', async (overrides, message) => {
    const engine = new ReferenceEngine();
    const run = train(options(engine, overrides as Overrides)).next();
    await expect(run).rejects.toBeInstanceOf(RangeError);
    await expect(run).rejects.toThrow(message);
    expect(engine.counters.bytesAllocated).toBe(0);
  });

  test('on tokens that the model does not have', async () => {
    const foreign = { documents: [Uint32Array.of(1, 2, config.vocab, 3)] };
    const run = train(options(new ReferenceEngine(), { data: foreign })).next();
    await expect(run).rejects.toThrow(/token 2 of document 0 of the training text is \d+; a number from 0 to/);
  });
});
