/** Text from an n-gram model, drawn by the same rule as a GPT's (src/kernels/sample.ts), so that both can be compared word by word. */
import type { Sampling } from '../../sample/sampling.ts';
import { pick } from '../../reference/sample.ts';
import { uniform } from '../../sample/hash.ts';
import type { NgramModel } from './ngram.ts';

/**
 * How a text is drawn from an n-gram model.
 *
 * @example
 * const sampling: NgramSampling = { temperature: 0.8, topK: 40, topP: 1, seed: 7 };
 */
export interface NgramSampling extends Sampling {
  /** Stops before this token. Default: none. */
  readonly end?: number;
}

/**
 * The prompt's continuation, at most `count` tokens.
 *
 * @example
 * const model = ngramModel(trie, { order: 3, smoothing: 'witten-bell' });
 * const tokens = sampleNgram(model, tokenizer.encode('It'), 100, { temperature: 1, topK: 0, topP: 1, seed: 1 });
 */
export function sampleNgram(
  model: NgramModel,
  prompt: ArrayLike<number>,
  count: number,
  { seed, end, ...settings }: NgramSampling,
): number[] {
  const tokens = Array.from(prompt);
  const made: number[] = [];
  while (made.length < count) {
    const logits = model.distribution(tokens).map(Math.log);
    const { token } = pick(logits, { ...settings, u: uniform(seed, tokens.length - 1, 0, 0) });
    if (token === end) break;
    tokens.push(token);
    made.push(token);
  }
  return made;
}
