/** A device that is lost in the middle of a text: another is opened, and the text goes on with the same tokens, bit for bit. */
import { expect, test } from 'vitest';
import type { GpuEngine } from '../../src/gpu/engine.ts';
import { makeConfig } from '../../src/model/config.ts';
import { DeviceLostError } from '../../src/plan/errors.ts';
import { openModel } from '../../src/session/open_model.ts';
import { openBytes } from '../../src/tokens/bytes.ts';
import { livelyWeights } from '../isolation.ts';

const config = makeConfig({ vocab: 257, context: 32, layers: 2, heads: 2, width: 16 });
const parts = { config, tokenizer: openBytes(), weights: livelyWeights(config, 5) };
const prompt = Array.from({ length: 20 }, (_, i) => (i * 11) % 257);
const options = { maxTokens: 40, temperature: 0.9, seed: 3, candidates: 3, stop: [] };

test('lost in prefill, in decoding, between two runs, with a head switched off: the same tokens', async () => {
  const told: string[] = [];
  const model = await openModel(parts, { engine: 'gpu', onRecover: ({ why }) => told.push(why) });
  const lose = () => (model.engine as GpuEngine).device.destroy();
  const run = async (at: readonly number[]): Promise<string[]> => {
    const text: string[] = [];
    if (at.includes(-1)) lose();
    for await (const { token, candidates } of model.generate(prompt, options)) {
      text.push(`${token} ${candidates.map((c) => c.probability).join(' ')}`);
      if (at.includes(text.length)) lose();
    }
    return text;
  };
  const whole = await run([]);
  expect(await run([-1])).toEqual(whole); // before the prefill
  expect(await run([1, 7, 25])).toEqual(whole); // after it, in the middle, after the context has slid on
  model.gate(0, 1, 0);
  const gated = await run([]);
  expect(gated).not.toEqual(whole);
  expect(await run([4])).toEqual(gated);
  expect(told).toHaveLength(5);
  await model.close();
});

test('what comes with the tokens is the same too, and readings go on as gated', async () => {
  const model = await openModel(parts, { engine: 'gpu' });
  const lose = () => (model.engine as GpuEngine).device.destroy();
  const run = async (at: readonly number[]) => {
    const text: unknown[] = [];
    for await (const { seconds: _, ...token } of model.generate(prompt, { ...options, attention: true, lens: 2 })) {
      text.push(token);
      if (at.includes(text.length)) lose();
    }
    return text;
  };
  model.gate(1, 0, 0);
  const whole = await run([]);
  const lens = await model.lens(prompt);
  expect(await run([1, 7])).toEqual(whole);
  lose();
  expect(await model.lens(prompt)).toEqual(lens);
  await model.close();
});

test('two runs at once survive one loss', async () => {
  const model = await openModel(parts, { engine: 'gpu' });
  const run = async (seed: number, lose = false) => {
    const tokens: number[] = [];
    for await (const { token } of model.generate(prompt, { ...options, seed })) {
      tokens.push(token);
      if (lose && tokens.length === 5) (model.engine as GpuEngine).device.destroy();
    }
    return tokens;
  };
  const want = [await run(1), await run(2)];
  expect(await Promise.all([run(1, true), run(2)])).toEqual(want);
  await model.close();
});

test('an engine that was handed in is its owner’s to replace', async () => {
  const { openGpuEngine } = await import('../../src/gpu/engine.ts');
  const engine = await openGpuEngine();
  const model = await openModel(parts, { engine });
  const text = model.generate(prompt, options);
  await text.next();
  engine.device.destroy();
  await expect(text.next()).rejects.toBeInstanceOf(DeviceLostError);
  await model.close();
  engine.close();
});
