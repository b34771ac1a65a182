/** How a token's text is shown: what has no shape of its own gets a sign. */

/** Spaces stay, as they are real width in a block; line breaks and tabs become signs; nothing else changes. */
export const shown = (text: string): string => text.replace(/\r\n|\n|\r/g, '⏎').replace(/\t/g, '⇥');

/** For names that are read aloud or stand in a table: spaces at the edges count too. */
export const named = (text: string): string =>
  text === '' ? '∅' : shown(text).replace(/^ +| +$/g, (spaces) => '␣'.repeat(spaces.length));

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
