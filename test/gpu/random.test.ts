/** Random dims and options of every op, each through every variant that takes them. A failure prints its seed; NEXTOKEN_SEED repeats it. */
import { expect, test } from 'vitest';
import { checkVariant, missingFeatures } from '../../src/bench/check.ts';
import { caseName, randomCase } from '../../src/kernels/cases/index.ts';
import { randomStream } from '../../src/sample/random.ts';
import { ops } from '../../src/kernels/registry.ts';
import { sharedEngine } from './shared_engine.ts';

const CASES = 2;
const seed = Number(process.env['NEXTOKEN_SEED'] ?? Date.now() % 1_000_000);

const open = sharedEngine();

for (const op of ops.values())
  test(`${op.name}, random`, async ({ signal }) => {
    const engine = await open();
    const random = randomStream(seed);
    for (let i = 0; i < CASES; i++) {
      const c = randomCase(op, random);
      for (const variant of op.variants) {
        if (missingFeatures(variant, engine.facts)) continue;
        signal.throwIfAborted();
        const problem = await checkVariant(engine, variant, c, seed + i);
        if (problem !== 'unfit') expect(problem, `NEXTOKEN_SEED=${seed}: ${variant.name} of ${caseName(c)}`).toBe('');
      }
    }
  });
