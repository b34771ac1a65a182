/** Layer normalisation and RMSNorm (option RMS), forward and backward. Two-pass variance: E[x²] − μ² cancels when |μ| ≫ σ. */
import type { Op } from './op.ts';
import { on } from './options.ts';

export const layernorm: Op = {
  name: 'layernorm',
  about:
    'out = (inp − mean)·rstd·weight + bias, rstd = 1/√(var + eps); RMS: mean is taken as 0 and var as mean(inp²). SAVE keeps (mean, rstd) per row for the backward pass.',
  dims: ['R', 'C'],
  scalars: ['eps'],
  options: { RMS: [0, 1], BIAS: [1, 0], SAVE: [0, 1] },
  ports: [
    { name: 'inp', dir: 'in', shape: 'R C' },
    { name: 'weight', dir: 'in', shape: 'C' },
    { name: 'bias', dir: 'in', shape: 'C', when: on('BIAS') },
    { name: 'out', dir: 'out', shape: 'R C' },
    { name: 'stats', dir: 'out', shape: 'R 2', when: on('SAVE') },
  ],
  variants: [],
  flops: (d) => 8 * d.R * d.C,
  tolerance: () => ({ abs: 5e-6, rel: 1e-5 }),
};

export const layernormBwd: Op = {
  name: 'layernorm_bwd',
  about:
    'with x̂ = (inp − mean)·rstd and g = dout·weight: dinp = rstd·(g − mean_c(g) − x̂·mean_c(g·x̂)) + residual; dweight = Σ_r dout·x̂, dbias = Σ_r dout (PARAMS; ACCUM adds to what is there). RMS: without mean_c(g).',
  dims: ['R', 'C'],
  options: { RMS: [0, 1], BIAS: [1, 0], RESIDUAL: [0, 1], PARAMS: [1, 0], ACCUM: [0, 1] },
  ports: [
    { name: 'inp', dir: 'in', shape: 'R C' },
    { name: 'weight', dir: 'in', shape: 'C' },
    { name: 'stats', dir: 'in', shape: 'R 2' },
    { name: 'dout', dir: 'in', shape: 'R C' },
    { name: 'residual', dir: 'in', shape: 'R C', when: on('RESIDUAL') },
    { name: 'dinp', dir: 'out', shape: 'R C' },
    { name: 'dweight', dir: 'inout', shape: 'C', when: on('PARAMS') },
    { name: 'dbias', dir: 'inout', shape: 'C', when: (o) => Boolean(o.PARAMS && o.BIAS) },
  ],
  variants: [],
  flops: (d) => 14 * d.R * d.C,
  tolerance: (d) => ({ abs: 1e-5 + 4e-7 * Math.sqrt(d.R), rel: 2e-5 }),
};
