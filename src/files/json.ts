/** JSON from outside. */

/**
 * The first key that an object of this text has twice, or undefined. JSON.parse takes the last one without a word, and two readers
 * that differ there would see two different files.
 * @param text must be valid JSON
 */
export function duplicateKey(text: string): string | undefined {
  const open: (Set<string> | undefined)[] = []; // keys of the objects around; undefined for a list
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

/** A short look at a value for an error message. */
export function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
