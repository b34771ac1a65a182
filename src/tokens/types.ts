/** The one small type behind all tokenizers, and the plain JSON that each of them is stored as. */

/**
 * How a text is read.
 *
 * @example
 * const options: EncodeOptions = { special: false, bos: true };
 * tokenizer.encode('a <|endoftext|> that is only text', options);
 */
export interface EncodeOptions {
  /** Texts of special tokens (`<|endoftext|>`) in the input become those tokens; false reads them as ordinary text. Default: true. */
  readonly special?: boolean;
  /** Put the beginning-of-text token first. Default: what the tokenizer's models were trained with. */
  readonly bos?: boolean;
}

/** Text that grows token by token. It never shows half a character: the bytes of an unfinished one wait for the next token. */
export interface TextStream {
  /** The text that this token completes; may be empty. */
  push(id: number): string;
  /** The rest, with unfinished bytes as U+FFFD. Afterwards the stream is as good as new. */
  flush(): string;
}

/** Tokens that are not text, if the tokenizer has them. */
export interface Special {
  /** Beginning of a text. */
  readonly bos?: number;
  /** End of a text, and the separator between documents. */
  readonly eos?: number;
  /** All tokens that end a text, including `eos`, if a model has several. */
  readonly ends?: readonly number[];
  /** Stands for text that the vocabulary cannot express. */
  readonly unk?: number;
}

/** Where a tokenizer's rules come from. */
export type TokenizerKind = 'characters' | 'bytes' | 'bpe' | 'sentencepiece' | 'huggingface';

/**
 * Text to tokens and back, for any kind of tokenizer file.
 *
 * @example
 * const ids = model.tokenizer.encode('It was a');
 * console.log([...ids].map((id) => model.tokenizer.label(id)));
 */
export interface Tokenizer {
  readonly kind: TokenizerKind;
  /** Ids are 0 … size − 1. */
  readonly size: number;
  readonly special: Special;
  /** Lone surrogates are read as U+FFFD, as every encoder of UTF-8 does. */
  encode(text: string, options?: EncodeOptions): Uint32Array<ArrayBuffer>;
  /**
   * Invalid UTF-8 becomes U+FFFD. Special tokens become their text, except those of SentencePiece and of tokenizers that the library
   * reads, which become nothing.
   */
  decode(ids: Iterable<number>): string;
  /** The bytes that one token adds to the text, if tokens have bytes of their own; empty for control tokens. */
  bytes(id: number): Uint8Array<ArrayBuffer>;
  /** A name for people: the token's text, or `<0xE4><0xBD>` if it is a part of a character. Throws TokenizerError as `decode`. */
  label(id: number): string;
  /**
   * Text that grows token by token.
   * @param previous ids of the text to continue. It is not repeated, but it decides whether a first space is kept, and the bytes of an
   *   unfinished character at its end wait for the rest.
   */
  decoder(previous?: Iterable<number>): TextStream;
  /** What `openTokenizer` opens again. */
  toJSON(): TokenizerFile;
}

/** A tokenizer of whole characters. */
export interface CharactersFile {
  readonly kind: 'characters';
  /** The characters in the order of their ids, in one string; each a whole code point. */
  readonly characters: string;
  readonly fallback: 'bytes' | 'unk';
}

/** The tokenizer of bytes: ids 0 … 255, and 256 as the separator. */
export interface BytesFile {
  readonly kind: 'bytes';
}

/** A byte-level BPE tokenizer, as GPT-2 has it. */
export interface BpeFile {
  readonly kind: 'bpe';
  /** `left right` in GPT-2's byte alphabet, best rank first. */
  readonly merges: readonly string[];
  /** Token (in the byte alphabet) → id. Absent: the 256 bytes in the alphabet's order, then one id per merge. */
  readonly vocab?: Readonly<Record<string, number>>;
  /** Special tokens: text → id. */
  readonly added: Readonly<Record<string, number>>;
  readonly special: Special;
}

/** A SentencePiece tokenizer with scores, as Llama 2 has it. */
export interface SentencePieceFile {
  readonly kind: 'sentencepiece';
  readonly pieces: readonly string[];
  /** One per piece: of two neighbours that could merge, those with the higher score do so first. */
  readonly scores: readonly number[];
}

/** Any other tokenizer.json, run by Hugging Face's library. */
export interface HuggingFaceFile {
  readonly kind: 'huggingface';
  /** tokenizer.json as it is. */
  readonly tokenizer: Readonly<Record<string, unknown>>;
  /** tokenizer_config.json as it is. */
  readonly config: Readonly<Record<string, unknown>>;
}

/** What `toJSON` of a tokenizer gives and `openTokenizer` opens. */
export type TokenizerFile = CharactersFile | BytesFile | BpeFile | SentencePieceFile | HuggingFaceFile;

/**
 * A tokenizer's file, or an id, that is invalid. The message says what was found and what to do.
 *
 * @example
 * await openTokenizer('{}').catch((error) => console.log(error instanceof TokenizerError, error.message));
 */
export class TokenizerError extends Error {
  override readonly name = 'TokenizerError';
}
