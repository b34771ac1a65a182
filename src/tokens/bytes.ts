/** The smallest vocabulary that can express every text: ids 0 … 255 are the bytes of UTF-8, 256 is the document separator <|endoftext|>. */
import { assemble } from './assemble.ts';
import { END_OF_TEXT, utf8 } from './text.ts';
import type { Tokenizer } from './types.ts';

const END = 256;

export function openBytes(): Tokenizer {
  const end = utf8(END_OF_TEXT);
  return assemble({
    kind: 'bytes',
    size: END + 1,
    special: { bos: END, eos: END },
    added: new Map([[END_OF_TEXT, END]]),
    bos: false,
    write: (text, ids) => ids.pushAll(utf8(text)),
    bytes: (id) => (id === END ? end : Uint8Array.of(id)),
    file: { kind: 'bytes' },
  });
}
