/** matvec: a norm, a linear layer and what follows it for few rows; see src/kernels/matvec.ts. */
import { gelu, silu } from './curves.ts';
import { layernorm } from './layernorm.ts';
import type { Reference } from './types.ts';

export const matvec: Reference = (ports, dims, options, scalars) => {
  const { inp, weight, bias, gamma, beta, gate, residual, out } = ports;
  const { M, N, K } = dims;
  const { NORM, GATED, BIAS, GELU, GATE, RESIDUAL } = options;
  let h = inp;
  if (NORM) {
    h = new Float64Array(M * K);
    const normOptions = { RMS: NORM === 2 ? 1 : 0, BIAS: NORM === 1 ? 1 : 0, SAVE: 0 };
    layernorm({ inp, weight: gamma, bias: beta, out: h }, { R: M, C: K }, normOptions, scalars);
  }
  const scale = GATE ? gate[0] : 1;
  const dot = (m: number, n: number) => {
    let total = 0;
    for (let k = 0; k < K; k++) total += h[m * K + k] * weight[n * K + k];
    return total;
  };
  for (let m = 0; m < M; m++) {
    for (let n = 0; n < N; n++) {
      let y = dot(m, n);
      if (BIAS) y += bias[n];
      if (GELU) y = gelu(y, GELU);
      if (GATED) y = silu(y) * dot(m, N + n);
      y *= scale;
      if (RESIDUAL) y += residual[m * N + n];
      out[m * N + n] = y;
    }
  }
};
