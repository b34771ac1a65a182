/** How a token's text is shown: what has no shape of its own gets a sign. */

/** Spaces stay, as they are real width in a block; line breaks and tabs become signs; nothing else changes. */
export const shown = (text: string): string => text.replace(/\r\n|\n|\r/g, '⏎').replace(/\t/g, '⇥');

/** For names that are read aloud or stand in a table: spaces at the edges count too. */
export const named = (text: string): string =>
  text === '' ? '∅' : shown(text).replace(/^ +| +$/g, (spaces) => '␣'.repeat(spaces.length));

/** For names that are read aloud: a word without its space; what is only space by its sign. */
export const spoken = (text: string): string => shown(text).trim() || named(text);

/** Does the token write whole characters? Its bytes are UTF-8. */
export function isWhole(bytes: readonly number[]): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(Uint8Array.from(bytes));
    return true;
  } catch {
    return false;
  }
}

/** `e5 ba` */
export const hex = (bytes: readonly number[]): string =>
  bytes.map((byte) => byte.toString(16).padStart(2, '0')).join(' ');

/** How a tokenizer names the bytes of a part of a character. */
const BYTES = /^(?:<0x[0-9A-F]{2}>)+$/;

/** What a block shows: text, or the bytes of a part of a character. Those are given, or known from the name `<0xE4><0xBD>`. */
export function faceOf(text: string, bytes?: readonly number[]): { readonly face: string; readonly part: boolean } {
  if (bytes?.length && !isWhole(bytes)) return { face: hex(bytes), part: true };
  if (bytes || !BYTES.test(text)) return { face: shown(text), part: false };
  return { face: hex(text.match(/[0-9A-F]{2}/g)!.map((byte) => parseInt(byte, 16))), part: true };
}
