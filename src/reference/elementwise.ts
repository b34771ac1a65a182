/** Ops on single elements and plain sums: see src/kernels/elementwise.ts. */
import { STATE } from '../plan/state.ts';
import { gelu as geluOf, geluSlope, sigmoid, silu } from './activations.ts';
import { uniform } from '../sample/hash.ts';
import type { Reference } from './types.ts';

const form = (erf: number) => (erf ? 2 : 1);

export const gelu: Reference = ({ inp, out }, { N }, { ERF }) => {
  for (let i = 0; i < N; i++) out[i] = geluOf(inp[i], form(ERF));
};

export const geluDinp: Reference = ({ inp, dout, dinp }, { N }, { ERF }) => {
  for (let i = 0; i < N; i++) dinp[i] = dout[i] * geluSlope(inp[i], form(ERF));
};

export const siluMul: Reference = ({ inp, out }, { R, C }) => {
  for (let r = 0; r < R; r++) {
    const at = r * 2 * C;
    for (let c = 0; c < C; c++) out[r * C + c] = silu(inp[at + c]) * inp[at + C + c];
  }
};

export const siluMulDinp: Reference = ({ inp, dout, dinp }, { R, C }) => {
  for (let r = 0; r < R; r++) {
    const at = r * 2 * C;
    for (let c = 0; c < C; c++) {
      const gate = inp[at + c];
      const up = inp[at + C + c];
      const s = sigmoid(gate);
      const d = dout[r * C + c];
      dinp[at + c] = d * up * s * (1 + gate * (1 - s));
      dinp[at + C + c] = d * gate * s;
    }
  }
};

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
