/** Rows of a table by token id, and back: see src/kernels/embedding.ts. */
import { STATE } from '../plan/state.ts';
import type { Reference } from './types.ts';

export const embedding: Reference = ({ state, tokens, wte, wpe, out }, { R, T, C, V }, { POS, DECODE }) => {
  for (let r = 0; r < R; r++) {
    const token = Math.min(DECODE ? state[r * STATE.WORDS + STATE.TOKEN] : tokens[r], V - 1);
    const position = DECODE ? state[r * STATE.WORDS + STATE.POS] : r % T;
    for (let c = 0; c < C; c++) out[r * C + c] = wte[token * C + c] + (POS ? wpe[position * C + c] : 0);
  }
};

export const embeddingDweight: Reference = ({ order, starts, dout, dwte }, { C, V }, { ACCUM }) => {
  for (let v = 0; v < V; v++) {
    for (let c = 0; c < C; c++) {
      let total = ACCUM ? dwte[v * C + c] : 0;
      for (let i = starts[v]; i < starts[v + 1]; i++) total += dout[order[i] * C + c];
      dwte[v * C + c] = total;
    }
  }
};

export const embeddingDpos: Reference = ({ dout, dwpe }, { B, T, C, TMAX }, { ACCUM }) => {
  for (let t = 0; t < TMAX; t++) {
    for (let c = 0; c < C; c++) {
      let total = ACCUM ? dwpe[t * C + c] : 0;
      if (t < T) for (let b = 0; b < B; b++) total += dout[(b * T + t) * C + c];
      dwpe[t * C + c] = total;
    }
  }
};
