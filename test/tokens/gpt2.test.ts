import fc from 'fast-check';
import { encode as encodeR50k } from 'gpt-tokenizer/encoding/r50k_base';
import { beforeAll, describe, expect, test } from 'vitest';
import { openGpt2 } from '../../src/tokens/gpt2.ts';
import { openTokenizer } from '../../src/tokens/open.ts';
import type { BpeTokenizer } from '../../src/tokens/bpe.ts';
import type { BpeFile } from '../../src/tokens/types.ts';
import { dataPath, dataText } from '../data.ts';
import { anyText, SEED, wellFormed } from './texts.ts';

interface Case {
  text: string;
  ids: number[];
}

const folder = 'tokenizers/gpt2';
const here = dataPath(folder);

describe.skipIf(!here)('GPT-2 files', () => {
  let gpt2: BpeTokenizer;
  let vocab: Record<string, number>;
  beforeAll(() => {
    vocab = JSON.parse(dataText(`${folder}/encoder.json`));
    gpt2 = openGpt2(vocab, dataText(`${folder}/vocab.bpe`));
  });

  test('sizes, special tokens, and a file that needs no vocabulary', async () => {
    expect(gpt2.size).toBe(50_257);
    expect(gpt2.special).toEqual({ bos: 50_256, eos: 50_256 });
    const file = gpt2.toJSON();
    expect(file.vocab).toBeUndefined();
    expect(file.merges).toHaveLength(50_000);
    const again = await openTokenizer(JSON.stringify(file));
    expect([...again.encode('生活的真谛是 <|endoftext|>')]).toEqual([...gpt2.encode('生活的真谛是 <|endoftext|>')]);
  });

  test('the 26 published cases, twice', () => {
    const published: Record<string, Record<string, Case>> = JSON.parse(
      dataText(`${folder}/tokenization-tests-transformers.js.json`),
    );
    for (const name of ['Xenova/gpt2', 'openai-community/gpt2']) {
      const cases = Object.entries(published[name]);
      expect(cases).toHaveLength(26);
      for (const [title, { text, ids }] of cases) {
        expect([...gpt2.encode(text)], `${name} ${title}`).toEqual(ids);
        expect(gpt2.decode(ids), `${name} ${title}`).toBe(text);
      }
    }
  });

  test('the same ids as gpt-tokenizer on a fuzzed corpus', () => {
    const property = fc.property(anyText(), (raw) => {
      // JavaScript's \s, which that library uses, is not GPT-2's on these two
      const text = raw.replace(/[\u0085\ufeff]/g, '_');
      expect([...gpt2.encode(text, { special: false })]).toEqual(encodeR50k(text, { disallowedSpecial: new Set() }));
      expect(gpt2.decode(gpt2.encode(text))).toBe(wellFormed(text));
    });
    fc.assert(property, { seed: SEED, numRuns: 1500 });
  });

  test('white space is what Unicode calls so: U+0085 is, U+FEFF is not', () => {
    // "\u0085\u0085x": a run of two, of which the last is left to the word; then 'x'
    expect([...gpt2.words('a\u0085\u0085x')]).toEqual(['a', '\u0085', '\u0085', 'x']);
    expect([...gpt2.words('a \ufeffb')]).toEqual(['a', ' \ufeff', 'b']);
  });

  test('special tokens are read and written by default', () => {
    expect([...gpt2.encode('a<|endoftext|>b')]).toEqual([64, 50_256, 65]);
    expect([...gpt2.encode('a<|endoftext|>b', { special: false })]).toEqual(
      encodeR50k('a<|endoftext|>b', { disallowedSpecial: new Set() }),
    );
    expect([...gpt2.encode('a', { bos: true })]).toEqual([50_256, 64]);
    expect(gpt2.decode([64, 50_256, 65])).toBe('a<|endoftext|>b');
  });

  test('the stream never shows half a character and loses nothing', () => {
    const text = '👩‍👩‍👧‍👦 生活𠮷 naïve';
    const stream = gpt2.decoder();
    let shown = '';
    for (const id of gpt2.encode(text)) {
      const piece = stream.push(id);
      expect(piece).not.toContain('\ufffd');
      expect(piece).toBe(wellFormed(piece));
      shown += piece;
    }
    expect(shown + stream.flush()).toBe(text);
  });

  test('a megabyte without a space takes no quadratic time', () => {
    const start = performance.now();
    const ids = gpt2.encode('abcdefghij'.repeat(100_000));
    expect(gpt2.encode('汉'.repeat(300_000)).length).toBeGreaterThan(0);
    expect(gpt2.decode(ids)).toHaveLength(1_000_000);
    expect(performance.now() - start).toBeLessThan(15_000); // about 1 s; quadratic would be hours
  });

  test('merges can be replayed', () => {
    const steps = [...gpt2.merges(' lowest low')];
    const [first] = steps;
    expect(steps.map(({ index }) => index)).toEqual(steps.map(({ index }) => index).toSorted((a, b) => a - b));
    expect(first.word).toBe(' lowest');
    for (const { rank, left, right, id } of steps) {
      expect(gpt2.label(left) + gpt2.label(right)).toBe(gpt2.label(id));
      expect(id).toBe(256 + rank);
    }
    const last = [steps.findLast(({ index }) => index === 0), steps.findLast(({ index }) => index === 1)];
    expect(last.flatMap((step) => step?.tokens ?? [])).toEqual([...gpt2.encode(' lowest low')]);
  });

  test('tokenizer.json of this kind opens without the library and gives the same', async () => {
    const merges = gpt2.toJSON().merges;
    const json = {
      added_tokens: [{ id: 50_256, content: '<|endoftext|>', special: true }],
      normalizer: null,
      pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true },
      post_processor: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: false },
      decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true },
      model: {
        type: 'BPE',
        dropout: null,
        unk_token: null,
        continuing_subword_prefix: '',
        end_of_word_suffix: '',
        vocab,
        merges,
      },
    };
    const opened = await openTokenizer(json, { bos_token: { content: '<|endoftext|>' }, eos_token: '<|endoftext|>' });
    expect(opened.kind).toBe('bpe');
    expect(opened.special).toEqual({ bos: 50_256, eos: 50_256 });
    expect((opened.toJSON() as BpeFile).vocab).toBeUndefined();
    const text = 'The 生活 of 😀…';
    expect([...opened.encode(text)]).toEqual([...gpt2.encode(text)]);
    const pairs = { ...json, model: { ...json.model, merges: merges.map((line) => line.split(' ')) } };
    expect([...(await openTokenizer(pairs)).encode(text)]).toEqual([...gpt2.encode(text)]);
  });

  test("Hugging Face's library gives the same ids for the same files: both are right", async () => {
    const { Tokenizer } = await import('@huggingface/tokenizers');
    const bytes = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true };
    const model = { type: 'BPE', vocab, merges: gpt2.toJSON().merges };
    const library = new Tokenizer(
      { added_tokens: [], normalizer: null, pre_tokenizer: bytes, post_processor: null, decoder: bytes, model },
      {},
    );
    const property = fc.property(anyText(), (raw) => {
      const text = raw.replace(/[\u0085\ufeff]/g, '_');
      expect([...gpt2.encode(text, { special: false })]).toEqual(library.encode(text).ids);
    });
    fc.assert(property, { seed: SEED + 1, numRuns: 300 });
  });
});

describe.skipIf(!dataPath('weights/tiny-gpt2-hub-layout'))('a vocabulary with ids of its own', () => {
  const tiny = (): BpeTokenizer => {
    const layout = 'weights/tiny-gpt2-hub-layout';
    return openGpt2(JSON.parse(dataText(`${layout}/vocab.json`)), dataText(`${layout}/merges.txt`));
  };

  test('ids come from the vocabulary; what it lacks is <unk>', async () => {
    const tokenizer = tiny();
    expect(tokenizer.size).toBe(21);
    expect(tokenizer.special).toEqual({ bos: 20, eos: 20, unk: 19 });
    expect([...tokenizer.encode('lower low')]).toEqual([0, 1, 2, 15, 14]);
    expect([...tokenizer.encode('l?w')]).toEqual([0, 19, 2]);
    expect(tokenizer.decode([14, 15])).toBe(' lower');
    const again = await openTokenizer(tokenizer.toJSON());
    expect([...again.encode('lower low<|endoftext|>')]).toEqual([0, 1, 2, 15, 14, 20]);
  });
});
