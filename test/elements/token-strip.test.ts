/** What stands in the blocks of a text: whole characters, parts of characters, pieces that are being merged. */
import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { piecesAfter, stepsOf } from '../../src/elements/token-strip/merges.ts';
import { commonStart, PieceReader, surpriseOf, tableRows } from '../../src/elements/token-strip/pieces.ts';

const utf8 = (text: string) => [...new TextEncoder().encode(text)];
const token = (bytes: number[], more = {}) => ({ id: 1, text: '', bytes, from: 0, to: 0, ...more });

describe('pieces', () => {
  test('a character in parts is whole in the block that completes it', () => {
    const reader = new PieceReader();
    const [a, b, c] = utf8('床');
    expect(reader.read(token([a, b]))).toEqual({ text: '', part: 'e5 ba', whole: '' });
    expect(reader.read(token([c, 0x41]))).toEqual({ text: '', part: '8a 41', whole: '床A' });
    expect(reader.read(token(utf8('前')))).toEqual({ text: '前', part: '', whole: '' });
  });

  test('bytes of no character never become a replacement sign', () => {
    const reader = new PieceReader();
    expect(reader.read(token([0xff]))).toEqual({ text: '', part: 'ff', whole: '' });
    expect(reader.read(token([0xe5]))).toMatchObject({ whole: '' });
    expect(reader.read(token([0x41]))).toMatchObject({ whole: 'A' }); // what was open is left
    expect(reader.read(token(utf8('b')))).toMatchObject({ text: 'b' });
  });

  test('however a text is cut, its characters come out once and in order', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1 }),
        (text, cuts) => {
          const bytes = utf8(text);
          const reader = new PieceReader();
          let out = '';
          for (let at = 0, i = 0; at < bytes.length; at += cuts[i++ % cuts.length]) {
            const piece = reader.read(token(bytes.slice(at, at + cuts[i % cuts.length])));
            out += piece.text + piece.whole;
          }
          expect(out).toBe(new TextDecoder('utf-8', { ignoreBOM: true }).decode(Uint8Array.from(bytes)));
        },
      ),
      { numRuns: 40 },
    );
  });

  test('a token that writes nothing shows its name', () => {
    expect(new PieceReader().read(token([], { text: '<|endoftext|>' })).text).toBe('<|endoftext|>');
  });
});

test('mean bits and perplexity count only what is known', () => {
  expect(surpriseOf([{ bits: undefined }, { bits: 2 }, { bits: 4 }])).toEqual({ n: 2, mean: 3, perplexity: 8 });
  expect(surpriseOf([{}])).toBeUndefined();
});

test('what is common to two texts', () => {
  const [a, b] = [token([65], { text: 'A', id: 1 }), token([66], { text: 'B', id: 2 })];
  expect(commonStart([a, b], [{ ...a }, { ...b }, a])).toBe(2);
  expect(commonStart([a, b], [a, { ...b, bits: 1 }])).toBe(1);
  expect(tableRows([{ ...b, bits: 1 }])).toEqual([[1, 'B', 2, '42', 0.5, 1]]);
});

describe('merges', () => {
  // "low" + "er": l+o, lo+w, e+r
  const tokens = [token(utf8('low')), token(utf8('er')), token(utf8('!'))];
  const merges = [{ tokens: [0, 2] as const, joins: [0, 0, 3] }];
  const texts = (steps: number) =>
    piecesAfter(tokens, merges, steps).map(({ bytes, fresh }) => String.fromCharCode(...bytes) + (fresh ? '*' : ''));

  test('from bytes to tokens, one pair a step', () => {
    expect(stepsOf(merges)).toBe(3);
    expect(texts(0)).toEqual(['l', 'o', 'w', 'e', 'r', '!']);
    expect(texts(1)).toEqual(['lo*', 'w', 'e', 'r', '!']);
    expect(texts(2)).toEqual(['low*', 'e', 'r', '!']);
    expect(texts(3)).toEqual(['low', 'er*', '!']);
  });
});
