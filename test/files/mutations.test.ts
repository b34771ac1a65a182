/**
 * Files with a few bytes or values changed: a model or a typed error, at once. Every run takes the same cases; NEXTOKEN_WIDE=1 takes
 * 10,000 of each kind.
 */
import { describe, expect, test } from 'vitest';
import { DownloadError } from '../../src/files/transfer.ts';
import { FileFormatError } from '../../src/files/types.ts';
import { parameterCount } from '../../src/model/layout.ts';
import { WeightsError } from '../../src/model/weights.ts';
import { uniform } from '../../src/sample/hash.ts';
import { loadModel } from '../../src/session/load.ts';
import { openTokenizer } from '../../src/tokens/open.ts';
import { TokenizerError } from '../../src/tokens/types.ts';
import { filesOf, GPT2, type Json, LLAMA, randomTensors } from '../model/hub_files.ts';
import { SEED } from './made.ts';

const RUNS = process.env.NEXTOKEN_WIDE ? 10_000 : 300;
/** Milliseconds; the machine may be doing other things. */
const PATIENCE = 1000;

/** Draws numbers below `n`, the same ones for the same case. */
function dice(seed: number): (n: number) => number {
  let draws = 0;
  return (n) => Math.floor(uniform(SEED, seed, 0, draws++) * n);
}

const NUMBERS = [
  0,
  1,
  -1,
  2,
  3,
  0.5,
  1e9,
  2 ** 31,
  2 ** 32 + 1,
  2 ** 53,
  1e300,
  -1e9,
  1e-30,
  257,
  16_777_216,
  8,
  16,
  1_000_000,
];
const VALUES: readonly unknown[] = [...NUMBERS, ...NUMBERS.map(String), null, true, false, '', 'x', 'NaN', '1e-3', [], {}, [null], [1], { a: 1 }, 'gelu', 'silu', '\ud800', '__proto__']; // prettier-ignore
const TEXTS = [
  '',
  '"',
  ',',
  ':',
  '-1',
  '1e99',
  'null',
  '{}',
  '[]',
  ' ',
  'a',
  '"__proto__":1,',
  '\ud800',
  '<html>',
  '9'.repeat(30),
];

/** JSON with values changed, removed or moved, or its text cut and patched. */
function mutate(json: unknown, roll: (n: number) => number): string {
  let copy = structuredClone(json);
  for (let i = 1 + roll(3); i > 0; i--) {
    const places = [...walk(copy)];
    if (places.length === 0) break;
    const [holder, key] = places[roll(places.length)];
    const kind = roll(4);
    if (kind === 0) Reflect.deleteProperty(holder, key);
    else if (kind === 1) {
      const [other, from] = places[roll(places.length)];
      holder[key] = structuredClone(other[from]);
    } else holder[key] = structuredClone(VALUES[roll(VALUES.length)]);
    if (roll(50) === 0) copy = VALUES[roll(VALUES.length)];
  }
  const text = JSON.stringify(copy) ?? '';
  if (roll(5) > 0) return text;
  const at = roll(text.length + 1);
  return text.slice(0, at) + TEXTS[roll(TEXTS.length)] + text.slice(at + roll(8));
}

function* walk(value: unknown): Generator<[Record<string, unknown>, string]> {
  if (typeof value !== 'object' || value === null) return;
  for (const key of Object.keys(value)) {
    const holder = value as Record<string, unknown>;
    yield [holder, key];
    yield* walk(holder[key]);
  }
}

const TYPED = [FileFormatError, WeightsError, TokenizerError, DownloadError];

/** Runs every case; returns how many were accepted. */
async function expectTyped(open: (roll: (n: number) => number) => Promise<void>): Promise<number> {
  let opened = 0;
  for (let seed = 0; seed < RUNS; seed++) {
    const began = performance.now();
    try {
      await open(dice(seed));
      opened++;
    } catch (error) {
      if (!TYPED.some((type) => error instanceof type))
        throw new Error(`case ${seed}: ${String(error)}`, { cause: error });
      expect((error as Error).message.length, `case ${seed}`).toBeLessThan(2000);
    }
    expect(performance.now() - began, `case ${seed}`).toBeLessThan(PATIENCE);
  }
  return opened;
}

const rope = {
  rope_type: 'llama3',
  factor: 8,
  low_freq_factor: 1,
  high_freq_factor: 4,
  original_max_position_embeddings: 8,
};

