/** Streams that go on in the middle of a text, and the tokens that end one. */
import { describe, expect, test } from 'vitest';
import { openBytes } from '../../src/tokens/bytes.ts';
import { withEnds } from '../../src/tokens/ends.ts';
import { openGpt2 } from '../../src/tokens/gpt2.ts';
import { openTokenizer } from '../../src/tokens/open.ts';
import { padTokenizer } from '../../src/tokens/padded.ts';
import { openSentencePiece } from '../../src/tokens/sentencepiece.ts';
import { trainBpe } from '../../src/tokens/train.ts';
import type { Tokenizer } from '../../src/tokens/types.ts';
import { caseJson, caseNames } from '../shared_cases.ts';

/** What `ids` add to the text of `before`: in one run, and each in a run of its own. */
function added(tokenizer: Tokenizer, before: readonly number[], ids: readonly number[]): [string, string] {
  const stream = tokenizer.decoder(before);
  const whole = ids.map((id) => stream.push(id)).join('');
  const single = ids.map((id, i) => tokenizer.decoder([...before, ...ids.slice(0, i)]).push(id)).join('');
  return [whole, single];
}

const bytes = Array.from({ length: 256 }, (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`);

/** Tokenizers whose first space is not part of the text, with the words ▁a ▁b a. */
const kinds: Record<string, () => Promise<Tokenizer>> = {
  'SentencePiece’s BPE': () =>
    openTokenizer({
      normalizer: { type: 'Sequence', normalizers: [{ type: 'Prepend', prepend: '▁' }, { type: 'Replace', pattern: { String: ' ' }, content: '▁' }] },
      decoder: { type: 'Sequence', decoders: [{ type: 'Replace', pattern: { String: '▁' }, content: ' ' }, { type: 'ByteFallback' }, { type: 'Fuse' }, { type: 'Strip', content: ' ', start: 1, stop: 0 }] },
      model: { type: 'BPE', unk_token: '<unk>', byte_fallback: true, vocab: Object.fromEntries(['<unk>', ...bytes, '▁', 'a', 'b', '▁a', '▁b'].map((t, i) => [t, i])), merges: ['▁ a', '▁ b'] },
    }), // prettier-ignore
  Unigram: () =>
    openTokenizer({
      pre_tokenizer: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always' },
      decoder: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always' },
      model: { type: 'Unigram', unk_id: 0, vocab: [['<unk>', 0], ['▁a', -1], ['▁b', -1], ['a', -2], ['b', -2], ['▁', -3]] },
    }), // prettier-ignore
  WordPiece: () =>
    openTokenizer({
      pre_tokenizer: { type: 'WhitespaceSplit' },
      decoder: { type: 'WordPiece', prefix: '##' },
      model: { type: 'WordPiece', unk_token: '<unk>', vocab: { '<unk>': 0, a: 1, b: 2, '##a': 3, '##b': 4 } },
    }),
  'BPE with suffixes': () =>
    openTokenizer({
      pre_tokenizer: { type: 'WhitespaceSplit' },
      decoder: { type: 'BPEDecoder', suffix: '</w>' },
      model: { type: 'BPE', unk_token: '<unk>', end_of_word_suffix: '</w>', vocab: { '<unk>': 0, a: 1, b: 2, 'a</w>': 3, 'b</w>': 4, 'ab</w>': 5 }, merges: ['a b</w>'] },
    }), // prettier-ignore
  'no decoder': () =>
    openTokenizer({
      pre_tokenizer: { type: 'WhitespaceSplit' },
      model: { type: 'BPE', unk_token: '<unk>', vocab: { '<unk>': 0, a: 1, b: 2 }, merges: [] },
    }),
  'llama2.c': async () =>
    openSentencePiece({
      kind: 'sentencepiece',
      pieces: ['<unk>', '<s>', '</s>', ...bytes, ' ', 'a', 'b', ' a', ' b'],
      scores: [0, 0, 0, ...bytes.map(() => 0), -3, -4, -5, -1, -2],
    }),
  bytes: async () => openBytes(),
};

describe.each(Object.keys(kinds))('a stream in the middle of a text: %s', (kind) => {
  test('is what the whole says beyond its beginning', async () => {
    const tokenizer = await kinds[kind]();
    const ids = [...tokenizer.encode('a b a b a b a a b')];
    const whole = tokenizer.decode(ids);
    for (let n = 1; n < ids.length; n++) {
      const begun = tokenizer.decode(ids.slice(0, n));
      const [run, single] = added(tokenizer, ids.slice(0, n), ids.slice(n));
      expect(begun + run, `from ${n}`).toBe(whole);
      expect(begun + single, `one by one from ${n}`).toBe(whole);
    }
    // nothing before: the first space is no text, as ever
    expect(
      ids
        .map(
          (
            (stream) => (id: number) =>
              stream.push(id)
          )(tokenizer.decoder()),
        )
        .join(''),
    ).toBe(whole);
  });
});

test.each(['SentencePiece’s BPE', 'llama2.c', 'bytes'])('characters that begin before the stream: %s', async (kind) => {
  const tokenizer = await kinds[kind]();
  const ids = [...tokenizer.encode('a 你😀 b')];
  for (let n = 1; n < ids.length; n++) {
    const begun = tokenizer.decode(ids.slice(0, n)).replace(/\ufffd+$/, '');
    for (const text of added(tokenizer, ids.slice(0, n), ids.slice(n))) expect(begun + text).toBe('a 你😀 b');
  }
});

test.each(caseNames(/^t01/).filter((name) => name.endsWith('.tokenizer.json')))('%s', async (name) => {
  const { rows } = caseJson<{ rows: { prompt_tokens: number[]; generated_tokens: number[]; text_after_it: string }[] }>(
    name.replace('.tokenizer.', '.want.'),
  );
  const tokenizer = await openTokenizer(caseJson(name));
  for (const { prompt_tokens: prompt, generated_tokens: ids, text_after_it: text } of rows)
    expect(added(tokenizer, prompt, ids)).toEqual([text, text]);
});

test('an unfinished character comes out through flush', async () => {
  const start = openBytes().encode('你').slice(0, 2);
  for (const kind of ['bytes', 'SentencePiece’s BPE', 'llama2.c']) {
    const tokenizer = await kinds[kind]();
    const ids = [...tokenizer.encode('a 你')].slice(0, -1);
    const stream = tokenizer.decoder();
    expect(ids.map((id) => stream.push(id)).join('')).toBe('a ');
    expect(stream.flush()).toBe('\ufffd');
    expect(stream.flush()).toBe('');
  }
  expect(start).toHaveLength(2);
});

describe('the end of a text', () => {
  const tokens = { '<unk>': 0, a: 1, '</s>': 2, '<eos>': 3, '<|im_end|>': 4 };
  const added_tokens = Object.entries(tokens).filter(([t]) => t.startsWith('<')).map(([content, id]) => ({ id, content, special: true })); // prettier-ignore
  const open = (without: readonly string[] = []): Promise<Tokenizer> => {
    const keep = ([token]: [string, number]): boolean => !without.includes(token);
    return openTokenizer({
      added_tokens: added_tokens.filter(({ content }) => !without.includes(content)),
      pre_tokenizer: { type: 'Whitespace' },
      model: {
        type: 'BPE',
        unk_token: '<unk>',
        vocab: Object.fromEntries(Object.entries(tokens).filter(keep)),
        merges: [],
      },
    });
  };
  const none = { texts: [], ids: [] };

  test('is found by text and by id, one or several, the surest first', async () => {
    const tokenizer = await open();
    const ends = (named: Partial<typeof none>): unknown =>
      withEnds(tokenizer, { ...none, ...named } as typeof none, 5).special;
    expect(ends({ texts: ['<eos>', { content: '<|im_end|>' }] as never })).toMatchObject({ eos: 3, ends: [3, 4, 2] });
    expect(ends({ ids: [[4, 3], 2] as never })).toMatchObject({ eos: 4, ends: [4, 3, 2] });
    expect(ends({ ids: [4] as never })).toMatchObject({ eos: 4 });
    expect(ends({})).toMatchObject({ eos: 2, ends: [2] });
    // not ids of this model, not tokens, not anything
    expect(ends({ ids: [50256, -1, 'x', null, 1.5] as never, texts: ['nothing', 5, null, { content: 7 }] as never })).toMatchObject({ eos: 2, ends: [2] }); // prettier-ignore
  });

  test('and no role is left to a token that the model has no row for', async () => {
    const tokenizer = await open();
    expect(withEnds(tokenizer, none, 2).special).toEqual({ unk: 0 });
    expect(withEnds(openBytes(), none, 200).special).toEqual({});
  });

  test('is the usual one where nobody says', async () => {
    expect(withEnds(await open(['</s>']), none, 5).special).toMatchObject({ eos: 3, ends: [3] });
    expect(withEnds(await open(['</s>', '<eos>']), none, 5).special).toMatchObject({ eos: 4, ends: [4] });
    expect(withEnds(await open(['</s>', '<eos>', '<|im_end|>']), none, 5).special).toEqual({ unk: 0 });
    expect(withEnds(openBytes(), none, 257).special).toMatchObject({ eos: 256, ends: [256] });
    expect(withEnds(trainBpe('aa aa', { size: 258, special: ['<eos>'] }), none, 258).special.ends).toEqual([257]);
  });
});

test('rows without a token have a name and no text', () => {
  const tokenizer = padTokenizer(openBytes(), 272);
  expect([tokenizer.label(264), tokenizer.label(65)]).toEqual(['<unused 264>', 'A']);
  expect(tokenizer.bytes(271)).toHaveLength(0);
  expect(tokenizer.decode([72, 264, 105])).toBe('Hi');
  const stream = tokenizer.decoder([257, 0xe4]);
  expect([0xbd, 264, 0xa0, 271].map((id) => stream.push(id)).join('') + stream.flush()).toBe('你');
  expect(() => tokenizer.label(272)).toThrow('token 272 is not in the vocabulary');
  expect(padTokenizer(tokenizer, 257)).toBe(tokenizer);
});

test('GPT-2’s two files as text, with the names of special tokens beside them', () => {
  const vocab = { a: 0, b: 1, ab: 2, '<|endoftext|>': 3, '<eos>': 4 };
  const merges = '#version: 0.2\na b\n';
  for (const given of [vocab, JSON.stringify(vocab)]) expect([...openGpt2(given, merges).encode('ab')]).toEqual([2]);
  expect(openGpt2(JSON.stringify(vocab), merges, { eos_token: { content: '<eos>' } }).special).toEqual({
    bos: 3,
    eos: 4,
  });
  expect(() => openGpt2('{"a":', merges)).toThrow('vocabulary is not JSON: it starts with');
  expect(() => openGpt2('[]', merges)).toThrow('vocabulary is []; expected an object');
});
