/** Which characters of a text become tokens. */
import { codeOf, openCharacters, reserved } from './characters.ts';
import { END_OF_TEXT } from './text.ts';
import { type Tokenizer, TokenizerError } from './types.ts';

/**
 * Which characters become tokens.
 *
 * @example
 * const options: CharacterOptions = { minCount: 2, maxSize: 4096, fallback: 'unk' };
 */
export interface CharacterOptions {
  /** Rarer characters are left to the fallback. Default: 1, which keeps all. */
  readonly minCount?: number;
  /** The most ids, including separator and fallback. Default: no limit. */
  readonly maxSize?: number;
  /** Default: 'bytes'. */
  readonly fallback?: 'bytes' | 'unk';
}

/** The newline is always a token: few texts lack it, and a model must be able to write it. */
const ALWAYS = '\n';

/**
 * A tokenizer of the characters of a text, most frequent first; among equals, the lower code point first.
 *
 * @throws TokenizerError when `maxSize` leaves no room for separator, fallback and newline
 * @example
 * const tokenizer = trainCharacters(text, { fallback: 'unk' });
 * console.log(tokenizer.size);
 */
export function trainCharacters(
  text: string,
  { minCount = 1, maxSize = Infinity, fallback = 'bytes' }: CharacterOptions = {},
): Tokenizer {
  const least = reserved(fallback) + 1;
  if (!(maxSize >= least)) {
    throw new TokenizerError(
      `maxSize is ${maxSize}: with fallback '${fallback}' it must be at least ${least} (separator, fallback, newline)`,
    );
  }
  const counts = new Map<number, number>();
  for (const character of text.replaceAll(END_OF_TEXT, '')) {
    const code = codeOf(character);
    counts.set(code, (counts.get(code) ?? 0) + 1);
  }
  const newline = ALWAYS.charCodeAt(0);
  counts.set(newline, counts.get(newline) ?? 0);
  const kept = [...counts]
    .filter(([code, count]) => count >= minCount || code === newline)
    .sort(([a, m], [b, n]) => n - m || a - b);
  const room = maxSize - reserved(fallback);
  const codes = kept.slice(0, room).map(([code]) => code);
  if (!codes.includes(newline)) codes[codes.length - 1] = newline;
  return openCharacters({
    kind: 'characters',
    characters: codes.map((code) => String.fromCodePoint(code)).join(''),
    fallback,
  });
}
