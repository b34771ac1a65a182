/**
 * How the commands of this repository read their arguments: with node's parseArgs, and one line about anything they do not understand.
 * tools/run.mjs prints a UsageError without a stack trace and exits with 2.
 */
import { parseArgs, type ParseArgsConfig } from 'node:util';

/** A command line that cannot be carried out as it stands. The message is one line: what was asked, and what is allowed. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

type Options = NonNullable<ParseArgsConfig['options']>;

export const asksForHelp = (argv: readonly string[]): boolean => argv.some((a) => a === '--help' || a === '-h');

/**
 * Options, and the words between them. Throws UsageError for an option that is unknown or lacks its value.
 * @param call how the command is typed: `npm run bench --`
 */
export function readArguments<const T extends Options>(call: string, options: T, argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options, allowPositionals: true as const, strict: true as const });
  } catch (error) {
    const names = Object.keys(options).map((name) => `--${name}`);
    throw new UsageError(`${explain(error, names)}; ${call} --help explains them`, { cause: error });
  }
}

/** Puts parseArgs' errors, which run over several lines, into one. */
function explain(error: unknown, names: readonly string[]): string {
  const { code, message } = error as { readonly code?: string; readonly message: string };
  const [, option] = /'(?:-\w, )?(-[^' ]*)/.exec(message) ?? [];
  if (option === undefined) throw error;
  if (code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION')
    return `there is no option ${option}; there are ${[...names, '--adapter'].join(' ')}`;
  if (message.includes('does not take')) return `${option} takes no value`;
  if (message.includes('ambiguous')) return `${option} needs a value; one that begins with - is written ${option}=-…`;
  return `${option} needs a value`;
}

/** An option's value as a number; undefined if the option is absent. */
export function numberOption(
  name: string,
  text: string | undefined,
  rule: { readonly whole?: boolean } = {},
): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() !== '' && value > 0 && Number.isFinite(value) && (!rule.whole || Number.isInteger(value)))
    return value;
  throw new UsageError(
    `--${name} is ${text || 'empty'}; a ${rule.whole ? 'whole number from 1 on' : 'number above 0'} was expected`,
  );
}

/** An option's value as one of a few words. The first is the default. */
export function choiceOption<const T extends string>(
  name: string,
  text: string | undefined,
  choices: readonly [T, ...T[]],
): T {
  const found = text === undefined ? choices[0] : choices.find((choice) => choice === text);
  if (found === undefined)
    throw new UsageError(`--${name} is ${text || 'empty'}; ${choices.join(' or ')} was expected`);
  return found;
}

/** Returns the result of `work`, which only checks arguments: anything it throws is about the command line. */
export function asUsage<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new UsageError((error as Error).message, { cause: error });
  }
}
