/** matmul: see src/kernels/matmul.ts for layouts and options. */
import { gelu, geluSlope } from './curves.ts';
import type { Reference } from './types.ts';

export const matmul: Reference = (ports, dims, options) => {
  const { a, b, bias, residual, gate, pre, out, dbias } = ports;
  const { Z, M, N, K } = dims;
  const { TA, TB, BIAS, GELU, DGELU, RESIDUAL, ACCUM, SAVE_PRE, DBIAS, GATE, BSHARED } = options;
  // element (m, k) of a and (k, n) of b lie at m·aRow + k·aCol and k·bRow + n·bCol
  const aRow = TA ? 1 : K;
  const aCol = TA ? M : 1;
  const scale = GATE ? gate[0] : 1;
  const row = new Float64Array(N);
  for (let z = 0; z < Z; z++) {
    const bz = BSHARED ? 0 : z * K * N;
    for (let m = 0; m < M; m++) {
      const am = z * M * K + m * aRow;
      row.fill(0);
      if (TB) {
        for (let n = 0; n < N; n++) {
          const bn = bz + n * K;
          let total = 0;
          for (let k = 0; k < K; k++) total += a[am + k * aCol] * b[bn + k];
          row[n] = total;
        }
      } else {
        for (let k = 0; k < K; k++) {
          const factor = a[am + k * aCol];
          const bk = bz + k * N;
          for (let n = 0; n < N; n++) row[n] += factor * b[bk + n];
        }
      }
      const at = (z * M + m) * N;
      for (let n = 0; n < N; n++) {
        let y = row[n];
        if (BIAS) y += bias[n];
        if (SAVE_PRE) pre[at + n] = y;
        if (GELU) y = gelu(y, GELU);
        if (DGELU) y *= geluSlope(pre[at + n], DGELU);
        y *= scale;
        if (RESIDUAL) y += residual[at + n];
        if (ACCUM) y += out[at + n];
        out[at + n] = y;
      }
    }
  }
  if (!DBIAS) return;
  for (let m = 0; m < M; m++) {
    let total = ACCUM ? dbias[m] : 0;
    for (let z = 0; z < Z; z++) for (let k = 0; k < K; k++) total += a[z * M * K + m * aRow + k * aCol];
    dbias[m] = total;
  }
};