describe('mutated', () => {
  test.each<[string, Json]>([
    ['config.json of GPT-2', { ...GPT2, tie_word_embeddings: true, scale_attn_weights: true, eos_token_id: 256 }],
    ['config.json of Llama', { ...LLAMA, rope_theta: 1e4, rope_scaling: rope, attention_bias: false, eos_token_id: [1, 2] }],
  ])('%s', async (_, json) => {
    const tensors = randomTensors(json);
    const numbers = [...tensors.values()].reduce((n, { data }) => n + data.length, 0);
    const opened = await expectTyped(async (roll) => {
      const { config } = await loadModel({ kind: 'files', files: filesOf(mutate(json, roll), tensors) });
      // nothing was made that is not in the file
      expect(parameterCount(config)).toBeLessThanOrEqual(numbers);
    });
    expect(opened).toBeGreaterThan(RUNS / 50);
    expect(opened).toBeLessThan(RUNS);
  }, 600_000); // prettier-ignore

  test('model.safetensors.index.json', async () => {
    const tensors = randomTensors(GPT2);
    const [model, ...others] = filesOf(GPT2, tensors);
    const one = new File([model], 'a-1.safetensors');
    const index = { metadata: { total_size: 1 }, weight_map: Object.fromEntries([...tensors.keys()].map((name) => [name, 'a-1.safetensors'])) }; // prettier-ignore
    await expectTyped(async (roll) => {
      const file = new File([mutate(index, roll)], 'model.safetensors.index.json');
      await loadModel({ kind: 'files', files: [one, file, ...others] });
    });
  }, 600_000);

  test('a configuration of our own in the metadata', async () => {
    const own = {
      family: 'gpt2',
      vocab: 257,
      context: 16,
      layers: 2,
      heads: 2,
      width: 8,
      hidden: 20,
      gelu: 'tanh',
      eps: 1e-5,
      tied: true,
    };
    await expectTyped(async (roll) => {
      await loadModel({ kind: 'files', files: filesOf(mutate(own, roll), randomTensors(GPT2)) });
    });
  }, 600_000);

  const flags = { lstrip: false, rstrip: false, normalized: false, single_word: false };
  const special = ['<unk>', '<s>', '</s>'].map((content, id) => ({ id, content, special: true, ...flags }));
  const tokenizers: [string, Json][] = [
    ['of WordPiece', {
      added_tokens: special,
      normalizer: { type: 'BertNormalizer', clean_text: true, handle_chinese_chars: true, strip_accents: null, lowercase: true },
      pre_tokenizer: { type: 'BertPreTokenizer' },
      post_processor: { type: 'TemplateProcessing', single: [{ SpecialToken: { id: '<s>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }], pair: [], special_tokens: {} },
      decoder: { type: 'WordPiece', prefix: '##', cleanup: false },
      model: { type: 'WordPiece', unk_token: '<unk>', continuing_subword_prefix: '##', max_input_chars_per_word: 100, vocab: { '<unk>': 0, '<s>': 1, '</s>': 2, the: 3, cat: 4, '##s': 5 } },
    }],
    ['of BPE with bytes', {
      added_tokens: special,
      normalizer: { type: 'Sequence', normalizers: [{ type: 'Prepend', prepend: '▁' }, { type: 'Replace', pattern: { String: ' ' }, content: '▁' }] },
      pre_tokenizer: { type: 'Sequence', pretokenizers: [{ type: 'Split', pattern: { Regex: '\\s+' }, behavior: 'Isolated', invert: false }, { type: 'Digits', individual_digits: true }, { type: 'FixedLength', length: 5 }] },
      post_processor: { type: 'BertProcessing', sep: ['</s>', 2], cls: ['<s>', 1] },
      decoder: { type: 'Sequence', decoders: [{ type: 'Replace', pattern: { String: '▁' }, content: ' ' }, { type: 'ByteFallback' }, { type: 'Fuse' }, { type: 'Strip', content: ' ', start: 1, stop: 0 }] },
      model: { type: 'BPE', dropout: null, unk_token: '<unk>', fuse_unk: true, byte_fallback: true, vocab: { '<unk>': 0, '<s>': 1, '</s>': 2, '▁': 3, t: 4, h: 5, e: 6, th: 7, the: 8, '<0xE7>': 9 }, merges: ['t h', ['th', 'e']] },
    }],
    ['of Unigram', {
      added_tokens: special,
      normalizer: { type: 'NFKC' },
      pre_tokenizer: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always', split: true },
      decoder: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always' },
      model: { type: 'Unigram', unk_id: 0, vocab: [['<unk>', 0], ['▁the', -1.5], ['▁', -2], ['c', -3], ['at', -3]] },
    }],
    ['of GPT-2’s kind', {
      added_tokens: [{ id: 5, content: '<|endoftext|>', special: true }],
      pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, use_regex: true },
      decoder: { type: 'ByteLevel' },
      model: { type: 'BPE', unk_token: null, vocab: { t: 0, h: 1, e: 2, th: 3, the: 4 }, merges: ['t h', 'th e'] },
    }],
  ]; // prettier-ignore

  test.each(tokenizers)(
    'tokenizer.json %s',
    async (_, json) => {
      await expectTyped(async (roll) => {
        const tokenizer = await openTokenizer(mutate(json, roll), { eos_token: '</s>' });
        const ids = [...tokenizer.encode('the cats 12 生 é')];
        tokenizer.decode(ids);
        const stream = tokenizer.decoder(ids.slice(0, 2));
        for (const id of ids.slice(2)) stream.push(id);
        stream.flush();
        for (const id of ids) tokenizer.label(id);
      });
    },
    600_000,
  );
});
