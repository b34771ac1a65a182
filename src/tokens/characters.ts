/**
 * One token per character (Unicode code point), most frequent first. Ids: 0 is the document separator <|endoftext|>, which also begins
 * a text; then the fallback's tokens; then the characters. A character that the vocabulary lacks becomes either
 * - 'bytes': its UTF-8 bytes, 256 tokens of their own. Nothing is lost, and the vocabulary grows by 256; or
 * - 'unk': the token <unk>, which reads as U+FFFD. Small, for alphabets that are complete.
 */
import { assemble } from './assemble.ts';
import { byteName, END_OF_TEXT, utf8 } from './text.ts';
import { TokenizerError } from './types.ts';
import type { CharactersFile, Tokenizer } from './types.ts';

const REPLACEMENT = 0xfffd;

/** Ids before the first character. */
export const reserved = (fallback: 'bytes' | 'unk'): number => 1 + (fallback === 'bytes' ? 256 : 1);

/** The code point; U+FFFD for a lone surrogate. */
export function codeOf(character: string): number {
  const code = character.codePointAt(0) as number;
  return code >= 0xd800 && code <= 0xdfff ? REPLACEMENT : code;
}

export function openCharacters(file: CharactersFile): Tokenizer {
  const { characters, fallback } = file;
  const first = reserved(fallback);
  const list = [...characters];
  const ids = new Map<number, number>();
  for (const [i, character] of list.entries()) {
    const code = codeOf(character);
    if (ids.has(code))
      throw new TokenizerError(`characters has ${JSON.stringify(character)} twice, the second time at ${i}`);
    ids.set(code, first + i);
  }
  const texts = list.map((character) => utf8(character));
  const end = utf8(END_OF_TEXT);
  const unknown = utf8(String.fromCharCode(REPLACEMENT));

  return assemble({
    kind: 'characters',
    size: first + list.length,
    special: { bos: 0, eos: 0, ...(fallback === 'unk' ? { unk: 1 } : {}) },
    added: new Map([[END_OF_TEXT, 0]]),
    bos: false,
    write(text, out) {
      for (const character of text) {
        const id = ids.get(codeOf(character));
        if (id !== undefined) out.push(id);
        else if (fallback === 'unk') out.push(1);
        else for (const byte of utf8(character)) out.push(1 + byte);
      }
    },
    bytes(id) {
      if (id === 0) return end;
      if (id >= first) return texts[id - first];
      return fallback === 'bytes' ? Uint8Array.of(id - 1) : unknown;
    },
    label(id) {
      if (id === 0 || id >= first) return undefined;
      return fallback === 'bytes' ? byteName(id - 1) : '<unk>';
    },
    file,
  });
}
