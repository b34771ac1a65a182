/** The public face: one call from a name, path or parts to a model that answers; and what it says when it cannot. */
import { statSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  type GeneratedToken,
  makeConfig,
  openCpuEngine,
  openModel,
  SettingsError,
  shippedModels,
} from '../../src/index.ts';
import { ClosedError, OutOfMemoryError } from '../../src/plan/errors.ts';
import { shippedFiles } from '../../src/session/shipped.ts';
import { openBytes } from '../../src/tokens/bytes.ts';
import { initialWeights } from '../../src/train/trainer.ts';

async function textOf(run: AsyncIterable<GeneratedToken>): Promise<string> {
  let text = '';
  for await (const token of run) text += token.text;
  return text;
}

const config = makeConfig({ vocab: 257, context: 16, layers: 1, heads: 2, width: 16 });
const parts = { config, tokenizer: openBytes(), weights: initialWeights(config, 1) };

test('every file of every shipped model has its address', () => {
  expect(shippedModels.map(({ name }) => name)).toEqual(['austen', 'char-mini', 'tang']);
  for (const { name, bytes } of shippedModels) {
    const { files } = shippedFiles(name);
    for (const file of files) expect(statSync(new URL(file.url)).size, file.url).toBe(file.bytes);
    expect(files.reduce((sum, file) => sum + file.bytes, 0)).toBe(bytes);
  }
});

describe('openModel', () => {
  test('the sample of the README: a shipped model by name, an address of its folder, a path', async () => {
    const texts = [];
    for (const source of ['austen', new URL('../../models/austen/', import.meta.url), 'models/austen']) {
      const model = await openModel(source, { engine: 'cpu' });
      texts.push(await textOf(model.generate('It was a', { maxTokens: 20, seed: 1 })));
      expect(model.why).toMatch(/^CPU/);
      await model.close();
    }
    expect(texts[0].length).toBeGreaterThan(20);
    expect(new Set(texts).size).toBe(1);
  });

  test('files that a person chose', async () => {
    const { readFile } = await import('node:fs/promises');
    const files = await Promise.all(
      ['config.json', 'model.safetensors', 'tokenizer.json'].map(
        async (name) => new File([await readFile(`models/char-mini/${name}`)], name),
      ),
    );
    await using model = await openModel(files, { engine: 'cpu' });
    expect((await textOf(model.generate('And', { maxTokens: 5 }))).length).toBe(5);
  });

  test('parts in memory on an engine of one’s own, which stays open', async () => {
    const engine = await openCpuEngine({ threads: 1 });
    const before = engine.counters.bytesAllocated;
    const model = await openModel(parts, { engine, context: 8 });
    expect(model.context).toBe(8);
    await textOf(model.generate('a', { maxTokens: 3 }));
    await model.close();
    expect(engine.counters.bytesAllocated).toBe(before);
    engine.close();
  });

  test('progress tells phases in order; an aborted signal ends it', async () => {
    const phases: string[] = [];
    const model = await openModel(parts, { engine: 'cpu', onProgress: ({ phase }) => phases.push(phase) });
    expect(phases).toEqual(['engine', 'compile']);
    await model.close();
    await expect(openModel('austen', { engine: 'cpu', signal: AbortSignal.abort() })).rejects.toThrow(/abort/i);
  });

  test.each([
    ['no source', undefined, /model is missing; a name, an address/],
    ['a number', 7, /model is 7; a name, an address/],
  ])('%s is refused', async (_what, source, message) => {
    await expect(openModel(source as never, { engine: 'cpu' })).rejects.toThrow(message);
  });

  test('a path that is not there, an engine that does not exist', async () => {
    await expect(openModel(new URL('file:///no/such/folder/'), { engine: 'cpu' })).rejects.toThrow(
      'there is no such file or folder',
    );
    await expect(openModel(parts, { engine: 'tpu' as never })).rejects.toThrow(SettingsError);
  });
});

