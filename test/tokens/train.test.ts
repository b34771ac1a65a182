import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BYTES_IN_ORDER, fromLetters, toLetters } from '../../src/tokens/alphabet.ts';
import { openBpe } from '../../src/tokens/bpe.ts';
import { openTokenizer } from '../../src/tokens/open.ts';
import { trainBpe } from '../../src/tokens/train.ts';
import { TokenizerError } from '../../src/tokens/types.ts';
import type { BpeFile } from '../../src/tokens/types.ts';
import { wordEnd } from '../../src/tokens/split.ts';
import { dataPath, dataText } from '../data.ts';
import { anyText, SEED, wellFormed } from './texts.ts';

/** GPT-2's pre-tokenizer as it is published, with Unicode's white space. */
const PATTERN =
  /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu;

function words(text: string): string[] {
  const found: string[] = [];
  for (let from = 0; from < text.length;) {
    const end = wordEnd(text, from);
    found.push(text.slice(from, end));
    from = end;
  }
  return found;
}

/** The textbook's loop: count all pairs, merge the best everywhere, again. */
function slowTrain(text: string, merges: number): string[] {
  const order = new Map([...BYTES_IN_ORDER].map((byte, id) => [toLetters([byte]), id]));
  let lists = words(text).map((word) => [...toLetters(new TextEncoder().encode(word))]);
  const found: string[] = [];
  while (found.length < merges) {
    const counts = new Map<string, number>();
    for (const list of lists) {
      for (let i = 0; i + 1 < list.length; i++) {
        const key = `${list[i]} ${list[i + 1]}`;
        counts.set(key, (counts.get(key) ?? 0) + 1);
      }
    }
    const id = (token: string): number => order.get(token) as number;
    const ids = (pair: string): number[] => pair.split(' ').map(id);
    const [best] = [...counts].sort(([a, m], [b, n]) => n - m || ids(a)[0] - ids(b)[0] || ids(a)[1] - ids(b)[1]);
    if (!best || best[1] < 2) break;
    const [left, right] = best[0].split(' ');
    if (!order.has(left + right)) order.set(left + right, order.size);
    lists = lists.map((list) => {
      const out: string[] = [];
      for (let i = 0; i < list.length; i++) {
        if (list[i] === left && list[i + 1] === right) out.push(left + list[++i]);
        else out.push(list[i]);
      }
      return out;
    });
    found.push(best[0]);
  }
  return found;
}

describe('the byte alphabet', () => {
  test("is GPT-2's: 256 characters, a space is Ġ, a newline Ċ", () => {
    const all = toLetters(BYTES_IN_ORDER);
    expect(new Set(all).size).toBe(256);
    expect([...all].toSorted()).toEqual([...all]);
    expect(toLetters([0x20, 0x0a, 0x41, 0xad, 0xff])).toBe('ĠĊAŃÿ');
    expect(fromLetters('ĠĊAŃÿ')).toEqual(Uint8Array.of(0x20, 0x0a, 0x41, 0xad, 0xff));
    expect(fromLetters('生')).toBeUndefined();
  });
});

describe('cutting into words', () => {
  test('equals the published regular expression on any text', () => {
    const property = fc.property(anyText(), (text) => {
      expect(words(text)).toEqual(text.match(PATTERN) ?? []);
    });
    fc.assert(property, { seed: SEED, numRuns: 3000 });
  });

  test('does not overflow on millions of letters that are not Latin', () => {
    expect(words('汉'.repeat(6_000_000))).toHaveLength(1);
  });
});

