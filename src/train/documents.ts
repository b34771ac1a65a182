/** Plain text → documents, split into those to learn from and those to measure on. */
import { permutation, randomStream } from '../sample/random.ts';

/** Documents that are learned from, and those that are held out. */
export interface Split {
  readonly train: readonly string[];
  readonly validation: readonly string[];
}

/**
 * The documents between separators, such as `<|endoftext|>` or blank lines. Empty ones are dropped.
 *
 * @example
 * const documents = documentsBetween(text, '<|endoftext|>');
 */
export function documentsBetween(text: string, separator: string | RegExp): string[] {
  return text
    .split(separator)
    .map((d) => d.trim())
    .filter((d) => d !== '');
}

/**
 * Draws whole documents, seeded, until at least `share` of the characters are for validation. A single document is cut in two instead,
 * and its last part is for validation.
 *
 * @param share of the characters (UTF-16 units) for validation, above 0 and below 1
 * @param seed of the draw: the same one gives the same split
 * @throws RangeError when `share` is out of range or there are no documents
 * @example
 * const { train, validation } = splitDocuments(documents, 0.1, 1);
 */
export function splitDocuments(documents: readonly string[], share: number, seed: number): Split {
  if (!(share > 0 && share < 1))
    throw new RangeError(`share of validation text is ${share}; a number between 0 and 1 was expected`);
  if (documents.length === 0) throw new RangeError('there are no documents to split');
  if (documents.length === 1) {
    const [text] = documents;
    const at = Math.floor(text.length * (1 - share));
    return { train: [text.slice(0, at)], validation: [text.slice(at)] };
  }
  const total = documents.reduce((n, d) => n + d.length, 0);
  const held = new Set<number>();
  let taken = 0;
  for (const i of permutation(documents.length, randomStream(seed, 1))) {
    if (taken >= share * total || held.size === documents.length - 1) break;
    held.add(i);
    taken += documents[i].length;
  }
  return { train: documents.filter((_, i) => !held.has(i)), validation: documents.filter((_, i) => held.has(i)) };
}

/**
 * Joins the lines of each paragraph, with one newline between paragraphs, single spaces and `\n` as line end.
 *
 * @example
 * joinLines('It was\na dark night.\n\nThe rain fell.'); // 'It was a dark night.\nThe rain fell.'
 */
export function joinLines(text: string): string {
  return text
    .replaceAll('\r', '')
    .split(/\n\s*\n/)
    .map((p) => p.replace(/\s+/g, ' ').trim())
    .filter((p) => p !== '')
    .join('\n');
}
