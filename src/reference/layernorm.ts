/** Layer normalisation and RMSNorm, forward and backward: see src/kernels/layernorm.ts. */
import type { Reference } from './types.ts';

export const layernorm: Reference = ({ inp, weight, bias, out, stats }, { R, C }, { RMS, BIAS, SAVE }, { eps }) => {
  for (let r = 0; r < R; r++) {
    const at = r * C;
    let mean = 0;
    if (!RMS) {
      for (let c = 0; c < C; c++) mean += inp[at + c];
      mean /= C;
    }
    let variance = 0;
    for (let c = 0; c < C; c++) variance += (inp[at + c] - mean) ** 2;
    const rstd = 1 / Math.sqrt(variance / C + eps);
    for (let c = 0; c < C; c++) out[at + c] = (inp[at + c] - mean) * rstd * weight[c] + (BIAS ? bias[c] : 0);
    if (SAVE) {
      stats[2 * r] = mean;
      stats[2 * r + 1] = rstd;
    }
  }
};

export const layernormBwd: Reference = (ports, { R, C }, { RMS, BIAS, RESIDUAL, PARAMS, ACCUM }) => {
  const { inp, weight, stats, dout, residual, dinp, dweight, dbias } = ports;
  if (PARAMS && !ACCUM) dweight.fill(0);
  if (PARAMS && BIAS && !ACCUM) dbias.fill(0);
  for (let r = 0; r < R; r++) {
    const at = r * C;
    const mean = stats[2 * r];
    const rstd = stats[2 * r + 1];
    let sumG = 0;
    let sumGx = 0;
    for (let c = 0; c < C; c++) {
      const x = (inp[at + c] - mean) * rstd;
      const g = dout[at + c] * weight[c];
      sumG += g;
      sumGx += g * x;
      if (PARAMS) dweight[c] += dout[at + c] * x;
      if (PARAMS && BIAS) dbias[c] += dout[at + c];
    }
    const meanG = RMS ? 0 : sumG / C;
    const meanGx = sumGx / C;
    for (let c = 0; c < C; c++) {
      const x = (inp[at + c] - mean) * rstd;
      const dx = rstd * (dout[at + c] * weight[c] - meanG - x * meanGx);
      dinp[at + c] = dx + (RESIDUAL ? residual[at + c] : 0);
    }
  }
};
