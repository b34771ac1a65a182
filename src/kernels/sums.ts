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
  wholeVec4,
} from './variants.ts';

const sumVariants: readonly GpuVariant[] = [
  {
    name: 'naive',
    about: 'one invocation adds everything up while the rest of the device waits',
    knobs: {},
    barrierFree: true,
    score: lastResort,
    workgroup: () => [1, 1, 1],
    passes: () => mainPass(1),
  },
  {
    name: 'tree',
    about:
      'a partial sum per workgroup by halving, then their sum: fills the device, coalesced, in an order that stays fixed',
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
    about:
      'PARTS invocations add up a stretch each, then one adds their sums: the cores share the work without a barrier; for software adapters',
    over: 'naive',
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
