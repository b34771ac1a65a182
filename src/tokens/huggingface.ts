/**
 * Any tokenizer.json that is not GPT-2's kind, through Hugging Face's own library (loaded only when it is needed, 11 KB).
 * GPT-2's kind goes to bpe.ts: the library gives the same ids on the published cases, but takes 10 s for a megabyte without a space
 * (ours 0.6), reads JavaScript's `\s`, which differs from the rule on U+0085 and U+FEFF, and shows neither bytes nor merges.
 */
import { fromLetters } from './alphabet.ts';
import { specialIds } from './gpt2.ts';
import { labelOf, utf8 } from './text.ts';
import { TokenizerError } from './types.ts';
import type { EncodeOptions, HuggingFaceFile, TextStream, Tokenizer } from './types.ts';
import { isRecord, shown } from './validate.ts';

/** What the library knows; it reads anything else as one of these, without a word. */
const MODELS = new Set<unknown>(['BPE', 'WordPiece', 'Unigram']);

export async function openHuggingFace(file: HuggingFaceFile): Promise<Tokenizer> {
  const { tokenizer, config } = file;
  const library = await import('@huggingface/tokenizers');
  let inner: InstanceType<typeof library.Tokenizer>;
  let size = 0;
  try {
    inner = new library.Tokenizer(
      { added_tokens: [], normalizer: null, pre_tokenizer: null, post_processor: null, decoder: null, ...tokenizer },
      config,
    );
    for (const id of inner.get_vocab().values()) size = Math.max(size, id + 1);
    const type = isRecord(tokenizer.model) ? tokenizer.model.type : undefined;
    if (type !== undefined && !MODELS.has(type)) throw new Error(`its model is of type ${shown(type)}`);
    if (size === 0) throw new Error('its vocabulary is empty');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new TokenizerError(`tokenizer.json cannot be read: ${reason}`, { cause });
  }
  const named = { bos: config.bos_token ?? '<s>', eos: config.eos_token ?? '</s>', unk: config.unk_token ?? '<unk>' };
  const special = specialIds(named, (text) => inner.token_to_id(text));
  const silent = new Set<number>(); // special tokens write nothing
  for (const [id, token] of inner.get_added_tokens_decoder()) if (token.special) silent.add(id);
  const spell = spellerOf(tokenizer.decoder);

  const name = (id: number): string => {
    const text = Number.isInteger(id) && id >= 0 && id < size ? inner.id_to_token(id) : undefined;
    if (text === undefined)
      throw new TokenizerError(`token ${id} is not in the vocabulary: its ids are 0 … ${size - 1}`);
    return text;
  };
  const bytes = (id: number): Uint8Array<ArrayBuffer> => {
    const text = name(id);
    return silent.has(id) ? new Uint8Array(0) : spell(text);
  };
  const decode = (ids: readonly number[]): string => {
    ids.forEach(name);
    const audible = ids.filter((id) => !silent.has(id));
    return audible.length === 0 ? '' : inner.decode(audible, { clean_up_tokenization_spaces: false });
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
      const { ids } = inner.encode(text.replace(LONE_SURROGATE, '\ufffd'), { add_special_tokens: options.bos ?? true });
      const missing = ids.findIndex((id) => id === undefined);
      if (missing >= 0)
        throw new TokenizerError(
          `the vocabulary lacks a part of the text (token ${missing} of ${ids.length}) and has no unknown token`,
        );
      return Uint32Array.from(ids);
    },
    decode: (ids) => decode([...ids]),
    bytes,
    label: (id) => (silent.has(id) ? name(id) : labelOf(bytes(id))),
    decoder: () => windowed(decode),
    toJSON: () => file,
  };
}

const LONE_SURROGATE = /\p{Surrogate}/gu;

/**
 * A stream out of a decoder that only knows lists: the text of a few tokens is compared with and without the newest, so that
 * decoders which strip or join at the start see the same start both times (as in Hugging Face's text-generation-inference).
 */
function windowed(decode: (ids: readonly number[]) => string): TextStream {
  let ids: number[] = [];
  let shown = 0; // of `ids`, how many have been shown; they stay for context
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
