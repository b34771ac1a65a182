/** tokenizer.json through the library: what it reads otherwise than the Rust original is put right, what it trusts is checked. */
import { describe, expect, test } from 'vitest';
import { usualIds } from '../../src/tokens/bpe.ts';
import { openTokenizer } from '../../src/tokens/open.ts';
import { trainBpe } from '../../src/tokens/train.ts';
import { TokenizerError } from '../../src/tokens/types.ts';
import { caseJson, caseNames } from '../shared_cases.ts';

type Json = Record<string, unknown>;

/** Every character a token, and nothing else: shows how words are cut, because merges go across no border. */
function pairs(words: Json, text: string, more: Json = {}): Json {
  const characters = [...new Set(text.replaceAll(' ', '▁') + text)];
  const vocab = Object.fromEntries(['<unk>', ...characters].map((token, id) => [token, id]));
  let next = characters.length + 1;
  const merges: string[] = [];
  // all pairs of all characters merge, so a word of two becomes one token
  for (const a of characters)
    for (const b of characters) {
      if (a === ' ' || b === ' ') continue;
      merges.push(`${a} ${b}`);
      vocab[a + b] ??= next++;
    }
  return { pre_tokenizer: words, model: { type: 'BPE', unk_token: '<unk>', vocab, merges }, ...more };
}

async function pieces(words: Json, text: string): Promise<string[]> {
  const tokenizer = await openTokenizer(pairs(words, text));
  return Array.from(tokenizer.encode(text), (id) => tokenizer.label(id));
}

describe('words are cut as in the Rust library', () => {
  test.each<[string, Json, string, string[]]>([
    // a cut shows where two neighbours of a pair did not merge
    ['Whitespace: letters of any script are one word', { type: 'Whitespace' }, 'né n.é', ['né', 'n', '.', 'é']],
    ['Whitespace: digits and _ of any script', { type: 'Whitespace' }, '٣a _b', ['٣a', '_b']],
    ['Whitespace: ² is no word, a joiner is', { type: 'Whitespace' }, 'a²b\u200d', ['a', '²', 'b\u200d']],
    ['WhitespaceSplit', { type: 'WhitespaceSplit' }, 'a. b', ['a.', 'b']],
    ['BertPreTokenizer', { type: 'BertPreTokenizer' }, 'a. ..', ['a', '.', '.', '.']],
    ['Digits are those of any script', { type: 'Digits' }, 'a٣4b', ['a', '٣4', 'b']],
    ['Digits one by one', { type: 'Digits', individual_digits: true }, '12a', ['1', '2', 'a']],
    ['Punctuation stands alone', { type: 'Punctuation' }, 'ab!!', ['ab', '!', '!']],
    ['Punctuation together', { type: 'Punctuation', behavior: 'Contiguous' }, 'ab!!', ['ab', '!!']],
    ['Punctuation with what was before', { type: 'Punctuation', behavior: 'MergedWithPrevious' }, 'a!b', ['a!', 'b']],
    ['Punctuation with what comes', { type: 'Punctuation', behavior: 'MergedWithNext' }, 'a!b', ['a', '!b']],
    ['Punctuation removed', { type: 'Punctuation', behavior: 'Removed' }, 'a!b', ['a', 'b']],
    ['Split', { type: 'Split', pattern: { String: '-' }, behavior: 'Isolated', invert: false }, 'a-b', ['a', '-', 'b']],
    ['Split merged_with_next', { type: 'Split', pattern: { String: '-' }, behavior: 'MergedWithNext', invert: false }, 'a-b', ['a', '-b']],
    ['Split merged_with_previous', { type: 'Split', pattern: { Regex: '[-+]' }, behavior: 'MergedWithPrevious', invert: false }, 'a-b', ['a-', 'b']],
    ['Split contiguous', { type: 'Split', pattern: { String: '-' }, behavior: 'Contiguous', invert: false }, 'a--b', ['a', '--', 'b']],
    ['Split removed, with a group', { type: 'Split', pattern: { Regex: '(-)' }, behavior: 'Removed', invert: false }, 'a-b', ['a', 'b']],
    ['Split inverted keeps both sides', { type: 'Split', pattern: { Regex: '[ab]' }, behavior: 'Isolated', invert: true }, 'a--b', ['a', '--', 'b']],
    ['Metaspace splits at its mark', { type: 'Metaspace', replacement: '▁', prepend_scheme: 'never' }, 'a b', ['a', ' b']],
    ['Metaspace that does not split', { type: 'Metaspace', prepend_scheme: 'never', split: false }, 'a b', ['a ', 'b']],
    ['Sequence', { type: 'Sequence', pretokenizers: [{ type: 'WhitespaceSplit' }, { type: 'Digits' }] }, 'a1 1', ['a', '1', '1']],
  ])('%s', async (_, words, text, want) => {
    expect(await pieces(words, text)).toEqual(want);
  }); // prettier-ignore

  test('GPT-2’s words, with the space before them that others ask for', async () => {
    const { merges } = trainBpe('the cat sat on the mat, 1234 times; don’t!', { size: 280, special: [] }).toJSON();
    const own = trainBpe('the cat sat on the mat, 1234 times; don’t!', { size: 280, special: [] });
    const vocab = Object.fromEntries(usualIds(merges, {}));
    const bytes = { type: 'ByteLevel', add_prefix_space: true };
    const theirs = await openTokenizer({ pre_tokenizer: bytes, decoder: bytes, model: { type: 'BPE', vocab, merges } });
    expect(theirs.kind).toBe('huggingface');
    for (const text of [
      'the cat',
      ' the cat',
      'a\u0085 b',
      '\ufeffthe\ufeff cat  1',
      "don't  \n\n12 12",
      'ー\u2003 x',
    ]) {
      expect([...theirs.encode(text)], text).toEqual([...own.encode(text.startsWith(' ') ? text : ` ${text}`)]);
    }
  });

  test.each(caseNames(/^t03/).filter((name) => name.endsWith('.tokenizer.json')))('%s', async (name) => {
    const { rows } = caseJson<{ rows: { text: string; ids: number[] }[] }>(name.replace('.tokenizer.', '.want.'));
    const tokenizer = await openTokenizer(caseJson(name));
    for (const { text, ids } of rows) expect([...tokenizer.encode(text)], text).toEqual(ids);
  });
});

