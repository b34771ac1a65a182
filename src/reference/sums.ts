/** Plain sums: see src/kernels/sums.ts. */
import type { Reference } from './types.ts';

export const sum: Reference = ({ inp, out }, { N }, { ACCUM }) => {
  let total = ACCUM ? out[0] : 0;
  for (let i = 0; i < N; i++) total += inp[i];
  out[0] = total;
};

export const sumRows: Reference = ({ inp, out }, { R, C }, { ACCUM }) => {
  for (let c = 0; c < C; c++) {
    let total = ACCUM ? out[c] : 0;
    for (let r = 0; r < R; r++) total += inp[r * C + c];
    out[c] = total;
  }
};
