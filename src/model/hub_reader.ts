/** Reads a config.json setting by setting, and knows at the end what was not read. */
import { LIMITS } from './config.ts';
import { isInert, isNullable, NEUTRAL } from './hub_settings.ts';
import { WeightsError } from './errors.ts';

/** A parsed config.json. */
export type Json = Readonly<Record<string, unknown>>;
export type Range = readonly [number, number];

/** Throws an error about config.json. */
export function fail(message: string, cause?: unknown): never {
  throw new WeightsError(`config.json: ${message}`, cause === undefined ? {} : { cause });
}

export const shown = (value: unknown): string => {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
};

export const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** Reads settings by name and remembers which. */
export class Settings {
  readonly #json: Json;
  readonly #read = new Set<string>();

  constructor(json: Json) {
    this.#json = json;
  }

  /** The value under one of these names, with the name; two different values are an error. */
  find(...keys: readonly string[]): { key: string; value: unknown } | undefined {
    keys.forEach((key) => this.#read.add(key));
    const [key, other] = keys.filter((k) => this.#isSaid(k));
    if (other !== undefined && !same(this.#json[key], this.#json[other]))
      fail(`${key} is ${shown(this.#json[key])}, ${other} is ${shown(this.#json[other])}: which is it?`);
    return key === undefined ? undefined : { key, value: this.#json[key] };
  }

  /** The value under a name, or the one its absence implies. */
  value(key: string, absent: unknown): unknown {
    return (this.find(key) ?? { value: absent }).value;
  }

  #isSaid(key: string): boolean {
    const value = Object.hasOwn(this.#json, key) ? this.#json[key] : undefined;
    return value !== undefined && !(value === null && isNullable(key));
  }

  /** A number in a range; numbers written as text count. Without a fallback it must be there. */
  number(keys: readonly string[], range: Range, fallback?: number, whole = false): number {
    const found = this.find(...keys);
    if (!found) return fallback ?? fail(`${keys.join(' or ')} is missing`);
    return readNumber(found.key, found.value, range, whole);
  }

  /** A size: a whole number within the limits of ours. */
  size(keys: readonly string[], limit: keyof typeof LIMITS, fallback?: number): number {
    return this.number(keys, LIMITS[limit], fallback, true);
  }

  flag(key: string, fallback: boolean): boolean {
    const value = this.value(key, fallback);
    return typeof value === 'boolean' ? value : fail(`${key} is ${shown(value)}: true or false was expected`);
  }

  /** Refuses settings that were not read and would change the model; returns the names of unknown ones. */
  rest(): string[] {
    const unknown: string[] = [];
    for (const [key, value] of Object.entries(this.#json)) {
      if (this.#read.has(key) || isInert(key) || value === null || value === undefined) continue;
      const neutral = Object.hasOwn(NEUTRAL, key) ? NEUTRAL[key] : undefined;
      if (!neutral) unknown.push(key);
      else if (!neutral.values.some((allowed) => same(allowed, value))) {
        const without = neutral.values.length
          ? `only ${neutral.values.map(shown).join(' or ')}`
          : 'only models without it';
        fail(`${key} is ${shown(value)}: ${neutral.about} cannot be computed here, ${without}`);
      }
    }
    return unknown;
  }
}

/** @throws WeightsError naming the setting, unless it is a number in the range; numbers written as text count */
export function readNumber(key: string, value: unknown, [least, most]: Range, whole = false): number {
  const text = typeof value === 'string' && /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i.test(value);
  const number = text ? Number(value) : value;
  if (typeof number !== 'number' || !(number >= least && number <= most) || (whole && !Number.isInteger(number)))
    fail(`${key} is ${shown(value)}: a ${whole ? 'whole ' : ''}number from ${least} to ${most} was expected`);
  return number;
}