describe('training', () => {
  test('finds the merges that the textbook loop finds', () => {
    const text = fc.oneof(
      fc.string({ unit: fc.constantFrom('a', 'b', 'c', ' '), maxLength: 300 }), // overlaps: aaa, abab
      fc.string({ unit: fc.constantFrom('人', '山', '水', '月', '，'), maxLength: 100 }),
      anyText(),
    );
    const property = fc.property(text, (text) => {
      const tokenizer = trainBpe(text, { size: 256 + 24, special: [] });
      expect(tokenizer.toJSON().merges).toEqual(slowTrain(text, 24));
      expect(tokenizer.decode(tokenizer.encode(text))).toBe(wellFormed(text));
    });
    fc.assert(property, { seed: SEED, numRuns: 200 });
  });

  test('two merges may spell one token: it has one id', () => {
    const file: BpeFile = { kind: 'bpe', merges: ['a b', 'b c', 'ab c', 'a bc'], added: {}, special: {} };
    const tokenizer = openBpe(file);
    expect(tokenizer.size).toBe(256 + 3);
    expect([...tokenizer.encode('abc')]).toEqual([258]);
    expect(tokenizer.label(258)).toBe('abc');
  });

  test('sizes: as asked, fewer when the text has no more, error when impossible', () => {
    const text = 'the cat sat on the mat, the cat sat';
    expect(trainBpe(text, { size: 260 }).size).toBe(260);
    expect(trainBpe(text, { size: 5000 }).size).toBeLessThan(300);
    expect(trainBpe('', { size: 300 }).size).toBe(257);
    expect(() => trainBpe(text, { size: 256 })).toThrow('size is 256; expected an integer of at least 257');
    expect(() => trainBpe(text, { size: Number.NaN })).toThrow(TokenizerError);
    expect(trainBpe('ab ab ab', { size: 300, minCount: 4 }).toJSON().merges).toEqual([]);
  });

  test('special tokens come last, cut words, and are not learned from', async () => {
    const special = ['<|endoftext|>', '<|user|>'];
    const tokenizer = trainBpe('one<|endoftext|>two<|user|>one<|endoftext|>two', { size: 300, special });
    const { size } = tokenizer;
    expect(tokenizer.special).toEqual({ bos: size - 2, eos: size - 2 });
    expect([...tokenizer.encode('<|user|>')]).toEqual([size - 1]);
    expect(tokenizer.toJSON().merges.join('')).not.toContain('|');
    const again = await openTokenizer(JSON.stringify(tokenizer));
    expect(again.size).toBe(size);
    expect([...again.encode('one<|endoftext|><|user|>two')]).toEqual([
      ...tokenizer.encode('one<|endoftext|><|user|>two'),
    ]);
  });

  test('tells each merge with its count, and can be stopped', () => {
    const told: string[] = [];
    trainBpe('ab ab abc', {
      size: 259,
      onMerge: ({ rank, left, right, count }) => told.push(`${rank} ${left} ${right} ${count}`),
    });
    expect(told).toEqual(['0 a b 3', '1 Ġ ab 2']);
    const stop = (): never => {
      throw new Error('enough');
    };
    expect(() => trainBpe('ab ab', { size: 300, onMerge: stop })).toThrow('enough');
  });

  test('one word of a megabyte', () => {
    const start = performance.now();
    expect(trainBpe('ab'.repeat(500_000), { size: 300 }).toJSON().merges[0]).toBe('a b');
    expect(performance.now() - start).toBeLessThan(10_000);
  });
});

describe.skipIf(!dataPath('text/tinyshakespeare.txt'))('training on a real text', () => {
  test("the first 4,000 merges of Hugging Face's trainer (tokenizers 0.23.2, which reads line by line)", () => {
    const text = dataText('text/tinyshakespeare.txt');
    const start = performance.now();
    const { merges } = trainBpe(text.split(/(?<=\n)/), { size: 4256, special: [] }).toJSON();
    expect(performance.now() - start).toBeLessThan(10_000); // 0.4 s
    expect(merges.slice(0, 4)).toEqual(['Ġ t', 'h e', 'Ġ a', 'o u']);
    const sum = createHash('sha256').update(merges.join('\n')).digest('hex');
    expect(sum).toBe('2615a04a6e8c11feea0dd91633ad8911571a9da657c0c7c5bbbc4c33f76bd8f1');
  });

  test.skipIf(!dataPath('text/tang-poems-simplified.txt'))(
    'Chinese round trip, with tokens of more than one character',
    () => {
      const text = dataText('text/tang-poems-simplified.txt').slice(0, 200_000);
      const tokenizer = trainBpe(text, { size: 3000 });
      const ids = tokenizer.encode(text);
      expect(tokenizer.decode(ids)).toBe(text);
      expect(ids.length).toBeLessThan(text.length);
      const wide = Array.from({ length: tokenizer.size }, (_, id) => tokenizer.label(id)).filter((label) =>
        /^\p{Script=Han}{2,}$/u.test(label),
      );
      expect(wide.length).toBeGreaterThan(20);
    },
  );
});
