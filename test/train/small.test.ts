/** The small parts: schedule, documents, units, curves, command line, presets. */
import { readdirSync } from 'node:fs';
import { describe, expect, test, vi } from 'vitest';
import { main, parseArguments, progressLine } from '../../src/train/cli.ts';
import { UsageError } from '../../src/train/usage.ts';
import { curvesSvg, thin, type CurvePoint } from '../../src/train/curves.ts';
import { documentsBetween, joinLines, splitDocuments } from '../../src/train/documents.ts';
import { inUnits } from '../../src/train/measure.ts';
import { readPreset } from '../../src/train/node_files.ts';
import { makeCorpus, makeTokenizer, prepare, targetCount, textSize } from '../../src/train/prepare.ts';
import { normals, permutation, randomStream } from '../../src/sample/random.ts';
import { learningRate } from '../../src/train/schedule.ts';

describe('learning rate', () => {
  const schedule = { peak: 1e-2, floor: 1e-3, warmup: 10 };
  test('climbs over the warm-up, then falls along half a cosine to the floor', () => {
    expect(learningRate(schedule, 0, 0)).toBeCloseTo(1e-3, 10);
    expect(learningRate(schedule, 9, 0)).toBeCloseTo(1e-2, 10);
    expect(learningRate(schedule, 500, 0.5)).toBeCloseTo(5.5e-3, 10);
    expect(learningRate(schedule, 1000, 1)).toBeCloseTo(1e-3, 10);
    expect(learningRate(schedule, 2000, 1.7)).toBeCloseTo(1e-3, 10);
    const rates = Array.from({ length: 90 }, (_, i) => learningRate(schedule, 10 + i, (10 + i) / 100));
    expect(rates.every((r, i) => i === 0 || r < rates[i - 1])).toBe(true);
  });
});

describe('documents', () => {
  test('lie between separators; lines of a paragraph are joined', () => {
    expect(documentsBetween('a\n<|endoftext|>\n\n<|endoftext|>b ', '<|endoftext|>')).toEqual(['a', 'b']);
    expect(joinLines('one\r\ntwo  three\n\n\n four\n')).toBe('one two three\nfour');
  });

  test('are split as wholes, seeded, at least the share asked for', () => {
    const list = Array.from({ length: 50 }, (_, i) => `document ${i} ${'x'.repeat(i)}`);
    const split = splitDocuments(list, 0.1, 3);
    expect([...split.train, ...split.validation].sort()).toEqual([...list].sort());
    const held = split.validation.join('').length / list.join('').length;
    expect(held).toBeGreaterThanOrEqual(0.1);
    expect(held).toBeLessThan(0.15);
    expect(splitDocuments(list, 0.1, 3)).toEqual(split);
    expect(splitDocuments(list, 0.1, 4)).not.toEqual(split);
  });

  test('a single one is cut in two; none, or a share of 1, is refused', () => {
    expect(splitDocuments(['0123456789'], 0.2, 1)).toEqual({ train: ['01234567'], validation: ['89'] });
    expect(() => splitDocuments([], 0.1, 1)).toThrow('no documents');
    expect(() => splitDocuments(['a'], 1, 1)).toThrow('share of validation text is 1');
  });
});

describe('a corpus', () => {
  const texts = ['床前明月光', '疑是地上霜龘'];
  const tokenizer = makeTokenizer({ kind: 'characters', fallback: 'unk' }, [texts[0], '疑是地上霜']);
  test('has separators around each text; unknown characters are no targets and no characters', () => {
    const corpus = makeCorpus(tokenizer, texts);
    expect(corpus.documents.map((d) => d.length)).toEqual([7, 8]);
    expect(corpus.documents.every((d) => d[0] === 0 && d.at(-1) === 0)).toBe(true);
    expect(targetCount(corpus)).toBe(6 + 6);
    expect(textSize(tokenizer, corpus)).toEqual({ characters: 10, bytes: 30 });
  });

  test('loss in all units: 1 nat per token over 12 tokens, 10 characters, 30 bytes', () => {
    const loss = inUnits(1, { targets: 12, characters: 10, bytes: 30 });
    expect(loss.bitsPerCharacter).toBeCloseTo(1.2 / Math.LN2, 12);
    expect(loss.bitsPerByte).toBeCloseTo(0.4 / Math.LN2, 12);
  });

  test('BPE and bytes spell the text they were given', () => {
    for (const choice of [{ kind: 'bytes' } as const, { kind: 'bpe', size: 270 } as const]) {
      const own = makeTokenizer(choice, texts);
      expect(textSize(own, makeCorpus(own, texts))).toEqual({ characters: 11, bytes: 33 });
    }
  });
});