describe('texts are made ready as in the Rust library', () => {
  test.each<[string, Json, string, string]>([
    ['Replace takes a dollar as a dollar', { type: 'Replace', pattern: { String: 'a' }, content: '$&' }, 'a', '$&'],
    ['Strip leaves what is no space', { type: 'Strip', strip_left: true, strip_right: true }, ' \ufeffa\u0085', '\ufeffa'],
    ['Strip at one side', { type: 'Strip', strip_left: false, strip_right: true }, ' a ', ' a'],
    ['Lowercase knows one σ', { type: 'Lowercase' }, 'ΑΣ', 'ασ'],
  ])('%s', async (_, normalizer, text, want) => {
    const characters = [...new Set(`${text}${want} `)];
    const vocab = Object.fromEntries(characters.map((token, id) => [token, id]));
    const tokenizer = await openTokenizer({ normalizer, model: { type: 'BPE', vocab, merges: [] } });
    expect(Array.from(tokenizer.encode(text), (id) => tokenizer.label(id)).join('')).toBe(want);
  }); // prettier-ignore

  test('a token that must stand alone is refused where a letter touches it', async () => {
    const added_tokens = [{ id: 2, content: '<x>', single_word: true, special: true }];
    const tokenizer = await openTokenizer({
      added_tokens,
      model: { type: 'BPE', vocab: { a: 0, ' ': 1 }, merges: [] },
    });
    expect([...tokenizer.encode('a <x> a')]).toEqual([0, 1, 2, 1, 0]);
    for (const text of ['a<x>', '<x>a', 'a <x>é'])
      expect(() => tokenizer.encode(text)).toThrow('"<x>" is a token only where no letter touches it (single_word)');
  });
});

const good: Json = pairs({ type: 'Whitespace' }, 'ab c');
const model = good['model'] as Json;

