/** The roof probes: see src/kernels/probe.ts. */
import type { Reference } from './types.ts';

export const fmaPeak: Reference = ({ inp, out }, { N, I }, _options, { a, b }) => {
  for (let n = 0; n < N; n++) {
    let x = inp[n];
    for (let i = 0; i < 8 * I; i++) x = a * x + b;
    out[n] = x;
  }
};

export const copy: Reference = ({ inp, out }) => {
  out.set(inp as Float64Array);
};
