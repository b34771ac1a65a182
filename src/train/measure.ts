/** How a finished model is judged: losses in every unit, and n-grams on the same split. */
import { compareNgrams, type NgramScore } from '../model/ngram/ngram.ts';
import type { Tokenizer } from '../tokens/types.ts';
import type { Corpus } from './batches.ts';
import { makeCorpus, makeTokenizer, targetCount, textSize } from './prepare.ts';

/** One loss in the usual units. */
export interface Loss {
  readonly natsPerToken: number;
  readonly bitsPerCharacter: number;
  readonly bitsPerByte: number;
}

/** How large a text is, in three units. */
export interface TextCounts {
  /** Tokens to predict. */
  readonly targets: number;
  /** Code points. */
  readonly characters: number;
  /** Of the UTF-8. */
  readonly bytes: number;
}

/**
 * Counts what a corpus asks a model to predict, and the text that it stands for.
 *
 * @example
 * const { targets, characters, bytes } = countText(tokenizer, validation);
 */
export function countText(tokenizer: Tokenizer, corpus: Corpus): TextCounts {
  return { targets: targetCount(corpus), ...textSize(tokenizer, corpus) };
}

/**
 * A loss per token as bits per character and per byte too. Separators are predicted as well: their bits are spread over the characters of
 * the text.
 *
 * @example
 * const { bitsPerByte } = inUnits(2.1, countText(tokenizer, validation)); // of 2.1 nats per token
 */
export function inUnits(natsPerToken: number, { targets, characters, bytes }: TextCounts): Loss {
  const bits = (natsPerToken * targets) / Math.LN2;
  return { natsPerToken, bitsPerCharacter: bits / characters, bitsPerByte: bits / bytes };
}

export interface NgramRow extends NgramScore, Loss {
  readonly tokens: 'the model’s' | 'characters';
}

/**
 * All n-grams of orders 1 to 5 over the model's own tokens and, if those are not characters, over characters; the fewest bits per
 * character first.
 *
 * @example
 * const { tokenizer, data, validation, documents } = prepare(preset, [text]);
 * const [best] = ngramTable(tokenizer, data, validation, documents);
 * console.log(best.order, best.smoothing, best.bitsPerCharacter);
 */
export function ngramTable(
  tokenizer: Tokenizer,
  data: Corpus,
  validation: Corpus,
  documents: { readonly train: readonly string[]; readonly validation: readonly string[] },
): NgramRow[] {
  const rows = (tokens: NgramRow['tokens'], own: Tokenizer, train: Corpus, held: Corpus): NgramRow[] => {
    const counts = countText(own, held);
    const scores = compareNgrams(train.documents, held.documents, {
      order: 5,
      vocab: own.size,
      ...(train.unknown !== undefined && { unknown: train.unknown }),
    });
    return scores.map((score) => ({ tokens, ...score, ...inUnits(score.loss, counts) }));
  };
  const table = rows('the model’s', tokenizer, data, validation);
  if (tokenizer.kind !== 'characters') {
    const characters = makeTokenizer({ kind: 'characters', fallback: 'unk' }, documents.train);
    table.push(
      ...rows(
        'characters',
        characters,
        makeCorpus(characters, documents.train),
        makeCorpus(characters, documents.validation),
      ),
    );
  }
  return table.sort((a, b) => a.bitsPerCharacter - b.bitsPerCharacter);
}
