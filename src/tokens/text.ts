/** From tokens' bytes to text, the same for every tokenizer whose tokens have bytes of their own. */
import type { TextStream } from './types.ts';

/** Text of the special token that ends a document, in GPT-2 and here. */
export const END_OF_TEXT = '<|endoftext|>';

/** The bytes that `id` adds after `previous` (undefined: it is the first). */
export type BytesAfter = (id: number, previous: number | undefined) => Uint8Array<ArrayBuffer>;

const encoder = new TextEncoder();

/** UTF-8 of `text`; lone surrogates become U+FFFD. */
export function utf8(text: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(text);
}

export function decodeAll(ids: Iterable<number>, bytesAfter: BytesAfter): string {
  const parts: Uint8Array[] = [];
  let length = 0;
  let previous: number | undefined;
  for (const id of ids) {
    const part = bytesAfter(id, previous);
    parts.push(part);
    length += part.length;
    previous = id;
  }
  const all = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return newDecoder().decode(all);
}

/** So many tokens before a stream matter: more than a character has bytes. */
const CONTEXT = 16;

/** The end of a text, as far as it can affect what follows. */
export function contextOf(previous: Iterable<number>): number[] {
  return [...previous].slice(-CONTEXT);
}

/** All results of `push` and `flush`, joined, are what `decodeAll` returns. */
export function streamOf(bytesAfter: BytesAfter, before: Iterable<number> = []): TextStream {
  const decoder = newDecoder();
  let previous: number | undefined;
  const push = (id: number): string => {
    const text = decoder.decode(bytesAfter(id, previous), { stream: true });
    previous = id;
    return text;
  };
  for (const id of contextOf(before)) push(id);
  return {
    push,
    flush() {
      previous = undefined;
      return decoder.decode();
    },
  };
}

/** A byte order mark is a character like any other: tokens must decode to what was encoded. */
function newDecoder(): TextDecoder {
  return new TextDecoder('utf-8', { ignoreBOM: true });
}

const strict = new TextDecoder('utf-8', { ignoreBOM: true, fatal: true });

/** The text of whole characters; `<0xE4><0xBD>` for bytes that are only a part of one. */
export function labelOf(bytes: Uint8Array): string {
  try {
    return strict.decode(bytes);
  } catch {
    return Array.from(bytes, byteName).join('');
  }
}

/** SentencePiece's name of a byte: `<0x0A>`. */
export function byteName(byte: number): string {
  return `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`;
}

/** The name of an id that no token has. */
export function unusedName(id: number): string {
  return `<unused ${id}>`;
}
