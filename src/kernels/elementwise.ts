/** Ops on single elements and plain sums. Most of them vanish into the epilogue of a matmul; these run where nothing absorbs them. */
import { inTwoPhases, wasmOrLoops } from './cpu.ts';
import type { Dims, GpuVariant, Op } from './op.ts';
import { on } from './options.ts';
import {
  forSoftware,
  forWorkgroups,
  lanesBytes,
  lastResort,
  lineOfWG,
  mainPass,
  perItem,
  wholeVec4,
} from './variants.ts';

const exactish = () => ({ abs: 1e-6, rel: 1e-5 });

/** An invocation per element, and the same in vec4: the one kernel that is best on GPUs and has no barrier either. */
function perElement(elements: (d: Dims) => number, fits: (d: Dims) => boolean): readonly GpuVariant[] {
  return [
    {
      name: 'naive',
      about: 'one invocation per element',
      knobs: { WG: [64, 128, 256] },
      barrierFree: true,
      score: lastResort,
      workgroup: lineOfWG,
      passes: perItem(elements),
    },
    {
      name: 'vec4',
      about: 'several vec4 per invocation: 16-byte loads, few invocations',
      knobs: { WG: [64, 128, 256, 32], PER: [4, 1, 2, 8] },
      barrierFree: true,
      fits,
      score: () => 10,
      workgroup: lineOfWG,
      passes: perItem((d, k) => Math.ceil(elements(d) / 4 / k.PER)),
    },
  ];
}
const wholeN = (d: Dims) => d.N % 4 === 0;
const perN = perElement((d) => d.N, wholeN);
const perRC = perElement((d) => d.R * d.C, wholeVec4);

const sumVariants: readonly GpuVariant[] = [
  {
    name: 'naive',
    about: 'one invocation adds everything up',
    knobs: {},
    barrierFree: true,
    score: lastResort,
    workgroup: () => [1, 1, 1],
    passes: () => mainPass(1),
  },
  {
    name: 'tree',
    about: 'two dispatches: a partial sum per workgroup, then their sum, each by halving',
    knobs: { WG: [256, 128, 64], PARTS: [256, 64] },
    score: forWorkgroups,
    workgroup: lineOfWG,
    workgroupBytes: lanesBytes,
    passes: (d, k) => [
      { entry: 'partial', grid: [Math.min(k.PARTS, Math.max(1, Math.floor(d.N / (4 * k.WG)))), 1, 1] },
      { entry: 'finish', grid: [1, 1, 1] },
    ],
    workspace: (_d, k) => k.PARTS,
  },
  {
    name: 'direct',
    about: 'barrier-free, two dispatches: 64 invocations with a stretch each, then their sum',
    knobs: { PARTS: [64, 32, 256] },
    barrierFree: true,
    score: forSoftware,
    workgroup: () => [8, 1, 1],
    passes: (_d, k) => [
      { entry: 'partial', grid: [Math.ceil(k.PARTS / 8), 1, 1] },
      { entry: 'finish', grid: [1, 1, 1] },
    ],
    workspace: (_d, k) => k.PARTS,
  },
];

const sumRowsVariants: readonly GpuVariant[] = [
  {
    name: 'naive',
    about: 'one invocation per column',
    knobs: { WG: [64, 128, 256] },
    barrierFree: true,
    score: lastResort,
    workgroup: lineOfWG,
    passes: perItem((d) => d.C),
  },
  {
    name: 'workgroup',
    about: '16 columns a workgroup, the rows shared out among 16 invocations each',
    knobs: { WG: [256, 128] },
    score: forWorkgroups,
    workgroup: lineOfWG,
    workgroupBytes: lanesBytes,
    passes: (d) => mainPass(Math.ceil(d.C / 16)),
  },
  {
    name: 'vec4',
    about: 'barrier-free: one invocation per four columns',
    knobs: { WG: [8, 4, 16, 32] },
    barrierFree: true,
    fits: wholeVec4,
    score: forSoftware,
    workgroup: lineOfWG,
    passes: perItem((d) => d.C / 4),
  },
];

export const gelu: Op = {
  name: 'gelu',
  about: 'out = x·Φ(x): tanh form 0.5·x·(1 + tanh(√(2/π)·(x + 0.044715·x³))), or ERF form 0.5·x·(1 + erf(x/√2))',
  dims: ['N'],
  options: { ERF: [0, 1] },
  ports: [
    { name: 'inp', dir: 'in', shape: 'N' },
    { name: 'out', dir: 'out', shape: 'N' },
  ],
  variants: perN,
  cpu: wasmOrLoops('gelu'),
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
  variants: perN,
  cpu: wasmOrLoops('gelu_dinp'),
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
  variants: perRC,
  cpu: wasmOrLoops('silu_mul'),
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
  variants: perRC,
  cpu: wasmOrLoops('silu_mul_dinp'),
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
  variants: perN,
  cpu: wasmOrLoops('add'),
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
  variants: perN,
  cpu: wasmOrLoops('fill'),
  flops: () => 0,
  tolerance: () => ({ abs: 0, rel: 0 }),
};

export const dropout: Op = {
  name: 'dropout',
  about:
    'out = inp·keep/(1 − rate) (+ residual), keep = hash(seed, step, SALT, index) ≥ rate: the same hash in both directions, so nothing is stored. hash: src/sample/hash.ts',
  dims: ['N', 'SALT'],
  scalars: ['rate'],
  options: { RESIDUAL: [0, 1] },
  ports: [
    { name: 'state', dir: 'in', shape: '16', elem: 'u32' },
    { name: 'inp', dir: 'in', shape: 'N' },
    { name: 'residual', dir: 'in', shape: 'N', when: on('RESIDUAL') },
    { name: 'out', dir: 'out', shape: 'N' },
  ],
  variants: perN,
  cpu: wasmOrLoops('dropout'),
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
  variants: sumVariants,
  cpu: wasmOrLoops('sum', inTwoPhases),
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
  variants: sumRowsVariants,
  cpu: wasmOrLoops('sum_rows'),
  flops: (d) => d.R * d.C,
  tolerance: (d) => ({ abs: 2 ** -22 * Math.sqrt(d.R) * 4, rel: 1e-5 }),
};
