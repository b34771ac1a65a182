import type { Options } from './op.ts';

/** A port is there when this yes/no option is set. */
export const on =
  (name: string) =>
  (options: Options): boolean =>
    Boolean(options[name]);
