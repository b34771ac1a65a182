/** Head sizes that no fast kernel takes: prompt, cache and next tokens on this adapter against the f64 reference. */
import { expect, test } from 'vitest';
import { openGpuEngine } from '../../src/gpu/engine.ts';
import { makeConfig, type ModelConfig } from '../../src/model/config.ts';
import { parameters } from '../../src/model/layout.ts';
import type { Engine } from '../../src/plan/types.ts';
import { ReferenceEngine } from '../../src/reference/engine.ts';
import { uniform } from '../../src/sample/hash.ts';
import type { GeneratedToken } from '../../src/session/records.ts';
import { Model } from '../../src/session/model.ts';
import { openBytes } from '../../src/tokens/bytes.ts';

function weightsOf(config: ModelConfig): Map<string, Float32Array<ArrayBuffer>> {
  let i = 0;
  return new Map(
    parameters(config).map(({ name, shape, init, matrix }) => {
      const size = shape.reduce((a, b) => a * b, 1);
      const one = () => (init === 'ones' ? 1 : 0) + (uniform(5, 0, 0, i++) - 0.5) * (matrix ? 0.6 : 0.2);
      return [name, Float32Array.from({ length: size }, one)];
    }),
  );
}

/** The steps that follow a prompt too long for the decode plan alone. */
async function run(engine: Engine, config: ModelConfig): Promise<GeneratedToken[]> {
  const model = new Model({ config, weights: weightsOf(config), tokenizer: openBytes(), engine });
  const prompt = Array.from({ length: 30 }, (_, i) => (i * 7) % 257);
  const steps: GeneratedToken[] = [];
  for await (const step of model.generate(prompt, { maxTokens: 5, candidates: 3, stop: [] })) steps.push(step);
  engine.close();
  return steps;
}

test.each([1, 5, 6, 9, 11])('a model with heads of %i numbers says what the reference says', async (headSize) => {
  const config = makeConfig({ vocab: 257, context: 40, layers: 2, heads: 3, width: 3 * headSize });
  const want = await run(new ReferenceEngine(), config);
  const got = await run(await openGpuEngine(), config);
  expect(got.map((s) => s.token)).toEqual(want.map((s) => s.token));
  got.forEach((step, i) =>
    step.candidates.forEach((c, k) => expect(c.probability).toBeCloseTo(want[i].candidates[k].probability, 4)),
  );
});
