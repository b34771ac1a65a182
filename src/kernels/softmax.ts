/** Softmax over the last dimension, and its gradient. */
import type { Op } from './op.ts';

const half = (o: Readonly<Record<string, number>>) => (o.HALF ? 'f16' : 'f32') as 'f16' | 'f32';

export const softmax: Op = {
  name: 'softmax',
  about: 'out[r,c] = exp(inp[r,c] − max_c) / Σ_c exp(inp[r,c] − max_c)',
  dims: ['R', 'C'],
  options: { /** Stored in f16, summed in f32. */ HALF: [0, 1] },
  ports: [
    { name: 'inp', dir: 'in', shape: 'R C', elem: half },
    { name: 'out', dir: 'out', shape: 'R C', elem: half },
  ],
  variants: [],
  flops: (d) => 5 * d.R * d.C,
  // exp is 3 + 2|x| ULP in WGSL: relative 2e-6 for |x| ≤ 16; f16 rounds to 2⁻¹¹
  tolerance: (_d, o) => (o.HALF ? { abs: 1e-7, rel: 1.2e-3 } : { abs: 1e-9, rel: 5e-6 }),
};

export const softmaxDinp: Op = {
  name: 'softmax_dinp',
  about: 'dinp[r,c] = out[r,c]·(dout[r,c] − Σ_c dout·out)',
  dims: ['R', 'C'],
  options: {},
  ports: [
    { name: 'out', dir: 'in', shape: 'R C' },
    { name: 'dout', dir: 'in', shape: 'R C' },
    { name: 'dinp', dir: 'out', shape: 'R C' },
  ],
  variants: [],
  flops: (d) => 4 * d.R * d.C,
  tolerance: () => ({ abs: 1e-6, rel: 1e-5 }),
};
