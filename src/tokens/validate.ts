/** Checks of JSON from outside. Each says what was found and what was expected. */
import { TokenizerError } from './types.ts';
import type { Special } from './types.ts';

/** Pairs of ids must fit into one exact number: see merge.ts. No vocabulary comes near. */
const MAX_IDS = 1 << 24;

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An object, from JSON text or already parsed. */
export function parseObject(value: unknown, what: string): Record<string, unknown> {
  let json = value;
  if (typeof value === 'string') {
    try {
      json = JSON.parse(value);
    } catch (cause) {
      throw new TokenizerError(`${what} is not JSON: it starts with ${shown(value)}`, { cause });
    }
  }
  if (!isRecord(json)) throw new TokenizerError(`${what} is ${shown(json)}; expected an object`);
  return json;
}

/** A short look at a value for an error message. */
export function shown(value: unknown): string {
  const text =
    typeof value === 'string' ? JSON.stringify(value.slice(0, 61)) : (JSON.stringify(value) ?? String(value));
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

export function isId(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) < MAX_IDS;
}

/** The range of ids, for messages. */
export const ID_RANGE = `an integer from 0 to ${MAX_IDS - 1}`;

/** Token → id, each id once. */
export function readIds(value: unknown, what: string): Record<string, number> {
  if (!isRecord(value)) throw new TokenizerError(`${what} is ${shown(value)}; expected an object of token → id`);
  const seen = new Map<number, string>();
  for (const [token, id] of Object.entries(value)) {
    if (!isId(id)) throw new TokenizerError(`${what}: ${shown(token)} has id ${shown(id)}; expected ${ID_RANGE}`);
    const other = seen.get(id);
    if (other !== undefined)
      throw new TokenizerError(`${what}: ${shown(other)} and ${shown(token)} both have id ${id}`);
    seen.set(id, token);
  }
  return value as Record<string, number>;
}

export function readTexts(value: unknown, what: string): string[] {
  if (!Array.isArray(value)) throw new TokenizerError(`${what} is ${shown(value)}; expected a list of texts`);
  const wrong = value.findIndex((text) => typeof text !== 'string');
  if (wrong >= 0) throw new TokenizerError(`${what}[${wrong}] is ${shown(value[wrong])}; expected a text`);
  return value as string[];
}

export function readNumbers(value: unknown, what: string): number[] {
  if (!Array.isArray(value)) throw new TokenizerError(`${what} is ${shown(value)}; expected a list of numbers`);
  const wrong = value.findIndex((number) => !Number.isFinite(number));
  if (wrong >= 0) throw new TokenizerError(`${what}[${wrong}] is ${shown(value[wrong])}; expected a finite number`);
  return value as number[];
}

export function readSpecial(value: unknown): Special {
  if (!isRecord(value)) throw new TokenizerError(`special is ${shown(value)}; expected {bos?, eos?, unk?}`);
  for (const role of ['bos', 'eos', 'unk']) {
    if (value[role] !== undefined && !isId(value[role]))
      throw new TokenizerError(`special.${role} is ${shown(value[role])}; expected an id`);
  }
  return value as Special;
}
