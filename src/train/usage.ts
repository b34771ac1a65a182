/** A command line that was not understood: tools/run.mjs shows the message alone, without a stack. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export const asksForHelp = (argv: readonly string[]): boolean => argv.some((a) => a === '--help' || a === '-h');
