/** Models often have more rows than their tokenizer has tokens, up to a round number. Such a token can be drawn, but has no text. */
import { unusedName } from './text.ts';
import type { Tokenizer } from './types.ts';

/**
 * The tokenizer for a model of `vocab` rows. Ids from its own size up to `vocab` have an empty text and a name such as `<unused 264>`.
 * Higher ids remain errors.
 */
export function padTokenizer<T extends Tokenizer>(tokenizer: T, vocab: number): T {
  const { size } = tokenizer;
  if (vocab <= size) return tokenizer;
  const unused = (id: number): boolean => Number.isInteger(id) && id >= size && id < vocab;
  const own = (ids: Iterable<number>): number[] => [...ids].filter((id) => !unused(id));
  return {
    ...tokenizer,
    bytes: (id) => (unused(id) ? new Uint8Array(0) : tokenizer.bytes(id)),
    label: (id) => (unused(id) ? unusedName(id) : tokenizer.label(id)),
    decode: (ids) => tokenizer.decode(own(ids)),
    decoder(previous = []) {
      const stream = tokenizer.decoder(own(previous));
      return { push: (id) => (unused(id) ? '' : stream.push(id)), flush: () => stream.flush() };
    },
  };
}
