/** One step of an LSTM and its gradient: see src/kernels/lstm.ts. */
import { sigmoid } from './curves.ts';
import type { Numbers, Reference } from './types.ts';

/** The four gates of element `c` of row `r`, after their curves. */
function opened(gates: Numbers, r: number, c: number, C: number): { i: number; f: number; g: number; o: number } {
  const at = 4 * r * C + c;
  return {
    i: sigmoid(gates[at]),
    f: sigmoid(gates[at + C]),
    g: Math.tanh(gates[at + 2 * C]),
    o: sigmoid(gates[at + 3 * C]),
  };
}

export const lstmCell: Reference = ({ gates, c_prev, c, out }, { R, C }, { FIRST }) => {
  for (let r = 0; r < R; r++)
    for (let k = 0; k < C; k++) {
      const { i, f, g, o } = opened(gates, r, k, C);
      const at = r * C + k;
      c[at] = i * g + (FIRST ? 0 : f * c_prev[at]);
      out[at] = o * Math.tanh(c[at]);
    }
};

export const lstmCellBwd: Reference = (ports, { R, C }, { FIRST, DC }) => {
  const { gates, c_prev, c, dout, dc, dgates, dc_prev } = ports;
  for (let r = 0; r < R; r++)
    for (let k = 0; k < C; k++) {
      const { i, f, g, o } = opened(gates, r, k, C);
      const at = r * C + k;
      const tanh = Math.tanh(c[at]);
      const cell = (DC ? dc[at] : 0) + dout[at] * o * (1 - tanh * tanh);
      const to = 4 * r * C + k;
      dgates[to] = cell * g * i * (1 - i);
      dgates[to + C] = FIRST ? 0 : cell * c_prev[at] * f * (1 - f);
      dgates[to + 2 * C] = cell * i * (1 - g * g);
      dgates[to + 3 * C] = dout[at] * tanh * o * (1 - o);
      if (!FIRST) dc_prev[at] = cell * f;
    }
};
