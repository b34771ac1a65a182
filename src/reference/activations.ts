/** The curves of an MLP and their gradients: see src/kernels/activations.ts. */
import { gelu as geluOf, geluSlope, sigmoid, silu } from './curves.ts';
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
