/** Generation end to end on the f64 oracle and the CPU engine: decode agrees with prefill, seeds repeat, limits hold. */
import { afterEach, describe, expect, test } from 'vitest';
import { openCpuEngine } from '../../src/cpu/engine.ts';
import { makeConfig, type ModelConfig } from '../../src/model/config.ts';
import { parameters } from '../../src/model/layout.ts';
import type { Engine } from '../../src/plan/types.ts';
import { ReferenceEngine } from '../../src/reference/engine.ts';
import { uniform } from '../../src/sample/hash.ts';
import type { GenerateOptions, GeneratedToken } from '../../src/session/records.ts';
import { Model } from '../../src/session/model.ts';
import { openBytes } from '../../src/tokens/bytes.ts';

const gpt = makeConfig({ vocab: 257, context: 48, layers: 2, heads: 4, width: 32 });
const llama = makeConfig({ ...gpt, family: 'llama', kvHeads: 2, hidden: 40, ropeInterleaved: true, tied: false });

function randomWeights(config: ModelConfig): Map<string, Float32Array<ArrayBuffer>> {
  let i = 0;
  return new Map(
    parameters(config).map((p) => {
      const values = new Float32Array(p.shape.reduce((a, b) => a * b, 1));
      for (let k = 0; k < values.length; k++)
        values[k] = (p.init === 'ones' ? 1 : 0) + (uniform(5, 0, 0, i++) - 0.5) * (p.matrix ? 0.6 : 0.2);
      return [p.name, values];
    }),
  );
}

const engines: Engine[] = [];
afterEach(() => engines.splice(0).forEach((e) => e.close()));

async function open(config: ModelConfig, kind: 'reference' | 'cpu'): Promise<Model> {
  const engine: Engine = kind === 'cpu' ? await openCpuEngine({ threads: 1 }) : new ReferenceEngine();
  engines.push(engine);
  return new Model({ config, weights: randomWeights(config), tokenizer: openBytes(), engine });
}

async function steps(
  session: Model,
  prompt: string | readonly number[],
  options: GenerateOptions,
): Promise<GeneratedToken[]> {
  const list: GeneratedToken[] = [];
  for await (const step of session.generate(prompt, { stop: [], ...options })) list.push(step);
  return list;
}

describe.each([['gpt2', gpt] as const, ['llama', llama] as const])('%s family', (_name, config) => {
  test.each(['reference', 'cpu'] as const)(
    'decoding token by token equals prefilling the whole text (%s engine)',
    async (kind) => {
      const session = await open(config, kind);
      const prompt = [72, 101, 108, 108, 111];
      const run = await steps(session, prompt, { maxTokens: 12, candidates: 5 });
      for (let n = 1; n < run.length; n++) {
        const sequence = [...prompt, ...run.slice(0, n).map((s) => s.token)];
        const [again] = await steps(session, sequence, { maxTokens: 1, candidates: 5 });
        expect(again.token).toBe(run[n].token);
        again.candidates.forEach((c, i) => expect(c.probability).toBeCloseTo(run[n].candidates[i].probability, 5));
      }
    },
  );

  test('the CPU engine writes what the oracle writes', async () => {
    const options = { maxTokens: 30, temperature: 0.9, topK: 40, topP: 0.95, seed: 11, candidates: 3 };
    const want = await steps(await open(config, 'reference'), 'abc', options);
    const got = await steps(await open(config, 'cpu'), 'abc', options);
    expect(got.map((s) => s.token)).toEqual(want.map((s) => s.token));
    got.forEach((s, i) =>
      s.candidates.forEach((c, k) => expect(c.probability).toBeCloseTo(want[i].candidates[k].probability, 5)),
    );
  });

  test('batches of tokens are the same tokens; a full context starts over with its younger half', async () => {
    const session = await open(config, 'cpu');
    const one = await steps(session, 'abc', { maxTokens: 80, temperature: 1, seed: 3, candidates: 1 });
    const batch = await steps(session, 'abc', { maxTokens: 80, temperature: 1, seed: 3 });
    expect(batch.map((s) => s.token)).toEqual(one.map((s) => s.token));
    expect(batch).toHaveLength(80);
  });
});

test('taps: residual stream, attention weights (rows sum to 1) and logits', async () => {
  const session = await open(gpt, 'cpu');
  const taps = ['embed', 'h.0.out', 'h.1.weights', 'logits'];
  const [first, second] = await steps(session, 'abcd', { maxTokens: 2, taps });
  expect(Object.keys(first.taps)).toEqual(taps);
  const weights = first.taps['h.1.weights'];
  const T = weights.shape.at(-1)!;
  for (let h = 0; h < gpt.heads; h++)
    for (let t = 0; t < 4; t++)
      expect(weights.data.slice((h * T + t) * T, (h * T + t + 1) * T).reduce((a, b) => a + b, 0)).toBeCloseTo(1, 5);
  const cached = second.taps['h.1.weights'];
  expect(cached.shape).toEqual([1, gpt.heads, 1, gpt.context]);
  expect(cached.data.slice(0, gpt.context).reduce((a, b) => a + b, 0)).toBeCloseTo(1, 5);
  await expect(steps(session, 'a', { taps: ['h.9.out'] })).rejects.toThrow(/no tap "h\.9\.out"; there are embed/);
});

test('gates switch a head off without rebuilding', async () => {
  const session = await open(gpt, 'cpu');
  const look = async () => (await steps(session, 'abcd', { maxTokens: 1, taps: ['logits'] }))[0].taps['logits'].data;
  const before = await look();
  session.gate(0, 1, 0);
  const without = await look();
  expect(without).not.toEqual(before);
  session.gate(0, 1, 1);
  expect(await look()).toEqual(before);
  expect(() => session.gate(7, 0, 0)).toThrow('layer is 7; a whole number from 0 to 1 was expected');
});

test('bad tokens and aborts', async () => {
  const session = await open(gpt, 'cpu');
  await expect(steps(session, [999], {})).rejects.toThrow(
    'token of the prompt is 999; a whole number from 0 to 256 was expected',
  );
  const controller = new AbortController();
  const run = session.generate('abc', { maxTokens: 50, signal: controller.signal, stop: [] });
  await run.next();
  controller.abort();
  await expect(run.next()).rejects.toThrow(/abort/i);
});
