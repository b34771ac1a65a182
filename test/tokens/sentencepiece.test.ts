/** llama2.c's vocabulary against a literal reading of its C code, and against Hugging Face's library on the same pieces. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { openTokenizer } from '../../src/tokens/open.ts';
import { openLlama2c } from '../../src/tokens/sentencepiece.ts';
import { TokenizerError } from '../../src/tokens/types.ts';
import type { SentencePieceFile, Tokenizer } from '../../src/tokens/types.ts';
import { dataBytes, dataPath, dataText } from '../data.ts';
import { anyText, SEED, wellFormed } from './texts.ts';

const byteName = (byte: number): string => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`;

/** run.c's encode with its quadratic loop (bos only). */
function encodeAsInC({ pieces, scores }: SentencePieceFile, text: string): number[] {
  const lookup = (piece: string): number => pieces.indexOf(piece);
  const tokens = [1];
  if (text !== '') tokens.push(lookup(' '));
  for (const character of wellFormed(text)) {
    const id = lookup(character);
    if (id >= 0) tokens.push(id);
    else for (const byte of new TextEncoder().encode(character)) tokens.push(byte + 3);
  }
  for (;;) {
    let best = -1e10;
    let bestId = -1;
    let bestAt = -1;
    for (let i = 0; i + 1 < tokens.length; i++) {
      const id = lookup(pieces[tokens[i]] + pieces[tokens[i + 1]]);
      if (id >= 0 && scores[id] > best) [best, bestId, bestAt] = [scores[id], id, i];
    }
    if (bestAt < 0) return tokens;
    tokens.splice(bestAt, 2, bestId);
  }
}

/** A vocabulary of the right form with a few pieces behind the bytes. */
function made(extra: [string, number][]): Uint8Array<ArrayBuffer> {
  const pieces: [string, number][] = [['<unk>', 0], ['\n<s>\n', 0], ['\n</s>\n', 0]]; // prettier-ignore
  for (let byte = 0; byte < 256; byte++) pieces.push([byteName(byte), 0]);
  const parts = [...pieces, ...extra].map(([text, score]) => {
    const utf = new TextEncoder().encode(text);
    const part = new Uint8Array(8 + utf.length);
    const view = new DataView(part.buffer);
    view.setFloat32(0, score, true);
    view.setUint32(4, utf.length, true);
    part.set(utf, 8);
    return part;
  });
  return new Uint8Array([7, 0, 0, 0, ...parts.flatMap((part) => [...part])]);
}

describe('a made vocabulary', () => {
  const extra: [string, number][] = [[' ', -9], ['a', -9], ['b', -9], ['生', -9], ['ab', -1], ['ba', -1], [' a', -2], ['aba', -3]]; // prettier-ignore
  const tokenizer = openLlama2c(made(extra));
  const id = (piece: string): number => 259 + extra.findIndex(([text]) => text === piece);

  test('bos, the space in front, best score first, leftmost of equals', () => {
    expect(tokenizer.special).toEqual({ bos: 1, eos: 2, unk: 0 });
    expect([...tokenizer.encode('aba')]).toEqual([1, id(' '), id('aba')]);
    expect([...tokenizer.encode('aab')]).toEqual([1, id(' a'), id('ab')]);
    expect([...tokenizer.encode('')]).toEqual([1]);
    expect([...tokenizer.encode('a', { bos: false })]).toEqual([id(' a')]);
  });

  test('bytes for what has no piece; control pieces are plain text in a text and write nothing', () => {
    expect([...tokenizer.encode('生é')]).toEqual([1, id(' '), id('生'), 3 + 0xc3, 3 + 0xa9]);
    expect([...tokenizer.encode('<s>')]).not.toContain(2);
    expect(tokenizer.decode([1, id(' a'), 3 + 0xc3, 3 + 0xa9, 2, 0])).toBe('aé');
    expect(tokenizer.label(1)).toBe('<s>');
    expect(tokenizer.label(3 + 0x0a)).toBe('<0x0A>');
    expect(tokenizer.label(id(' a'))).toBe(' a');
  });

  test('the space goes only after bos', () => {
    expect(tokenizer.decode([id(' a'), id(' a')])).toBe(' a a');
    expect(tokenizer.decode([1, id(' a'), id(' a')])).toBe('a a');
    const stream = tokenizer.decoder();
    expect([stream.push(id(' a')), stream.push(3 + 0xe7), stream.push(3 + 0x94), stream.push(3 + 0x9f)]).toEqual([
      ' a',
      '',
      '',
      '生',
    ]);
  });

  test('files that are cut, too long, or not of this kind', async () => {
    const file = made(extra);
    for (const length of [0, 3, 4, 11, 20, 3000, file.length - 1]) {
      expect(() => openLlama2c(file.subarray(0, length)), `${length} bytes`).toThrow(TokenizerError);
    }
    expect(() => openLlama2c(file, 512)).toThrow('267 pieces in the file, 512 in the model');
    const huge = file.slice();
    new DataView(huge.buffer).setUint32(8, 0xffffffff, true);
    expect(() => openLlama2c(huge)).toThrow('piece 0 at byte 4 takes 4294967295 bytes');
    expect(() => openLlama2c(made([['a'.repeat(2000), 0]]))).toThrow('piece 259 has 2000 characters');
    expect(() => openLlama2c(made([['a', Number.NaN]]))).toThrow('score 259 is NaN');
    const noBytes = { ...(tokenizer.toJSON() as SentencePieceFile) };
    await expect(openTokenizer({ ...noBytes, pieces: noBytes.pieces.toReversed() })).rejects.toThrow(
      'the byte fallback',
    );
  });
});

