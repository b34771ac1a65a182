/** How a byte-level BPE tokenizer put a text together, word by word. */
import type { BpeTokenizer, MergeStep } from '../tokens/bpe.ts';
import { utf8 } from '../tokens/text.ts';
import type { Tokenizer } from '../tokens/types.ts';

/** How one word was put together. A word is a stretch of the text within which a tokenizer joins. */
export interface WordMerges {
  /** Its tokens: from (included) to. */
  readonly tokens: readonly [from: number, to: number];
  /** In the order in which they happened: the byte of the word at which the left one of the two pieces begins. */
  readonly joins: readonly number[];
}

/** Undefined for a tokenizer that joins nothing, and for a text with special tokens, which is not read word by word. */
export function mergesOf(tokenizer: Tokenizer, text: string): readonly WordMerges[] | undefined {
  if (!('merges' in tokenizer)) return undefined;
  const bpe = tokenizer as BpeTokenizer;
  const steps = new Map<number, MergeStep[]>();
  for (const step of bpe.merges(text)) {
    const known = steps.get(step.index);
    if (known) known.push(step);
    else steps.set(step.index, [step]);
  }
  const words: WordMerges[] = [];
  let at = 0;
  let index = 0;
  for (const word of bpe.words(text)) {
    const made = steps.get(index++);
    const count = made ? made.at(-1)!.tokens.length : utf8(word).length;
    words.push({ tokens: [at, at + count], joins: made?.map(({ from }) => from) ?? [] });
    at += count;
  }
  return at === tokenizer.encode(text).length ? words : undefined;
}
