import type { Dims, Options, Scalars } from '../plan/types.ts';

/** Storage of a port. The oracle uses Float64Array for every float port; the CPU engine hands in Float32Array views of its memory. */
export type Numbers = Float64Array | Float32Array | Uint32Array;

/**
 * An op as plain loops: reads and writes whole ports in place (an absent optional port is missing from `ports`).
 * f16 ports arrive as float arrays whose values are already rounded to f16; rounding an f16 *output* is the caller's work.
 */
export type Reference = (
  ports: Readonly<Record<string, Numbers>>,
  dims: Dims,
  options: Options,
  scalars: Scalars,
) => void;
