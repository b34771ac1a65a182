/** Reads JSON from outside sources. */
import { FileFormatError } from './types.ts';

/**
 * A file that must hold one JSON object.
 * @throws FileFormatError saying what it starts with
 */
export function parseRecord(text: string, file: string): Record<string, unknown> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    const start = text.trimStart();
    const what = start.startsWith('<')
      ? 'this is a web page, not JSON; is the address right, does it need a login?'
      : `it is not JSON${start === '' ? ': it is empty' : `, or cut short: it has ${text.length} characters and starts with ${shown(start)}`}`;
    throw new FileFormatError(file, what, { cause });
  }
  if (!isRecord(json)) throw new FileFormatError(file, `it is ${shown(json)}: an object was expected`);
  return json;
}

/**
 * The first key that an object of this text has twice, or undefined. JSON.parse silently takes the last one, so two readers that
 * differ here would see two different files.
 * @param text must be valid JSON
 */
export function duplicateKey(text: string): string | undefined {
  const open: (Set<string> | undefined)[] = []; // keys of the enclosing objects; undefined for a list
  let before = ''; // the last character that is neither space nor part of a string
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '"') {
      const start = at;
      for (at++; text[at] !== '"'; at++) if (text[at] === '\\') at++;
      const keys = open.at(-1);
      if (!keys || before === ':') continue;
      const key = JSON.parse(text.slice(start, at + 1)) as string;
      if (keys.has(key)) return key;
      keys.add(key);
    } else if (character > ' ') {
      before = character;
      if (character === '{') open.push(new Set());
      else if (character === '[') open.push(undefined);
      else if (character === '}' || character === ']') open.pop();
    }
  }
  return undefined;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A value, shortened for an error message. */
export function shown(value: unknown): string {
  const text =
    typeof value === 'string' ? JSON.stringify(value.slice(0, 60)) : (JSON.stringify(value) ?? String(value));
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