describe('the context', () => {
  const long = makeConfig({
    ...config,
    family: 'llama',
    context: 131_072,
    layers: 40,
    heads: 4,
    kvHeads: 4,
    width: 64,
  });
  const big = { ...parts, config: long, weights: initialWeights(long, 1) };

  test('131,072 positions open: the cache has room for what fits 256 MiB', async () => {
    await using model = await openModel(big, { engine: 'cpu' });
    expect(model.context).toBe(Math.floor((2 ** 28 - 2 * 256 * 40) / (2 * 4 * 40 * 64)));
    expect(model.engine.counters.bytesAllocated).toBeLessThan(2 ** 28 + 2 ** 26);
    expect((await textOf(model.generate('abc', { maxTokens: 3 }))).length).toBeGreaterThan(0);
  });

  test('or for as many as are asked for; too many are refused with the range, too much with the bytes', async () => {
    await using model = await openModel(big, { engine: 'cpu', context: 100 });
    expect(model.engine.counters.bytesAllocated).toBeLessThan(2 ** 24);
    let last = -1;
    for await (const { position } of model.generate('abc', { maxTokens: 150, stop: [] })) {
      expect(position).toBe(last < 0 ? position : last + 1); // in the whole text, also where the context has slid on
      last = position;
    }
    expect(last).toBeGreaterThan(149);
    await expect(openModel(big, { engine: 'cpu', context: 131_073 })).rejects.toThrow(
      /context is 131073; a whole number from 1 to 131072/,
    );
    const tight = { maxBytes: 2 ** 27 };
    await expect(openModel(big, { engine: 'cpu', cpu: tight, context: 131_072 })).rejects.toBeInstanceOf(
      OutOfMemoryError,
    );
  });
});

describe('settings', () => {
  test.each([
    [{ temperature: NaN }, /temperature is NaN; a number from 0 to 1000000 was expected/],
    [{ temperature: -1 }, /temperature is -1/],
    [{ topK: 2.5 }, /topK is 2\.5; a whole number from 0/],
    [{ topK: -1 }, /topK is -1/],
    [{ topK: 2 ** 32 + 1 }, /topK is 4294967297/],
    [{ topP: NaN }, /topP is NaN/],
    [{ topP: 2 }, /topP is 2; a number from 0 to 1 was expected/],
    [{ seed: NaN }, /seed is NaN/],
    [{ seed: -5 }, /seed is -5/],
    [{ seed: 1e20 }, /seed is 100000000000000000000/],
    [{ maxTokens: NaN }, /maxTokens is NaN/],
    [{ maxTokens: 2.5 }, /maxTokens is 2\.5/],
    [{ candidates: -1 }, /candidates is -1/],
    [{ candidates: 2.5 }, /candidates is 2\.5/],
    [{ ahead: 0 }, /ahead is 0; a whole number from 1 to 64 was expected/],
  ])('%o is a RangeError that names field, value and range', async (settings, message) => {
    await using model = await openModel(parts, { engine: 'cpu' });
    const run = textOf(model.generate('a', settings));
    await expect(run).rejects.toBeInstanceOf(RangeError);
    await expect(run).rejects.toThrow(message);
    // nothing is lost: the next run works
    expect((await textOf(model.generate('a', { maxTokens: 4 }))).length).toBeGreaterThan(0);
  });

  test('an empty list is an empty prompt; what is no prompt is refused', async () => {
    await using model = await openModel(parts, { engine: 'cpu' });
    const run = (prompt: unknown) => textOf(model.generate(prompt as string, { maxTokens: 6 }));
    expect(await run([])).toBe(await run(''));
    for (const prompt of [null, undefined, 5])
      await expect(run(prompt)).rejects.toThrow(/prompt is .*; a text or a list/);
    for (const token of [-1, 1.5, NaN, 257]) await expect(run([token])).rejects.toBeInstanceOf(RangeError);
  });

  test('a closed model says so, and closing twice is no error', async () => {
    const model = await openModel(parts, { engine: 'cpu' });
    await model.close();
    await model.close();
    await expect(textOf(model.generate('a'))).rejects.toBeInstanceOf(ClosedError);
    expect(() => model.gate(0, 0, 0)).toThrow(ClosedError);
    await expect(model.describe()).rejects.toBeInstanceOf(ClosedError);
  });
});
