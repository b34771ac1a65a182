/** From a preset and its texts to the trainer's input: tokenizer, model configuration, both corpora. Pure: no files here. */
import { makeConfig, type ModelConfig } from '../model/config.ts';
import { openBytes } from '../tokens/bytes.ts';
import { trainCharacters } from '../tokens/train_characters.ts';
import { END_OF_TEXT } from '../tokens/text.ts';
import { trainBpe } from '../tokens/train.ts';
import type { Tokenizer } from '../tokens/types.ts';
import { type Corpus, framed } from './batches.ts';
import { documentsBetween, splitDocuments } from './documents.ts';
import type { Preset, TokenizerChoice } from './preset.ts';

/** What `train` takes, made from a preset and its texts. */
export interface Prepared {
  readonly tokenizer: Tokenizer;
  readonly config: ModelConfig;
  readonly data: Corpus;
  readonly validation: Corpus;
  readonly documents: { readonly train: readonly string[]; readonly validation: readonly string[] };
}

/** The preset's documents: its own function, a separator, or one document per text. */
export function documentsOf(preset: Preset, texts: readonly string[]): string[] {
  const { documents } = preset;
  if (typeof documents === 'function') return documents(texts);
  return texts.flatMap((text) => (documents === undefined ? [text.trim()] : documentsBetween(text, documents)));
}

/**
 * A tokenizer for these documents.
 *
 * @throws TokenizerError when its size leaves no room for bytes or special tokens
 * @example
 * const tokenizer = makeTokenizer({ kind: 'bpe', size: 1024 }, documents);
 */
export function makeTokenizer(choice: TokenizerChoice, documents: readonly string[]): Tokenizer {
  switch (choice.kind) {
    case 'bytes':
      return openBytes();
    case 'bpe':
      return trainBpe(documents, { size: choice.size });
    case 'characters': {
      const { kind: _kind, ...options } = choice;
      return trainCharacters(documents.join(END_OF_TEXT), options);
    }
  }
}

/**
 * Encodes documents for the trainer, with separators around each. Text that the vocabulary lacks is not learned.
 *
 * @example
 * const data = makeCorpus(tokenizer, documents);
 * console.log(targetCount(data));
 */
export function makeCorpus(tokenizer: Tokenizer, documents: readonly string[]): Corpus {
  const { eos, unk } = tokenizer.special;
  return {
    documents: documents.map((d) => framed(tokenizer.encode(d, { special: false, bos: false }), eos)),
    ...(unk !== undefined && { unknown: unk }),
  };
}

/**
 * Splits, tokenizes and shapes what a preset says.
 *
 * @param given a tokenizer that exists already (resumed or fine-tuned models)
 * @throws RangeError when there are no documents, or `preset.validation` or `preset.model` is out of range
 * @throws TokenizerError when the size of the preset's tokenizer is too small
 * @example
 * const { tokenizer, config, data, validation } = prepare(preset, [text]);
 */
export function prepare(preset: Preset, texts: readonly string[], given?: Tokenizer): Prepared {
  const documents = splitDocuments(documentsOf(preset, texts), preset.validation, preset.train.seed);
  // learned from the training text alone: the validation text stays unseen
  const tokenizer = given ?? makeTokenizer(preset.tokenizer, documents.train);
  return {
    tokenizer,
    config: makeConfig({ ...preset.model, vocab: tokenizer.size }),
    data: makeCorpus(tokenizer, documents.train),
    validation: makeCorpus(tokenizer, documents.validation),
    documents,
  };
}

/**
 * The number of targets (tokens to predict) that count in a loss per token.
 *
 * @example
 * console.log(`${targetCount(validation)} tokens to predict`);
 */
export function targetCount({ documents, unknown }: Corpus): number {
  let n = 0;
  for (const ids of documents) for (let i = 1; i < ids.length; i++) if (ids[i] !== unknown) n++;
  return n;
}

/**
 * Characters (code points) and UTF-8 bytes that a corpus's targets spell. Separators and unknown text do not count.
 *
 * @example
 * const { characters, bytes } = textSize(tokenizer, validation);
 */
export function textSize(tokenizer: Tokenizer, corpus: Corpus): { characters: number; bytes: number } {
  const decoder = new TextDecoder();
  let characters = 0;
  let bytes = 0;
  const { eos } = tokenizer.special;
  for (const ids of corpus.documents) {
    const kept = ids.filter((id) => id !== eos && id !== corpus.unknown);
    const parts = Array.from(kept, (id) => tokenizer.bytes(id));
    const whole = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
    let at = 0;
    for (const part of parts) {
      whole.set(part, at);
      at += part.length;
    }
    bytes += whole.length;
    characters += [...decoder.decode(whole)].length;
  }
  return { characters, bytes };
}
