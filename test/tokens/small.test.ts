/** Characters and bytes, and what every tokenizer promises. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { openBytes } from '../../src/tokens/bytes.ts';
import { openCharacters } from '../../src/tokens/characters.ts';
import { trainCharacters } from '../../src/tokens/train_characters.ts';
import { openTokenizer } from '../../src/tokens/open.ts';
import { trainBpe } from '../../src/tokens/train.ts';
import { TokenizerError } from '../../src/tokens/types.ts';
import type { Tokenizer } from '../../src/tokens/types.ts';
import { anyText, SEED, wellFormed } from './texts.ts';

const lossless: Record<string, Tokenizer> = {
  bytes: openBytes(),
  characters: trainCharacters('the quick brown 生活 😀\n'),
  bpe: trainBpe('the quick brown fox, the quick 生活的真谛 生活', { size: 290 }),
};

describe.each(Object.entries(lossless))('%s', (_, tokenizer) => {
  test('gives back any text, whole and streamed, and no half character on the way', () => {
    const property = fc.property(anyText(), (text) => {
      const ids = tokenizer.encode(text);
      const whole = wellFormed(text);
      expect(tokenizer.decode(ids)).toBe(whole);
      const stream = tokenizer.decoder();
      let shown = '';
      for (const id of ids) {
        shown += stream.push(id);
        expect(whole.startsWith(shown)).toBe(true);
        expect(shown).toBe(wellFormed(shown));
      }
      expect(shown + stream.flush()).toBe(whole);
    });
    fc.assert(property, { seed: SEED, numRuns: 200 });
  });

  test('streams any ids as it decodes them, even those that are no text', () => {
    const ids = fc.array(fc.integer({ min: 0, max: tokenizer.size - 1 }), { maxLength: 40 });
    const property = fc.property(ids, (ids) => {
      const stream = tokenizer.decoder();
      const shown = ids.map((id) => stream.push(id)).join('') + stream.flush();
      expect(shown).toBe(tokenizer.decode(ids));
      expect(stream.flush()).toBe('');
      const bytes = ids.flatMap((id) => [...tokenizer.bytes(id)]);
      expect(new TextDecoder('utf-8', { ignoreBOM: true }).decode(Uint8Array.from(bytes))).toBe(shown);
    });
    fc.assert(property, { seed: SEED, numRuns: 200 });
  });

  test('survives JSON', async () => {
    const again = await openTokenizer(JSON.stringify(tokenizer));
    expect(again.size).toBe(tokenizer.size);
    expect(again.special).toEqual(tokenizer.special);
    const text = 'the 生活 of\ud800 x<|endoftext|>\u0000';
    expect(again.encode(text)).toEqual(tokenizer.encode(text));
  });

  test('ids outside the vocabulary are errors with the range', () => {
    for (const id of [-1, tokenizer.size, 1.5, Number.NaN]) {
      expect(() => tokenizer.decode([id])).toThrow(TokenizerError);
      expect(() => tokenizer.bytes(id)).toThrow(
        `token ${id} is not in the vocabulary: its ids are 0 … ${tokenizer.size - 1}`,
      );
      expect(() => tokenizer.label(id)).toThrow(TokenizerError);
      expect(() => tokenizer.decoder().push(id)).toThrow(TokenizerError);
    }
  });

  test('the document separator is read, written, and can be put first', () => {
    const { bos } = tokenizer.special;
    expect([...tokenizer.encode('<|endoftext|>')]).toEqual([bos]);
    expect([...tokenizer.encode('', { bos: true })]).toEqual([bos]);
    expect([...tokenizer.encode('<|endoftext|>', { special: false })]).not.toContain(bos);
    expect(tokenizer.label(bos as number)).toBe('<|endoftext|>');
    expect([...tokenizer.encode('')]).toEqual([]);
    expect(tokenizer.decode([])).toBe('');
  });
});

describe('bytes', () => {
  test('are the bytes of UTF-8', () => {
    expect([...openBytes().encode('é😀')]).toEqual([0xc3, 0xa9, 0xf0, 0x9f, 0x98, 0x80]);
    expect(openBytes().label(0xf0)).toBe('<0xF0>');
    expect(openBytes().label(0x0a)).toBe('\n');
    expect([...openBytes().encode('\ud800')]).toEqual([0xef, 0xbf, 0xbd]);
  });
});

describe('characters', () => {
  const text = 'abracadabra\n生生';

  test('stand in the order of their frequency, of equals the lower code point first', () => {
    expect(trainCharacters(text, { fallback: 'unk' }).toJSON()).toEqual({
      kind: 'characters',
      characters: 'abr生\ncd',
      fallback: 'unk',
    });
  });

  test('minimum count and maximum size; the newline always stays', () => {
    const kept = (options: object): unknown => trainCharacters(text, { fallback: 'unk', ...options }).toJSON();
    expect(kept({ minCount: 2 })).toMatchObject({ characters: 'abr生\n' });
    expect(kept({ maxSize: 5 })).toMatchObject({ characters: 'ab\n' });
    expect(kept({ maxSize: 3 })).toMatchObject({ characters: '\n' });
    expect(trainCharacters('xyz', { maxSize: 258 }).toJSON()).toMatchObject({ characters: '\n' });
    expect(() => kept({ maxSize: 2 })).toThrow("maxSize is 2: with fallback 'unk' it must be at least 3");
    expect(() => trainCharacters(text, { maxSize: 100 })).toThrow('at least 258');
  });

  test('fallback bytes: nothing is lost', () => {
    const tokenizer = trainCharacters('ab', { fallback: 'bytes' });
    expect(tokenizer.size).toBe(1 + 256 + 3);
    expect([...tokenizer.encode('aé')]).toEqual([257, 1 + 0xc3, 1 + 0xa9]);
    expect(tokenizer.decode([1 + 0xc3, 1 + 0xa9])).toBe('é');
    expect(tokenizer.label(1 + 0xc3)).toBe('<0xC3>');
    expect(tokenizer.special).toEqual({ bos: 0, eos: 0 });
  });

  test('fallback <unk>: one token a character', () => {
    const tokenizer = trainCharacters('ab', { fallback: 'unk' });
    expect(tokenizer.special).toEqual({ bos: 0, eos: 0, unk: 1 });
    expect([...tokenizer.encode('a😀é\ud800b')]).toEqual([2, 1, 1, 1, 3]);
    expect(tokenizer.decode([2, 1, 3])).toBe('a\ufffdb');
    expect(tokenizer.label(1)).toBe('<unk>');
  });

  test('lone surrogates count as U+FFFD; the separator is no text', () => {
    const tokenizer = trainCharacters('\ud800\ud800<|endoftext|>a', { fallback: 'unk' });
    expect(tokenizer.toJSON()).toMatchObject({ characters: '\ufffda\n' });
    expect(tokenizer.decode(tokenizer.encode('\udc00'))).toBe('\ufffd');
  });

  test('a list that names a character twice is refused', () => {
    expect(() => openCharacters({ kind: 'characters', characters: 'aba', fallback: 'unk' })).toThrow(
      'characters has "a" twice',
    );
  });
});
