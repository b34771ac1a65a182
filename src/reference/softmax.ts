/** softmax and its gradient: see src/kernels/softmax.ts. */
import type { Reference } from './types.ts';

export const softmax: Reference = ({ inp, out }, { R, C }) => {
  for (let r = 0; r < R; r++) {
    const at = r * C;
    let max = -Infinity;
    for (let c = 0; c < C; c++) max = Math.max(max, inp[at + c]);
    let total = 0;
    for (let c = 0; c < C; c++) total += Math.exp(inp[at + c] - max);
    for (let c = 0; c < C; c++) out[at + c] = Math.exp(inp[at + c] - max) / total;
  }
};

export const softmaxDinp: Reference = ({ out, dout, dinp }, { R, C }) => {
  for (let r = 0; r < R; r++) {
    const at = r * C;
    let dot = 0;
    for (let c = 0; c < C; c++) dot += dout[at + c] * out[at + c];
    for (let c = 0; c < C; c++) dinp[at + c] = out[at + c] * (dout[at + c] - dot);
  }
};
