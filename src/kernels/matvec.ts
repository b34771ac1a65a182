/** out = x·Wᵀ for one or a few rows: the whole of decoding. It reads each weight once, so memory bandwidth is its roof. */
import type { Op } from './op.ts';
import { on } from './options.ts';

export const matvec: Op = {
  name: 'matvec',
  about:
    'h = x (NORM 0), layernorm(x)·gamma + beta (1) or rmsnorm(x)·gamma (2); y[m,n] = Σ_k h[m,k]·W[n,k] + bias; gelu; GATED: silu(y of row n)·(y of row N+n); ·gate; + residual. ' +
    'For M ≤ 8.',
  dims: ['M', 'N', 'K'],
  scalars: ['eps'],
  options: {
    NORM: [0, 1, 2],
    /** Weight holds 2N rows: gate rows, then up rows (SwiGLU). */
    GATED: [0, 1],
    BIAS: [0, 1],
    GELU: [0, 1, 2],
    GATE: [0, 1],
    RESIDUAL: [0, 1],
    /** The weight is stored in f16 (packed in pairs; needs K even). */
    B16: [0, 1],
  },
  ports: [
    { name: 'inp', dir: 'in', shape: 'M K' },
    { name: 'weight', dir: 'in', shape: (o) => (o.GATED ? '2*N K' : 'N K'), elem: (o) => (o.B16 ? 'f16' : 'f32') },
    { name: 'bias', dir: 'in', shape: 'N', when: on('BIAS') },
    { name: 'gamma', dir: 'in', shape: 'K', when: on('NORM') },
    { name: 'beta', dir: 'in', shape: 'K', when: (o) => o.NORM === 1 },
    { name: 'gate', dir: 'in', shape: '1', when: on('GATE') },
    { name: 'residual', dir: 'in', shape: 'M N', when: on('RESIDUAL') },
    { name: 'out', dir: 'out', shape: 'M N' },
  ],
  variants: [],
  flops: (d, o) => 2 * d.M * d.N * d.K * (o.GATED ? 2 : 1),
  tolerance: (d, o) => ({ abs: 4 * Math.sqrt(d.K) * 2 ** -24 * (0.64 * d.K + 4) * (o.GATED ? 4 : 1), rel: 1e-5 }),
};
