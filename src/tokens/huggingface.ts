/**
 * Any tokenizer.json that is not of GPT-2's kind, through Hugging Face's own library (11 KB, loaded on demand).
 * GPT-2's kind goes to bpe.ts: the library gives the same ids on the published cases, but takes 10 s for a megabyte without a space
 * (ours 0.6), reads JavaScript's `\s`, which differs from the rule on U+0085 and U+FEFF, and shows neither bytes nor merges.
 */
import { fromLetters } from './alphabet.ts';
import { specialIds } from './gpt2.ts';
import { escaped, libraryJson, WORD } from './library_json.ts';
import { contextOf, labelOf, unusedName, utf8 } from './text.ts';
import { TokenizerError } from './types.ts';
import type { EncodeOptions, HuggingFaceFile, TextStream, Tokenizer } from './types.ts';
import { isRecord } from './validate.ts';

export async function openHuggingFace(file: HuggingFaceFile): Promise<Tokenizer> {
  const { config } = file;
  const { tokenizer, size, alone } = libraryJson(file.tokenizer);
  const touching = alone.map(
    (token) => new RegExp(`(?<=[${WORD}])${escaped(token)}|${escaped(token)}(?=[${WORD}])`, 'u'),
  );
  const library = await import('@huggingface/tokenizers');
  const inner = guarded('tokenizer.json cannot be read', () => {
    const made = new library.Tokenizer(tokenizer as ConstructorParameters<typeof library.Tokenizer>[0], config);
    const keepMarks = (decoder: unknown): void => {
      if (decoder instanceof library.ByteFallbackDecoder)
        decoder.text_decoder = new TextDecoder('utf-8', { ignoreBOM: true });
      if (decoder instanceof library.SequenceDecoder) decoder.decoders.forEach(keepMarks);
    };
    keepMarks(made.decoder); // otherwise it drops U+FEFF
    return made;
  });
  const named = { bos: config.bos_token ?? '<s>', eos: config.eos_token ?? '</s>', unk: config.unk_token ?? '<unk>' };
  const special = specialIds(named, (text) => inner.token_to_id(text));
  const silent = new Set<number>(); // special tokens write nothing
  for (const [id, token] of inner.get_added_tokens_decoder()) if (token.special) silent.add(id);
  const spell = spellerOf(tokenizer.decoder);

  /** The token's text in the file; undefined for an id that the vocabulary skips. */
  const name = (id: number): string | undefined => {
    if (!Number.isInteger(id) || id < 0 || id >= size)
      throw new TokenizerError(`token ${id} is not in the vocabulary: its ids are 0 … ${size - 1}`);
    return inner.id_to_token(id);
  };
  const speaks = (id: number): boolean => name(id) !== undefined && !silent.has(id);
  const bytes = (id: number): Uint8Array<ArrayBuffer> => {
    const text = name(id);
    return text === undefined || silent.has(id) ? new Uint8Array(0) : spell(text);
  };
  const decode = (ids: readonly number[]): string => {
    const audible = ids.filter(speaks);
    if (audible.length === 0) return '';
    return guarded('these tokens cannot be written', () =>
      inner.decode(audible, { clean_up_tokenization_spaces: false }),
    );
  };

  return {
    kind: 'huggingface',
    size,
    special,
    encode(text: string, options: EncodeOptions = {}) {
      if (options.special === false) {
        throw new TokenizerError(
          'special: false is not possible with tokenizer.json: its library always reads special tokens',
        );
      }
      const touched = alone[touching.findIndex((pattern) => pattern.test(text))];
      if (touched !== undefined)
        throw new TokenizerError(
          `${JSON.stringify(touched)} is a token only where no letter touches it (single_word), and its library cannot tell: put a space around it`,
        );
      const { ids } = guarded('the text cannot be read', () =>
        inner.encode(text.replace(LONE_SURROGATE, '\ufffd'), { add_special_tokens: options.bos ?? true }),
      );
      const missing = ids.findIndex((id) => id === undefined);
      if (missing >= 0)
        throw new TokenizerError(
          `the vocabulary lacks a part of the text (token ${missing} of ${ids.length}) and has no unknown token`,
        );
      return Uint32Array.from(ids);
    },
    decode: (ids) => decode([...ids]),
    bytes,
    label: (id) => {
      const text = name(id);
      if (text === undefined) return unusedName(id);
      return silent.has(id) ? text : labelOf(bytes(id));
    },
    decoder: (previous = []) => windowed(decode, contextOf([...previous].filter(speaks))),
    toJSON: () => file,
  };
}

/** Turns the library's errors into ours. */
function guarded<T>(what: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw new TokenizerError(`${what}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

const LONE_SURROGATE = /\p{Surrogate}/gu;

/**
 * A stream from a decoder that only knows lists. It compares the text of a few tokens with and without the newest one, so that decoders
 * that strip or join at the start see the same start both times (as in Hugging Face's text-generation-inference).
 * @param before the tokens before the stream
 */
function windowed(decode: (ids: readonly number[]) => string, before: readonly number[]): TextStream {
  let ids = [...before];
  let shown = wholeCharacters(decode, ids); // so many of `ids` have been shown; they stay as context
  const fresh = (): string => decode(ids).slice(decode(ids.slice(0, shown)).length);
  return {
    push(id) {
      ids.push(id);
      const text = fresh();
      if (text === '' || text.endsWith('\ufffd')) return '';
      ids = ids.slice(shown);
      shown = ids.length;
      return text;
    },
    flush() {
      const text = fresh();
      ids = [];
      shown = 0;
      return text;
    },
  };
}

/** How many of these tokens stand before an unfinished character, which has at most three bytes so far. */
function wholeCharacters(decode: (ids: readonly number[]) => string, ids: readonly number[]): number {
  for (let rest = 0; rest <= 3; rest++)
    if (!decode(ids.slice(0, ids.length - rest)).endsWith('\ufffd')) return Math.max(0, ids.length - rest);
  return ids.length;
}

/** How the decoder of a tokenizer.json spells bytes, as far as tokens have bytes of their own. */
function spellerOf(decoder: unknown): (token: string) => Uint8Array<ArrayBuffer> {
  const kinds = kindsOf(decoder);
  if (kinds.has('ByteLevel')) return (token) => fromLetters(token) ?? utf8(token);
  if (kinds.has('WordPiece')) return (token) => utf8(token.startsWith('##') ? token.slice(2) : ` ${token}`);
  return (token) => {
    const byte = kinds.has('ByteFallback') ? /^<0x([0-9A-F]{2})>$/i.exec(token) : null;
    return byte ? Uint8Array.of(Number.parseInt(byte[1], 16)) : utf8(token.replaceAll('▁', ' '));
  };
}

function kindsOf(decoder: unknown): Set<unknown> {
  if (!isRecord(decoder)) return new Set();
  const parts = Array.isArray(decoder.decoders) ? decoder.decoders.filter(isRecord) : [];
  return new Set([decoder.type, ...parts.map((part) => part.type)]);
}