describe.skipIf(!dataPath('weights/stories260K'))('tok512.bin', () => {
  const open = (): Tokenizer => openLlama2c(dataBytes('weights/stories260K/tok512.bin'), 512);

  test("encodes as llama2.c's code does", () => {
    const tokenizer = open();
    const file = tokenizer.toJSON() as SentencePieceFile;
    const texts = fc.oneof(
      anyText(),
      fc.constantFrom(
        ...(dataText('text/tinystories-slice.txt')
          .slice(0, 20_000)
          .match(/.{1,150}/g) ?? []),
      ),
    );
    const property = fc.property(texts, (text) => {
      const ids = tokenizer.encode(text);
      expect([...ids]).toEqual(encodeAsInC(file, text));
      expect(tokenizer.decode(ids)).toBe(wellFormed(text));
    });
    fc.assert(property, { seed: SEED, numRuns: 150 });
  });

  test('the published text: round trip, stream, and no space lost in JSON', async () => {
    const tokenizer = open();
    const text = dataText('weights/stories260K/expected.txt');
    const ids = tokenizer.encode(text);
    expect(ids.length).toBeLessThan(text.length / 2);
    expect(tokenizer.label(ids[1])).toBe(' Once'.slice(0, tokenizer.label(ids[1]).length));
    const stream = tokenizer.decoder();
    let shown = '';
    for (const id of ids) shown += stream.push(id);
    expect(shown + stream.flush()).toBe(text);
    const again = await openTokenizer(JSON.stringify(tokenizer));
    expect(again.encode(text)).toEqual(ids);
  });

  test('half a megabyte in linear time', () => {
    const tokenizer = open();
    const start = performance.now();
    expect(tokenizer.decode(tokenizer.encode('once upon'.repeat(60_000)))).toHaveLength(540_000);
    expect(performance.now() - start).toBeLessThan(10_000); // 0.5 s
  });

  test("Hugging Face's library, given the same pieces as a tokenizer.json, gives the same ids and text", async () => {
    const own = open();
    const { pieces, scores } = own.toJSON() as SentencePieceFile;
    const json = tokenizerJson(pieces, scores);
    const theirs = await openTokenizer(json, { bos_token: '<s>', eos_token: '</s>', unk_token: '<unk>' });
    expect(theirs.kind).toBe('huggingface');
    expect(theirs.size).toBe(512);
    expect(theirs.special).toEqual({ bos: 1, eos: 2, unk: 0 });
    const property = fc.property(anyText(), (raw) => {
      // their normalizer turns ▁ into the space's sign; their added tokens are read in the text
      const text = raw.replace(/▁|<\/?s>|<unk>/g, '_');
      if (text === '') return;
      const ids = theirs.encode(text);
      expect([...ids]).toEqual([...own.encode(text)]);
      expect(theirs.decode(ids)).toBe(own.decode(ids));
      const stream = theirs.decoder();
      let shown = '';
      for (const id of ids) shown += stream.push(id);
      expect(shown + stream.flush()).toBe(wellFormed(text));
    });
    fc.assert(property, { seed: SEED, numRuns: 200 });
    for (let id = 3; id < 512; id++) expect(theirs.bytes(id), `token ${id}`).toEqual(own.bytes(id));
  });
});

/** What Hugging Face's converter makes of a SentencePiece BPE: merges from pieces, by the score of what they make. */
function tokenizerJson(pieces: readonly string[], scores: readonly number[]): object {
  const signs = pieces.map((piece, id) => (id < 3 ? piece.trim() : piece.replaceAll(' ', '▁')));
  const ids = new Map(signs.map((sign, id) => [sign, id]));
  const merges: [string, string, number][] = [];
  for (const [sign, id] of ids) {
    for (let cut = 1; id >= 259 && cut < sign.length; cut++) {
      const [left, right] = [sign.slice(0, cut), sign.slice(cut)];
      if (ids.has(left) && ids.has(right)) merges.push([left, right, scores[id]]);
    }
  }
  merges.sort((a, b) => b[2] - a[2]);
  const special = signs.slice(0, 3).map((content, id) => ({ id, content, special: true, normalized: false }));
  return {
    added_tokens: special,
    normalizer: {
      type: 'Sequence',
      normalizers: [
        { type: 'Prepend', prepend: '▁' },
        { type: 'Replace', pattern: { String: ' ' }, content: '▁' },
      ],
    },
    pre_tokenizer: null,
    post_processor: {
      type: 'TemplateProcessing',
      single: [{ SpecialToken: { id: '<s>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
      pair: [],
      special_tokens: { '<s>': { id: '<s>', ids: [1], tokens: ['<s>'] } },
    },
    decoder: {
      type: 'Sequence',
      decoders: [
        { type: 'Replace', pattern: { String: '▁' }, content: ' ' },
        { type: 'ByteFallback' },
        { type: 'Fuse' },
        { type: 'Strip', content: ' ', start: 1, stop: 0 },
      ],
    },
    model: {
      type: 'BPE',
      unk_token: '<unk>',
      fuse_unk: true,
      byte_fallback: true,
      vocab: Object.fromEntries(ids),
      merges: merges.map(([left, right]) => `${left} ${right}`),
    },
  };
}
