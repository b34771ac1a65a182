/** Ops on single elements: see src/kernels/elementwise.ts. */
import { STATE } from '../plan/state.ts';
import { uniform } from '../sample/hash.ts';
import type { Reference } from './types.ts';

export const add: Reference = ({ a, b, out }, { N }, _options, { alpha, beta }) => {
  for (let i = 0; i < N; i++) out[i] = alpha * a[i] + beta * b[i];
};

export const fill: Reference = ({ out }, { N }, _options, { value }) => {
  out.fill(value, 0, N);
};

export const dropout: Reference = ({ state, inp, residual, out }, { N, SALT }, { RESIDUAL }, scalars) => {
  // a kernel sees the rate as f32; with the same rounding both keep the very same elements
  const rate = Math.fround(scalars.rate);
  for (let i = 0; i < N; i++) {
    const keep = uniform(state[STATE.SEED], state[STATE.STEP], SALT, i) >= rate;
    out[i] = (keep ? inp[i] / (1 - rate) : 0) + (RESIDUAL ? residual[i] : 0);
  }
};
