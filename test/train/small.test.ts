/** The small parts: schedule, documents, units, times. */
import { describe, expect, test } from 'vitest';
import { clock } from '../../src/train/clock.ts';
import { documentsBetween, joinLines, splitDocuments } from '../../src/train/documents.ts';
import { inUnits } from '../../src/train/measure.ts';
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

test('a span of time in hours only where there are hours', () => {
  expect([0, 4.6, 760, 3725, -3].map(clock)).toEqual(['0:00', '0:05', '12:40', '1:02:05', '0:00']);
});

test('random numbers: permutations are whole, normals have the deviation asked for', () => {
  const random = randomStream(1, 2);
  expect([...permutation(100, random)].sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
  const x = normals(20001, 0.02, random);
  const mean = x.reduce((a, b) => a + b, 0) / x.length;
  expect(Math.abs(mean)).toBeLessThan(6e-4);
  expect(Math.sqrt(x.reduce((a, b) => a + (b - mean) ** 2, 0) / x.length)).toBeCloseTo(0.02, 3);
});
