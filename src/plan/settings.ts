/** One check for every setting that comes from a person or a page. */

/**
 * A setting outside what is allowed; the message gives field, value and range.
 *
 * @example
 * if (error instanceof SettingsError) console.log(`${error.field} must be ${error.allowed}`);
 */
export class SettingsError extends RangeError {
  override readonly name = 'SettingsError';
  readonly field: string;
  readonly value: unknown;
  /** For people: `a whole number from 0 to 100`. */
  readonly allowed: string;

  constructor(field: string, value: unknown, allowed: string) {
    super(`${field} is ${show(value)}; ${allowed} was expected`);
    this.field = field;
    this.value = value;
    this.allowed = allowed;
  }
}

function show(value: unknown): string {
  if (value === undefined) return 'missing';
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'number' || typeof value === 'bigint') return String(value); // JSON has neither NaN nor these
  return JSON.stringify(value).slice(0, 80);
}

/** What a number may be. */
export interface NumberRule {
  readonly min: number;
  /** Default: no end. */
  readonly max?: number;
  readonly whole?: boolean;
  /** `min` itself is not allowed. */
  readonly above?: boolean;
}

const allowedBy = ({ min, max = Infinity, whole, above }: NumberRule): string => {
  const kind = whole ? 'a whole number' : 'a number';
  if (max === Infinity) return above ? `${kind} above ${min}` : `${kind} ≥ ${min}`;
  return above ? `${kind} above ${min} and up to ${max}` : `${kind} from ${min} to ${max}`;
};

/** Returns `value`, or throws SettingsError when the rule does not allow it. */
export function checkNumber(field: string, value: unknown, rule: NumberRule): number {
  const { min, max = Infinity, whole, above } = rule;
  const right =
    typeof value === 'number' &&
    Number.isFinite(value) &&
    value >= min &&
    value <= max &&
    !(above && value === min) &&
    !(whole && !Number.isInteger(value));
  if (!right) throw new SettingsError(field, value, allowedBy(rule));
  return value;
}

/** `checkNumber` for every field of `rules` that `settings` has. Absent fields have defaults. */
export function checkSettings(
  settings: Readonly<Record<string, unknown>>,
  rules: Readonly<Record<string, NumberRule>>,
): void {
  for (const [field, rule] of Object.entries(rules))
    if (settings[field] !== undefined) checkNumber(field, settings[field], rule);
}
