/** Reads plain data that is not trusted: each value is checked, unknown keys are dropped, and a fault names its place. */

export class RunFileError extends Error {
  override readonly name = 'RunFileError';
  /** `run.steps[3].token` */
  readonly place: string;

  constructor(place: string, what: string) {
    super(`${place} ${what}`);
    this.place = place;
  }
}

/** An object at a place in the data, and typed ways to its values. */
export class Reading {
  readonly #of: Readonly<Record<string, unknown>>;
  readonly #place: string;

  constructor(value: unknown, place: string) {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw new RunFileError(place, 'is not an object');
    this.#of = value as Record<string, unknown>;
    this.#place = place;
  }

  fault(key: string, what: string): RunFileError {
    return new RunFileError(`${this.#place}.${key}`, what);
  }

  #get(key: string): unknown {
    return Object.hasOwn(this.#of, key) ? this.#of[key] : undefined;
  }

  #missing(key: string): boolean {
    return this.#get(key) === undefined || this.#get(key) === null;
  }

  is(key: string, wanted: string | number): void {
    if (this.#get(key) !== wanted) throw this.fault(key, `is not ${JSON.stringify(wanted)}`);
  }

  number(key: string, min = 0, max = Number.MAX_SAFE_INTEGER, x: unknown = this.#get(key)): number {
    if (typeof x !== 'number' || !(x >= min && x <= max))
      throw this.fault(key, `is not a number from ${min} to ${max}`);
    return x;
  }

  /** A number ≥ 0, or undefined. */
  maybe(key: string): number | undefined {
    return this.#missing(key) ? undefined : this.number(key);
  }

  text(key: string, x: unknown = this.#get(key)): string {
    if (typeof x !== 'string') throw this.fault(key, 'is not a text');
    return x;
  }

  date(key: string): string {
    const found = this.text(key);
    if (Number.isNaN(Date.parse(found))) throw this.fault(key, 'is not a date');
    return found;
  }

  one<T extends string>(key: string, values: readonly T[]): T {
    const found = values.find((value) => value === this.#get(key));
    if (found === undefined) throw this.fault(key, `is none of ${values.join(', ')}`);
    return found;
  }

  optionalOne<T extends string>(key: string, values: readonly T[]): T | undefined {
    return this.#missing(key) ? undefined : this.one(key, values);
  }

  #array(key: string, most: number, x: unknown = this.#get(key)): readonly unknown[] {
    if (!Array.isArray(x)) throw this.fault(key, 'is not a list');
    if (x.length > most) throw this.fault(key, `has ${x.length} entries, more than ${most}`);
    return x as unknown[];
  }

  numbers(key: string, min?: number, max?: number): number[] {
    return this.#array(key, 1_000_000).map((x, i) => this.number(`${key}[${i}]`, min, max, x));
  }

  maybeNumbers(key: string, min?: number, max?: number): number[] | undefined {
    return this.#missing(key) ? undefined : this.numbers(key, min, max);
  }

  /** JSON has no NaN: it stands as null. */
  shares(key: string): number[] {
    return this.#array(key, 100_000).map((x, i) => (x === null ? NaN : this.number(`${key}[${i}]`, 0, 1, x)));
  }

  texts(key: string, most: number): string[] {
    return this.#array(key, most).map((x, i) => this.text(`${key}[${i}]`, x));
  }

  object(key: string): Reading {
    return new Reading(this.#get(key), `${this.#place}.${key}`);
  }

  optional<T>(key: string, each: (r: Reading) => T): T | undefined {
    return this.#missing(key) ? undefined : each(this.object(key));
  }

  /** Numbers by name. */
  record(key: string): Record<string, number> {
    const inner = this.object(key);
    return Object.fromEntries(Object.keys(inner.#of).map((name) => [name, inner.number(name)]));
  }

  list<T>(key: string, most: number, each: (r: Reading) => T, of: unknown = this.#get(key)): T[] {
    return this.#array(key, most, of).map((x, i) => each(new Reading(x, `${this.#place}.${key}[${i}]`)));
  }

  lists<T>(key: string, length: number, most: number, each: (r: Reading) => T): T[][] {
    return this.#array(key, length).map((inner, i) => this.list(`${key}[${i}]`, most, each, inner));
  }
}
