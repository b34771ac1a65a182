/** Layer normalisation and RMSNorm (option RMS), forward and backward. Two-pass variance: E[x²] − μ² cancels when |μ| ≫ σ. */
import { wasmOrLoops } from './cpu.ts';
import type { GpuVariant, Op } from './op.ts';
import { on } from './options.ts';
import {
  forSoftware,
  forSubgroups,
  forWorkgroups,
  lanesBytes,
  lastResort,
  lineOfWG,
  mainPass,
  perItem,
  rowPerSubgroup,
  wholeVec4,
} from './variants.ts';

/** The register text, `lanes` invocations to a row of at most `columns`: 8 vec4 of registers each by default. */
function registers(
  name: string,
  about: string,
  columns: number,
  lanes: readonly number[],
  score: GpuVariant['score'],
): GpuVariant {
  return {
    name,
    about,
    file: 'workgroup',
    knobs: { WG: lanes[0] > 128 ? [256] : [256, 128], LANES: lanes },
    fits: (d) => wholeVec4(d) && d.C <= columns,
    score,
    workgroup: lineOfWG,
    workgroupBytes: lanesBytes,
    passes: (d, k) => mainPass(Math.ceil(d.R / (k.WG / k.LANES))),
  };
}

const variants: readonly GpuVariant[] = [
  {
    name: 'naive',
    about: 'one invocation per row, three reads: the equation as it stands',
    knobs: { WG: [64, 128, 256] },
    barrierFree: true,
    // one short row takes microseconds either way, and direct takes a software adapter twice as long to compile
    score: (d, _o, facts) => (facts.software && d.R === 1 && d.C <= 1024 ? 11 : 1),
    workgroup: lineOfWG,
    passes: perItem((d) => d.R),
  },
  registers(
    'workgroup',
    'the row in registers, 32 invocations to it, several rows a workgroup: one coalesced read instead of three',
    1024,
    [32, 16, 64],
    forWorkgroups,
  ),
  registers(
    'workgroup_long',
    'the whole workgroup on one row: up to 8192 columns stay in registers, where workgroup holds 1024',
    8192,
    [256, 128],
    // below `workgroup` where both fit: eight times the invocations for a row
    (_d, _o, facts) => (facts.software ? 0.4 : 5),
  ),
  {
    name: 'subgroup',
    about: 'one subgroup per row: sums by subgroup operations, no barrier',
    over: 'workgroup',
    knobs: { WG: [128, 256], PER: [8, 4, 2] },
    needs: ['subgroups'],
    barrierFree: true,
    fits: wholeVec4,
    score: (d, o, facts) => (d.C <= 2048 ? forSubgroups(d, o, facts) : 4.5),
    workgroup: lineOfWG,
    passes: (d, k, _o, facts) => rowPerSubgroup(d.R, k.WG, facts),
  },
  {
    name: 'direct',
    about: 'both moments in one sweep: two reads instead of three, no barrier; for software adapters',
    over: 'naive',
    knobs: { WG: [8, 4, 16, 32] },
    barrierFree: true,
    fits: wholeVec4,
    score: forSoftware,
    workgroup: lineOfWG,
    passes: perItem((d) => d.R),
  },
  {
    name: 'direct4',
    about: 'four rows per invocation: they share the reads of weight and bias',
    knobs: { WG: [4, 8, 16] },
    barrierFree: true,
    fits: wholeVec4,
    // from 128 rows on there are 8 SIMD groups of rows to share out; with fewer, cores would wait
    score: (d, _o, facts) => (facts.software ? (d.R >= 128 ? 11 : 5) : 1.5),
    workgroup: lineOfWG,
    passes: perItem((d) => Math.ceil(d.R / 4)),
  },
];

const bwdVariants: readonly GpuVariant[] = [
  {
    name: 'naive',
    about: 'one dispatch: an invocation per row of dinp, then one per column of dweight and dbias',
    knobs: { WG: [64, 128, 256] },
    barrierFree: true,
    score: lastResort,
    workgroup: lineOfWG,
    passes: (d, k, o) => mainPass(Math.ceil(d.R / k.WG) + (o.PARAMS ? Math.ceil(d.C / k.WG) : 0)),
  },
  {
    name: 'workgroup',
    about:
      '32 invocations a row of dinp, a workgroup per 16 columns of dweight and dbias: coalesced, and enough of them to fill a GPU',
    knobs: { WG: [256, 128], LANES: [32, 64, 128] },
    score: forWorkgroups,
    workgroup: lineOfWG,
    workgroupBytes: (k) => 2 * lanesBytes(k),
    passes: (d, k, o) => mainPass(Math.ceil(d.R / (k.WG / k.LANES)) + (o.PARAMS ? Math.ceil(d.C / 16) : 0)),
  },
  {
    name: 'direct',
    about:
      'four columns of dweight and dbias per invocation and vec4 along the rows: a quarter of the loads, no barrier; for software adapters',
    over: 'naive',
    knobs: { WG: [8, 4, 16, 32] },
    barrierFree: true,
    fits: wholeVec4,
    score: forSoftware,
    workgroup: lineOfWG,
    passes: (d, k, o) => mainPass(Math.ceil(d.R / k.WG) + (o.PARAMS ? Math.ceil(d.C / 4 / k.WG) : 0)),
  },
];

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
    { name: 'stats', dir: 'out', shape: 'R 2', when: on('SAVE'), keptBy: 'SAVE' },
  ],
  variants,
  cpu: wasmOrLoops('layernorm'),
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
    { name: 'dweight', dir: 'inout', shape: 'C', when: on('PARAMS'), reads: on('ACCUM') },
    {
      name: 'dbias',
      dir: 'inout',
      shape: 'C',
      when: (o) => Boolean(o.PARAMS && o.BIAS),
      reads: on('ACCUM'),
    },
  ],
  variants: bwdVariants,
  cpu: wasmOrLoops('layernorm_bwd'),
  flops: (d) => 14 * d.R * d.C,
  tolerance: (d) => ({ abs: 1e-5 + 4e-7 * Math.sqrt(d.R), rel: 2e-5 }),
};
