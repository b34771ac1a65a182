/** Presets: those that ship are complete; whatever is none is refused with field, value and what is allowed. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { UsageError } from '../../../tools/command_line.ts';
import { readPreset, readTexts, shippedPresets } from '../../../tools/train/files.ts';
import { checkPreset, DESCRIPTION } from '../../../tools/train/preset.ts';

const good = {
  name: 'toy',
  title: 'Toy',
  language: 'en',
  texts: ['text.txt'],
  source: 'made up',
  licence: 'none',
  validation: 0.1,
  tokenizer: { kind: 'characters', fallback: 'unk' },
  model: { context: 16, layers: 2, heads: 1, width: 8 },
  train: { batch: 2, steps: 6, seed: 1, schedule: { peak: 1e-2, floor: 1e-3, warmup: 2 } },
};

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'nextoken-preset-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

test('the presets of the models that ship are complete and named like their files', async () => {
  expect(shippedPresets).toEqual(['austen', 'char-mini', 'tang']);
  for (const name of shippedPresets) expect((await readPreset(name)).name).toBe(name);
});

test('a good one is what it was', () => {
  expect(checkPreset(good)).toBe(good);
  expect(() => checkPreset({ ...good, documents: (texts: string[]) => texts, lastLayers: 1, from: 'x' })).not.toThrow();
});

test.each<[unknown, RegExp]>([
  [[], /^the preset is \[\]; an object was expected$/],
  [{}, /^name is missing; the name of a folder/],
  [{ ...good, name: '../up' }, /^name is "\.\.\/up"; the name of a folder/],
  [{ ...good, texts: undefined }, /^texts is missing; a list of 1 or more texts was expected$/],
  [{ ...good, texts: 'text.txt' }, /^texts is "text\.txt"; a list of 1 or more texts/],
  [{ ...good, licence: '' }, /^licence is ""; a text was expected$/],
  [{ ...good, validation: 1 }, /^validation is 1; a number from 0\.001 to 0\.9/],
  [{ ...good, documents: 3 }, /^documents is 3; the text between two documents, or a function/],
  [
    { ...good, tokenizer: { kind: 'words' } },
    /^tokenizer\.kind is "words"; "characters", "bytes", "bpe" was expected$/,
  ],
  [{ ...good, tokenizer: { kind: 'bpe' } }, /^tokenizer\.size is missing; a whole number from 257/],
  [{ ...good, tokenizer: { kind: 'bytes', size: 300 } }, /^a field of tokenizer is "size"; one of kind was expected$/],
  [{ ...good, tokenizer: { kind: 'characters', fallback: 'x' } }, /^tokenizer\.fallback is "x"; "bytes" or "unk"/],
  [{ ...good, model: { ...good.model, width: undefined } }, /^model\.width is missing; a whole number from 1/],
  [{ ...good, model: { ...good.model, vocab: 50 } }, /^model\.vocab is 50; nothing \(the tokenizer decides\)/],
  [{ ...good, model: { ...good.model, depth: 2 } }, /model config: depth is no field of a configuration/],
  [{ ...good, train: { ...good.train, batch: 0 } }, /^train\.batch is 0; a whole number from 1/],
  [{ ...good, train: { ...good.train, lr: 1 } }, /^a field of train is "lr"; one of batch, time, micro/],
  [{ ...good, train: { ...good.train, minutes: 1 } }, /6 steps and 1 minutes"; either steps or minutes/],
  [{ ...good, train: { ...good.train, prompts: 'a' } }, /^train\.prompts is "a"; a list/],
  [{ ...good, lastLayers: 0 }, /^lastLayers is 0; a whole number from 1/],
  [{ ...good, dataset: 'x' }, /^a field of a preset is "dataset"; one of name, title, language, texts/],
])('%j', (value, message) => {
  expect(() => checkPreset(value)).toThrow(RangeError);
  expect(() => checkPreset(value)).toThrow(message);
});

test('what is no preset is said in one line that says what one is', async () => {
  const refusal = async (name: string): Promise<string> => {
    const error: unknown = await readPreset(name).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(UsageError);
    expect((error as Error).message).not.toContain('\n');
    return (error as Error).message;
  };
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  expect(existsSync(DESCRIPTION)).toBe(true);
  for (const name of ['nowhere', '..', '../runs', folder])
    expect(await refusal(name)).toBe(
      `there is no preset ${name}; a preset is a .ts or .json file (${DESCRIPTION} describes it) or one of austen, char-mini, tang`,
    );
  expect(await refusal('nowhere.json')).toContain('there is no file nowhere.json');
  expect(await refusal(file('broken.json', '{'))).toMatch(/broken\.json cannot be read as a preset: .*JSON/);
  expect(await refusal(file('list.json', '[]'))).toContain('the preset is []; an object was expected');
  expect(await refusal(file('part.json', '{"name":"x","title":"X","language":"en"}'))).toContain(
    `texts is missing; a list of 1 or more texts was expected; ${DESCRIPTION} describes the fields`,
  );
  expect(await refusal(file('none.ts', 'export const x = 1;'))).toContain('it has no default export');
});

test('a text that is not there is named', async () => {
  const texts = readTexts({ ...good, texts: ['no/such.txt'] } as never);
  await expect(texts).rejects.toBeInstanceOf(UsageError);
  await expect(texts).rejects.toThrow(/preset toy: there is no text no\/such\.txt in .* NEXTOKEN_DATA/);
});
