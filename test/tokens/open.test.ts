/** Files of tokenizers that are wrong, hostile, or of a kind that only the library reads. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { openGpt2 } from '../../src/tokens/gpt2.ts';
import { openTokenizer } from '../../src/tokens/open.ts';
import { trainBpe } from '../../src/tokens/train.ts';
import { trainCharacters } from '../../src/tokens/train_characters.ts';
import { TokenizerError } from '../../src/tokens/types.ts';
import { SEED } from './texts.ts';

describe('what is no tokenizer', () => {
  test.each<[string, unknown, string]>([
    ['text that is no JSON', '<!doctype html>', 'the tokenizer is not JSON: it starts with "<!doctype html>"'],
    ['null', null, 'the tokenizer is null; expected an object'],
    ['a list', [1, 2], 'the tokenizer is [1,2]'],
    ['a vocabulary alone', { a: 0, b: 1 }, 'opens with openGpt2'],
    ['another kind', { kind: 'morse' }, 'kind is "morse"'],
    ['characters without text', { kind: 'characters', fallback: 'unk' }, 'characters is undefined'],
    ['no fallback', { kind: 'characters', characters: 'a' }, 'fallback is undefined'],
    ['merges that are no list', { kind: 'bpe', merges: 5, added: {}, special: {} }, 'merges is 5; expected a list'],
    ['a merge that is no text', { kind: 'bpe', merges: ['a b', 5], added: {}, special: {} }, 'merges[1] is 5'],
    ['a merge of one', { kind: 'bpe', merges: ['ab'], added: {}, special: {} }, 'merge 0 is "ab"'],
    ['a merge of three', { kind: 'bpe', merges: ['a b c'], added: {}, special: {} }, 'merge 0 is "a b c"'],
    ['a merge of strangers', { kind: 'bpe', merges: ['生 b'], added: {}, special: {} }, 'merge 0 is "生 b"'],
    [
      'a vocabulary without the result',
      { kind: 'bpe', merges: ['a b'], vocab: { a: 0, b: 1 }, added: {}, special: {} },
      'merge 0 makes "ab"',
    ],
    [
      'an id twice',
      { kind: 'bpe', merges: [], vocab: { a: 0, b: 0 }, added: {}, special: {} },
      '"a" and "b" both have id 0',
    ],
    ['a negative id', { kind: 'bpe', merges: [], vocab: { a: -1 }, added: {}, special: {} }, 'has id -1'],
    ['a huge id', { kind: 'bpe', merges: [], vocab: { a: 1e9 }, added: {}, special: {} }, 'has id 1000000000'],
    [
      'a special id that is nobody',
      { kind: 'bpe', merges: [], added: {}, special: { eos: 5000 } },
      'special token eos has id 5000',
    ],
    ['special that is no object', { kind: 'bpe', merges: [], added: {}, special: 5 }, 'special is 5'],
    [
      'a special id that is no number',
      { kind: 'bpe', merges: [], added: {}, special: { bos: 'x' } },
      'special.bos is "x"',
    ],
    ['scores of text', { kind: 'sentencepiece', pieces: [], scores: ['a'] }, 'scores[0] is "a"'],
    ['too few pieces', { kind: 'sentencepiece', pieces: ['a'], scores: [0] }, 'at least 259 pieces'],
    ['a model that is nothing', { model: {} }, 'tokenizer.json cannot be read'],
    ['a model of an unknown kind', { model: { type: 'Quantum', vocab: {} } }, 'tokenizer.json cannot be read'],
  ])('%s', async (_, file, message) => {
    const opened = openTokenizer(file);
    await expect(opened).rejects.toThrow(TokenizerError);
    await expect(opened).rejects.toThrow(message);
  });

  test('mutated files: a tokenizer or a typed error', async () => {
    const good = [
      JSON.stringify(trainBpe('the cat sat on the mat', { size: 270 })),
      JSON.stringify({ ...trainBpe('ab ab', { size: 258 }).toJSON(), vocab: { a: 0, b: 1, ab: 2, Ġ: 3 } }),
      JSON.stringify(trainCharacters('生活', { fallback: 'unk' })),
    ];
    const cut = fc.record({
      file: fc.constantFrom(...good),
      at: fc.nat(200),
      length: fc.nat(8),
      put: fc.constantFrom('', '"', ',', '-1', '1e99', 'null', '{}', '[]', ' ', 'a', '"__proto__":1,', '\ud800'),
    });
    const property = fc.asyncProperty(cut, async ({ file, at, length, put }) => {
      try {
        const tokenizer = await openTokenizer(file.slice(0, at) + put + file.slice(at + length));
        tokenizer.decode(tokenizer.encode('the cat 生', { special: true }));
      } catch (error) {
        expect(error).toBeInstanceOf(TokenizerError);
      }
    });
    await fc.assert(property, { seed: SEED, numRuns: 1500 });
  });

  test('GPT-2 files that do not belong together', () => {
    expect(() => openGpt2({ a: 0 }, '#version: 0.2\na b\n')).toThrow('merge 0 is "a b"');
    expect(() => openGpt2([], '')).toThrow('vocabulary is []');
    const tokenizer = openGpt2({ a: 0, b: 1, ab: 2 }, '#version: 0.2\r\na b\r\n');
    expect([...tokenizer.encode('ab')]).toEqual([2]);
    expect(() => tokenizer.encode('c')).toThrow('no token for byte <0x63> (in "c") and no unknown token');
  });
});

describe('a tokenizer.json that only the library reads', () => {
  const wordPiece = {
    added_tokens: ['[UNK]', '[CLS]', '[SEP]'].map((content, id) => ({ id, content, special: true })),
    normalizer: {
      type: 'BertNormalizer',
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: null,
      lowercase: true,
    },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: { type: 'BertProcessing', sep: ['[SEP]', 2], cls: ['[CLS]', 1] },
    decoder: { type: 'WordPiece', prefix: '##', cleanup: false },
    model: {
      type: 'WordPiece',
      unk_token: '[UNK]',
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
      vocab: { '[UNK]': 0, '[CLS]': 1, '[SEP]': 2, play: 3, '##ing': 4, well: 5, 生: 6 },
    },
  };

  test('WordPiece', async () => {
    const tokenizer = await openTokenizer(wordPiece, { bos_token: '[CLS]', eos_token: '[SEP]', unk_token: '[UNK]' });
    expect(tokenizer.kind).toBe('huggingface');
    expect(tokenizer.size).toBe(7);
    expect(tokenizer.special).toEqual({ bos: 1, eos: 2, unk: 0 });
    expect([...tokenizer.encode('Playing well生 zzz')]).toEqual([1, 3, 4, 5, 6, 0, 2]);
    expect([...tokenizer.encode('playing', { bos: false })]).toEqual([3, 4]);
    expect(tokenizer.decode([1, 3, 4, 5, 2])).toBe('playing well');
    expect(tokenizer.decode([])).toBe('');
    expect([tokenizer.label(1), tokenizer.label(4)]).toEqual(['[CLS]', 'ing']);
    const stream = tokenizer.decoder();
    expect([3, 4, 5, 2].map((id) => stream.push(id)).join('') + stream.flush()).toBe('playing well');
    const again = await openTokenizer(JSON.stringify(tokenizer));
    expect([...again.encode('playing')]).toEqual([1, 3, 4, 2]);
  });

  test('its errors are ours', async () => {
    const tokenizer = await openTokenizer(wordPiece);
    expect(() => tokenizer.decode([7])).toThrow('token 7 is not in the vocabulary: its ids are 0 … 6');
    expect(() => tokenizer.encode('[CLS]', { special: false })).toThrow('special: false is not possible');
    const { '[UNK]': _, ...vocab } = wordPiece.model.vocab;
    const noUnknown = { ...wordPiece, added_tokens: [], model: { ...wordPiece.model, unk_token: undefined, vocab } };
    const opened = openTokenizer(noUnknown).then((tokenizer) => tokenizer.encode('zzz'));
    await expect(opened).rejects.toThrow(TokenizerError);
  });

  test('byte-level BPE with a rule of its own (a prefix space) goes there too, with bytes and whole characters', async () => {
    const { merges } = trainBpe('the cat 生活 the cat', { size: 262, special: [] }).toJSON();
    const own = openGpt2(vocabularyOf(merges), merges.join('\n'));
    const bytes = { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true };
    const model = { type: 'BPE', vocab: vocabularyOf(merges), merges };
    const tokenizer = await openTokenizer({ pre_tokenizer: bytes, decoder: bytes, model });
    expect(tokenizer.kind).toBe('huggingface');
    expect([...tokenizer.encode('the 生')]).toEqual([...own.encode(' the 生')]);
    expect(tokenizer.bytes(tokenizer.size - 1)).toEqual(own.bytes(own.size - 1));
    const stream = tokenizer.decoder();
    const pieces = Array.from(own.encode('a😀b'), (id) => stream.push(id));
    expect(pieces.join('') + stream.flush()).toBe('a😀b');
    expect(pieces.join('')).not.toContain('\ufffd');
    expect(stream.push(own.encode('😀')[0])).toBe('');
    expect(stream.flush()).toBe('\ufffd');
  });
});

function vocabularyOf(merges: readonly string[]): Record<string, number> {
  const vocab: Record<string, number> = {};
  for (let byte = 0, hidden = 256; byte < 256; byte++) {
    const prints = (byte > 0x20 && byte < 0x7f) || (byte > 0xa0 && byte !== 0xad);
    vocab[String.fromCharCode(prints ? byte : hidden++)] = byte;
  }
  for (const line of merges) vocab[line.replace(' ', '')] = Object.keys(vocab).length;
  return vocab;
}
