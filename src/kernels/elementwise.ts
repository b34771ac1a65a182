/** Ops on single elements and plain sums. Most of them vanish into the epilogue of a matmul; these run where nothing absorbs them. */
import type { Op } from './op.ts';
import geluNaive from '../../shaders/gelu/naive.wgsl?raw';
import { on } from './options.ts';

const exactish = () => ({ abs: 1e-6, rel: 1e-5 });

export const gelu: Op = {
  name: 'gelu',
  about: 'out = x·Φ(x): tanh form 0.5·x·(1 + tanh(√(2/π)·(x + 0.044715·x³))), or ERF form 0.5·x·(1 + erf(x/√2))',
  dims: ['N'],
  options: { ERF: [0, 1] },
  ports: [
    { name: 'inp', dir: 'in', shape: 'N' },
    { name: 'out', dir: 'out', shape: 'N' },
  ],
  variants: [
    {
      name: 'naive',
      about: 'one invocation per element',
      wgsl: geluNaive,
      knobs: { WG: [64, 128, 256] },
      score: () => 1,
      workgroup: (k) => [k.WG, 1, 1],
      passes: (d, k) => [{ entry: 'main', grid: [Math.ceil(d.N / k.WG), 1, 1] }],
    },
  ],
  flops: (d) => 10 * d.N,
  tolerance: exactish,
};

export const geluDinp: Op = {
  name: 'gelu_dinp',
  about: 'dinp = dout·gelu′(inp)',
  dims: ['N'],
  options: { ERF: [0, 1] },
  ports: [
    { name: 'inp', dir: 'in', shape: 'N' },
    { name: 'dout', dir: 'in', shape: 'N' },
    { name: 'dinp', dir: 'out', shape: 'N' },
  ],
  variants: [],
  flops: (d) => 16 * d.N,
  tolerance: exactish,
};

export const siluMul: Op = {
  name: 'silu_mul',
  about: 'a row of inp holds gate then up; out = gate·sigmoid(gate)·up',
  dims: ['R', 'C'],
  options: {},
  ports: [
    { name: 'inp', dir: 'in', shape: 'R 2*C' },
    { name: 'out', dir: 'out', shape: 'R C' },
  ],
  variants: [],
  flops: (d) => 6 * d.R * d.C,
  tolerance: exactish,
};

export const siluMulDinp: Op = {
  name: 'silu_mul_dinp',
  about: 'gradient of silu_mul: s = sigmoid(gate); dgate = dout·up·s·(1 + gate·(1 − s)), dup = dout·gate·s',
  dims: ['R', 'C'],
  options: {},
  ports: [
    { name: 'inp', dir: 'in', shape: 'R 2*C' },
    { name: 'dout', dir: 'in', shape: 'R C' },
    { name: 'dinp', dir: 'out', shape: 'R 2*C' },
  ],
  variants: [],
  flops: (d) => 12 * d.R * d.C,
  tolerance: exactish,
};

export const add: Op = {
  name: 'add',
  about: 'out = alpha·a + beta·b',
  dims: ['N'],
  scalars: ['alpha', 'beta'],
  options: {},
  ports: [
    { name: 'a', dir: 'in', shape: 'N' },
    { name: 'b', dir: 'in', shape: 'N' },
    { name: 'out', dir: 'out', shape: 'N' },
  ],
  variants: [],
  flops: (d) => 3 * d.N,
  tolerance: exactish,
};

export const fill: Op = {
  name: 'fill',
  about: 'out = value',
  dims: ['N'],
  scalars: ['value'],
  options: {},
  ports: [{ name: 'out', dir: 'out', shape: 'N' }],
  variants: [],
  flops: () => 0,
  tolerance: () => ({ abs: 0, rel: 0 }),
};

export const dropout: Op = {
  name: 'dropout',
  about:
    'out = inp·keep/(1 − rate) (+ residual), keep = hash(seed, step, SALT, index) ≥ rate: the same hash in both directions, so nothing is stored. hash: src/reference/hash.ts',
  dims: ['N', 'SALT'],
  scalars: ['rate'],
  options: { RESIDUAL: [0, 1] },
  ports: [
    { name: 'state', dir: 'in', shape: '16', elem: 'u32' },
    { name: 'inp', dir: 'in', shape: 'N' },
    { name: 'residual', dir: 'in', shape: 'N', when: on('RESIDUAL') },
    { name: 'out', dir: 'out', shape: 'N' },
  ],
  variants: [],
  flops: (d) => 2 * d.N,
  tolerance: exactish,
};

export const sum: Op = {
  name: 'sum',
  about: 'out = Σ inp, in a fixed order',
  dims: ['N'],
  options: { ACCUM: [0, 1] },
  ports: [
    { name: 'inp', dir: 'in', shape: 'N' },
    { name: 'out', dir: 'inout', shape: '1' },
  ],
  variants: [],
  flops: (d) => d.N,
  tolerance: (d) => ({ abs: 2 ** -22 * Math.sqrt(d.N) * 4, rel: 1e-5 }),
};

export const sumRows: Op = {
  name: 'sum_rows',
  about: 'out[c] = Σ_r inp[r,c]: the gradient of a bias',
  dims: ['R', 'C'],
  options: { ACCUM: [0, 1] },
  ports: [
    { name: 'inp', dir: 'in', shape: 'R C' },
    { name: 'out', dir: 'inout', shape: 'C' },
  ],
  variants: [],
  flops: (d) => d.R * d.C,
  tolerance: (d) => ({ abs: 2 ** -22 * Math.sqrt(d.R) * 4, rel: 1e-5 }),
};