describe('files that the library would hang or stumble on', () => {
  test.each<[string, Json, RegExp]>([
    ['an id of 10⁹', { ...good, model: { ...model, vocab: { a: 0, b: 1e9 } } }, /model\.vocab: "b" has id 1000000000/],
    ['an id of 2³¹ in added_tokens', { ...good, added_tokens: [{ id: 2 ** 31, content: 'x' }] }, /added_tokens\[0\]\.id is 2147483648/],
    ['an id that is none', { ...good, model: { ...model, vocab: { a: 1.5 } } }, /has id 1.5/],
    ['added_tokens of null', { ...good, added_tokens: [null] }, /added_tokens\[0\] is null, an object was expected/],
    ['a merge of one', { ...good, model: { ...model, merges: ['ab'] } }, /model\.merges\[0\] is "ab", two tokens/],
    ['merges of numbers', { ...good, model: { ...model, merges: [[1, 2]] } }, /model\.merges\[0\] is \[1,2\]/],
    ['no merges', { ...good, model: { ...model, merges: null } }, /model\.merges is null, a list/],
    ['a vocabulary that is a list', { ...good, model: { ...model, vocab: ['a'] } }, /model\.vocab is \["a"\]/],
    ['WordLevel', { ...good, model: { type: 'WordLevel', vocab: { a: 0 } } }, /model\.type is "WordLevel", BPE, WordPiece or Unigram/],
    ['Unigram without scores', { ...good, model: { type: 'Unigram', vocab: [['a']] } }, /model\.vocab\[0\] is \["a"\]/],
    ['Unigram, unknown beyond', { ...good, model: { type: 'Unigram', vocab: [['a', 0]], unk_id: 7 } }, /model\.unk_id is 7/],
    ['Unigram with bytes', { ...good, model: { type: 'Unigram', vocab: [['a', 0]], byte_fallback: true } }, /model\.byte_fallback is true/],
    ['dropout', { ...good, model: { ...model, dropout: 0.1 } }, /model\.dropout is 0\.1/],
    ['a prefix of subwords', { ...good, model: { ...model, continuing_subword_prefix: '##' } }, /continuing_subword_prefix is "##"/],
    ['words of length 0', { ...good, pre_tokenizer: { type: 'FixedLength', length: 0 } }, /pre_tokenizer\.length is 0/],
    ['null in a sequence', { ...good, pre_tokenizer: { type: 'Sequence', pretokenizers: [null] } }, /pretokenizers\[0\] is null/],
    ['null in a template', { ...good, post_processor: { type: 'TemplateProcessing', single: [null] } }, /post_processor\.single\[0\] is null/],
    ['a number in a template', { ...good, post_processor: { type: 'TemplateProcessing', single: [{ SpecialToken: 3 }] } }, /single\[0\] is 3, an object/],
    ['no tokens around', { ...good, post_processor: { type: 'BertProcessing', sep: null } }, /post_processor\.cls is undefined/],
    ['a pattern that is none', { ...good, normalizer: { type: 'Replace', pattern: 'x', content: '' } }, /normalizer\.pattern is "x"/],
    ['an expression that is none', { ...good, pre_tokenizer: { type: 'Split', pattern: { Regex: '(' }, behavior: 'Isolated' } }, /cannot be read: /],
    ['an unknown behaviour', { ...good, pre_tokenizer: { type: 'Split', pattern: { String: 'x' }, behavior: 'Sometimes' } }, /behavior is "Sometimes"/],
    ['an unknown step', { ...good, normalizer: { type: 'Quantum' } }, /Unknown Normalizer type: Quantum/],
    ['a decoder of numbers', { ...good, decoder: { type: 'Sequence', decoders: 5 } }, /decoder\.decoders is 5, a list/],
  ])('%s', async (_, file, message) => {
    const began = performance.now();
    await expect(openTokenizer(file)).rejects.toThrow(TokenizerError);
    await expect(openTokenizer(file)).rejects.toThrow(message);
    expect(performance.now() - began).toBeLessThan(1000);
  }); // prettier-ignore

  test.each(caseNames(/^t05/).filter((name) => name.endsWith('.tokenizer.json')))('%s', async (name) => {
    await expect(openTokenizer(caseJson(name))).rejects.toThrow(
      /has id 1000000000; expected an integer from 0 to 16777215/,
    );
  });

  test('a vocabulary with holes: they have a name, and no text', async () => {
    const tokenizer = await openTokenizer({
      ...good,
      model: { ...model, merges: [], vocab: { '<unk>': 0, a: 1, b: 9_000_000 } },
    });
    expect(tokenizer.size).toBe(9_000_001);
    expect([tokenizer.label(5), tokenizer.label(1)]).toEqual(['<unused 5>', 'a']);
    expect(tokenizer.bytes(5)).toHaveLength(0);
    expect(tokenizer.decode([5, 1, 5])).toBe('a');
    const stream = tokenizer.decoder();
    expect(stream.push(5) + stream.push(1)).toBe('a');
    expect(() => tokenizer.label(9_000_001)).toThrow('token 9000001 is not in the vocabulary');
  });
});
