/** Plain sums, in an order that never changes. */
import { inTwoPhases, wasmOrLoops } from './cpu.ts';
import type { GpuVariant, Op } from './op.ts';
import { on } from './options.ts';
import {
  forSoftware,
  forWorkgroups,
  lanesBytes,
  lastResort,
  lineOfWG,
  mainPass,
  perItem,
  wholeSum,
  wholeVec4,
} from './variants.ts';

const sumVariants = wholeSum([256, 64], 1);

const sumRowsVariants: readonly GpuVariant[] = [
  {
    name: 'naive',
    about: 'one invocation per column walks down the rows',
    knobs: { WG: [64, 128, 256] },
    barrierFree: true,
    score: lastResort,
    workgroup: lineOfWG,
    passes: perItem((d) => d.C),
  },
  {
    name: 'workgroup',
    about: 'WG/16 invocations share a column: a bias has too few columns to fill a GPU with one invocation each',
    knobs: { WG: [256, 128] },
    score: forWorkgroups,
    workgroup: lineOfWG,
    workgroupBytes: lanesBytes,
    passes: (d) => mainPass(Math.ceil(d.C / 16)),
  },
  {
    name: 'vec4',
    about: 'four columns per invocation: a quarter of the loads, still no barrier; for software adapters',
    over: 'naive',
    knobs: { WG: [8, 4, 16, 32] },
    barrierFree: true,
    fits: wholeVec4,
    score: forSoftware,
    workgroup: lineOfWG,
    passes: perItem((d) => d.C / 4),
  },
];

export const sum: Op = {
  name: 'sum',
  about: 'out = Σ inp, in a fixed order',
  dims: ['N'],
  options: { ACCUM: [0, 1] },
  ports: [
    { name: 'inp', dir: 'in', shape: 'N' },
    { name: 'out', dir: 'inout', shape: '1', reads: on('ACCUM') },
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
    { name: 'out', dir: 'inout', shape: 'C', reads: on('ACCUM') },
  ],
  variants: sumRowsVariants,
  cpu: wasmOrLoops('sum_rows'),
  flops: (d) => d.R * d.C,
  tolerance: (d) => ({ abs: 2 ** -22 * Math.sqrt(d.R) * 4, rel: 1e-5 }),
};