describe('presets', () => {
  const names = readdirSync('src/train/presets').map((f) => f.replace('.ts', ''));
  test.each(names)('%s is complete', async (name) => {
    const preset = await readPreset(name);
    expect(preset.name).toBe(name);
    expect(preset.texts.length).toBeGreaterThan(0);
    expect(preset.source && preset.licence && preset.language).toBeTruthy();
    expect((preset.train.steps === undefined) !== (preset.train.minutes === undefined)).toBe(true);
  });

  test('a preset of plain data prepares pasted text', () => {
    const text = `${'the cat sat on the mat. '.repeat(40)}<|endoftext|>${'a dog ran. '.repeat(40)}`;
    const preset = {
      name: 'own',
      title: '',
      language: '',
      texts: [],
      source: '',
      licence: '',
      documents: '<|endoftext|>',
      validation: 0.2,
      tokenizer: { kind: 'characters' } as const,
      model: { context: 16, layers: 1, heads: 1, width: 8 },
      train: { batch: 1, steps: 1, seed: 1, schedule: { peak: 1e-3, floor: 0, warmup: 0 } },
    };
    const { config, tokenizer, data, validation } = prepare(preset, [text]);
    expect(config.vocab).toBe(tokenizer.size);
    expect(data.documents.length + validation.documents.length).toBe(2);
  });

  test('a missing one is named', async () => {
    await expect(readPreset('nowhere')).rejects.toThrow('there is no preset nowhere');
  });
});

describe('the command line', () => {
  test('reads flags in both forms and refuses nonsense', () => {
    expect(parseArguments(['austen', '--engine=gpu', '--threads', '2', '--resume', '--minutes', '1.5'])).toEqual({
      preset: 'austen',
      engine: 'gpu',
      threads: 2,
      resume: true,
      minutes: 1.5,
      steps: undefined,
      out: undefined,
    });
    expect(() => parseArguments([])).toThrow('usage');
    expect(() => parseArguments(['a', '--engine', 'tpu'])).toThrow('--engine is tpu');
    expect(() => parseArguments(['a', '--steps', '-3'])).toThrow('--steps is -3');
    expect(() => parseArguments(['a', '--fast'])).toThrow('unknown flag --fast');
    expect(() => parseArguments(['a', 'b'])).toThrow('two presets');
    expect(() => parseArguments(['a', 'b'])).toThrow(UsageError);
  });

  test('--help lists every flag and starts nothing', async () => {
    const lines = vi.spyOn(console, 'log').mockImplementation(() => undefined);
    expect(await main(['--help'])).toBe(0);
    const text = lines.mock.calls.join('\n');
    lines.mockRestore();
    for (const flag of ['--engine', '--threads', '--steps', '--minutes', '--resume', '--out'])
      expect(text).toContain(flag);
  });

  test('shows progress, speed and time left', () => {
    const line = progressLine({
      step: 50,
      epoch: 0,
      progress: 0.25,
      seconds: 60,
      tokens: 1000,
      tokensPerSecond: 1234.5,
      loss: 2.5,
      gradNorm: 1,
      learningRate: 1e-3,
      validationLoss: 2.4,
      best: true,
    });
    expect(line).toContain('[#####···············] 25 %');
    expect(line).toContain('1235 tokens/s');
    expect(line).toContain('0:03:00 left');
    expect(line).toContain('validation 2.4000 (best)');
  });
});

describe('curves', () => {
  const points: CurvePoint[] = Array.from({ length: 1000 }, (_, i) => ({
    step: i + 1,
    loss: 5 - i / 500,
    learningRate: 1e-3,
    seconds: i,
    ...(i % 100 === 99 && { validationLoss: 4 }),
  }));
  test('are thinned by averaging, keeping the last measure of each group', () => {
    const few = thin(points, 100);
    expect(few.length).toBe(100);
    expect(few.at(-1)!.step).toBe(1000);
    expect(few[0].loss).toBeCloseTo(5 - 4.5 / 500, 10);
    expect(few.filter((p) => p.validationLoss !== undefined).length).toBe(10);
  });

  test('become an SVG without NaN, also when empty or with a baseline', () => {
    const svg = curvesSvg('a < b', points, { name: 'best n-gram', loss: 4.2 });
    expect(svg).toContain('a &lt; b');
    expect(svg).toContain('best n-gram');
    for (const text of [
      svg,
      curvesSvg('none', []),
      curvesSvg('one', points.slice(0, 1)),
      curvesSvg('bad', [{ ...points[0], loss: NaN }]),
    ])
      expect(text).not.toMatch(/NaN|Infinity/);
  });
});

test('random numbers: permutations are whole, normals have the deviation asked for', () => {
  const random = randomStream(1, 2);
  expect([...permutation(100, random)].sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
  const x = normals(20001, 0.02, random);
  const mean = x.reduce((a, b) => a + b, 0) / x.length;
  expect(Math.abs(mean)).toBeLessThan(6e-4);
  expect(Math.sqrt(x.reduce((a, b) => a + (b - mean) ** 2, 0) / x.length)).toBeCloseTo(0.02, 3);
});
