/**
 * GPT-2's byte alphabet: every byte as one printable character, so that vocabularies and merges are plain text (a space is Ġ).
 * Bytes that print in Latin-1 stand for themselves, the others are 256, 257, … in order.
 */

/** Byte → its character's code. */
const letterOfByte = new Uint16Array(256);
/** Code of a character → its byte. */
const byteOfLetter = new Map<number, number>();
/** The bytes in the order of their characters: the ids 0 … 255 of GPT-2. */
export const BYTES_IN_ORDER = new Uint8Array(256);

const prints = (byte: number): boolean =>
  (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || (byte >= 0xae && byte <= 0xff);

let order = 0;
let hidden = 256;
for (const visible of [true, false]) {
  for (let byte = 0; byte < 256; byte++) {
    if (prints(byte) !== visible) continue;
    letterOfByte[byte] = visible ? byte : hidden++;
    byteOfLetter.set(letterOfByte[byte], byte);
    BYTES_IN_ORDER[order++] = byte;
  }
}

/** Bytes as text in the alphabet. */
export function toLetters(bytes: Iterable<number>): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(letterOfByte[byte]);
  return text;
}

/** The bytes of a text in the alphabet, or undefined when a character is not part of it. */
export function fromLetters(letters: string): Uint8Array<ArrayBuffer> | undefined {
  const bytes = new Uint8Array(letters.length);
  for (let i = 0; i < letters.length; i++) {
    const byte = byteOfLetter.get(letters.charCodeAt(i));
    if (byte === undefined) return undefined;
    bytes[i] = byte;
  }
  return bytes;
}
