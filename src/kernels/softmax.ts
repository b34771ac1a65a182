/** Softmax over the last dimension, and its gradient. */
import { wasmOrLoops } from './cpu.ts';
import type { Dims, Facts, GpuVariant, Op, Options } from './op.ts';
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

const half = (o: Options) => (o.HALF ? 'f16' : 'f32') as 'f16' | 'f32';
const whole = (_d: Dims, o: Options) => !o.HALF;

/** The register-blocked text, `lanes` invocations to a row: 8 vec4 of registers each by default. */
function registers(
  name: string,
  about: string,
  lanes: readonly number[],
  rest: Pick<GpuVariant, 'score' | 'fits'> & Partial<GpuVariant>,
): GpuVariant {
  return {
    name,
    about,
    file: 'blocked',
    knobs: { WG: lanes[0] > 128 ? [256] : [256, 128], LANES: lanes },
    workgroup: lineOfWG,
    workgroupBytes: lanesBytes,
    passes: (d, k) => mainPass(Math.ceil(d.R / (k.WG / k.LANES))),
    ...rest,
  };
}
const upTo = (columns: number) => (d: Dims, o: Options) => !o.HALF && wholeVec4(d) && d.C <= columns;
/** On software adapters two halves a word are cheaper than emulated f16 arithmetic. */
const forHalves = (_d: Dims, _o: Options, facts: Facts) => (facts.software ? 5 : 8);

const variants: readonly GpuVariant[] = [
  {
    name: 'naive',
    about: 'one invocation per row, three reads: the equation as it stands',
    knobs: { WG: [64, 128, 256] },
    barrierFree: true,
    fits: whole,
    score: lastResort,
    workgroup: lineOfWG,
    passes: perItem((d) => d.R),
  },
  {
    name: 'tiled',
    about:
      'one workgroup per row, which waits in workgroup memory between the sweeps: coalesced, and memory is read once',
    knobs: { WG: [128, 64, 256] },
    fits: whole,
    // beaten by registers wherever those fit, and by online where the row outgrows the cache of 2048 columns
    score: (_d, _o, facts) => (facts.software ? 0.5 : 4),
    workgroup: lineOfWG,
    workgroupBytes: (k) => 4 * k.WG + 4 * 2048,
    passes: (d) => mainPass(d.R),
  },
  {
    name: 'online',
    about: 'maximum and sum in one sweep, the result in a second: a row of any length in two reads',
    knobs: { WG: [256, 128] },
    fits: whole,
    // where registers do not reach (long rows, or C not a multiple of 4 beyond the tiled cache); a tie with `tiled` before that
    score: (d, _o, facts) => (facts.software ? 0.4 : d.C > 2048 ? 4.8 : 3),
    workgroup: lineOfWG,
    workgroupBytes: lanesBytes,
    passes: (d) => mainPass(d.R),
  },
  registers(
    'blocked',
    'the row in registers as vec4, 32 invocations to it, several rows a workgroup: one read, no row in workgroup memory',
    [32, 16, 64],
    {
      over: 'tiled',
      fits: upTo(1024),
      score: forWorkgroups,
    },
  ),
  registers('blocked_short', '8 invocations to a row of up to 256 columns: fewer idle lanes, a shorter tree', [8, 16], {
    fits: upTo(256),
    // fewer lanes idle and a shorter tree than `blocked` on the rows both take
    score: (_d, _o, facts) => (facts.software ? 0.5 : 7),
  }),
  registers('blocked_long', 'the whole workgroup on one row: up to 8192 columns stay in registers', [256, 128], {
    over: 'blocked',
    fits: upTo(8192),
    // below `blocked` where both fit: eight times the invocations for a row
    score: (_d, _o, facts) => (facts.software ? 0.5 : 5),
  }),
  {
    name: 'subgroup',
    about: 'one subgroup per row: sums by subgroup operations, no barrier',
    over: 'blocked',
    knobs: { WG: [128, 256], PER: [8, 4, 2] },
    needs: ['subgroups'],
    barrierFree: true,
    // beyond 8192 columns a subgroup of 32 would read most of its row three times
    fits: (d, o) => !o.HALF && wholeVec4(d) && d.C <= 8192,
    score: (d, o, facts) => (d.C <= 2048 ? forSubgroups(d, o, facts) : 4.5),
    workgroup: lineOfWG,
    passes: (d, k, _o, facts) => rowPerSubgroup(d.R, k.WG, facts),
  },
  registers('f16', 'stored in halves, summed in f32: half the bytes, the same text', [256, 128], {
    over: 'blocked_long',
    needs: ['f16'],
    fits: (d, o) => Boolean(o.HALF) && wholeVec4(d) && d.C <= 8192,
    score: forHalves,
    elems: (o) => ({ elem: half(o) }),
  }),
  {
    name: 'packed',
    about: 'halves without the f16 feature: two to a u32 word, two rows to an invocation',
    over: 'naive',
    knobs: { WG: [8, 16, 32] },
    barrierFree: true,
    fits: (_d, o) => Boolean(o.HALF),
    score: (_d, _o, facts) => (facts.software ? 10 : 1),
    workgroup: lineOfWG,
    passes: perItem((d) => Math.ceil(d.R / 2)),
  },
  {
    name: 'direct',
    about:
      'four vec4 a step, maximum and sum in one sweep: two reads instead of three, no barrier; for software adapters',
    over: 'naive',
    knobs: { WG: [8, 4, 16, 32] },
    barrierFree: true,
    fits: (d, o) => !o.HALF && wholeVec4(d),
    score: forSoftware,
    workgroup: lineOfWG,
    passes: perItem((d) => d.R),
  },
];

const dinpVariants: readonly GpuVariant[] = [
  {
    name: 'naive',
    about: 'one invocation per row: the equation as it stands',
    knobs: { WG: [64, 128, 256] },
    barrierFree: true,
    score: lastResort,
    workgroup: lineOfWG,
    passes: perItem((d) => d.R),
  },
  {
    name: 'workgroup',
    about: '64 invocations a row, several rows a workgroup: coalesced, and the second read comes from cache',
    knobs: { WG: [256, 128], LANES: [64, 32, 128] },
    score: forWorkgroups,
    workgroup: lineOfWG,
    workgroupBytes: lanesBytes,
    passes: (d, k) => mainPass(Math.ceil(d.R / (k.WG / k.LANES))),
  },
  {
    name: 'direct',
    about: 'two vec4 a step: an eighth of the loads, no barrier; for software adapters',
    over: 'naive',
    knobs: { WG: [8, 4, 16, 32] },
    barrierFree: true,
    fits: wholeVec4,
    score: forSoftware,
    workgroup: lineOfWG,
    passes: perItem((d) => d.R),
  },
];

export const softmax: Op = {
  name: 'softmax',
  about: 'out[r,c] = exp(inp[r,c] − max_c) / Σ_c exp(inp[r,c] − max_c)',
  dims: ['R', 'C'],
  options: { /** Stored in f16, summed in f32. */ HALF: [0, 1] },
  ports: [
    { name: 'inp', dir: 'in', shape: 'R C', elem: half },
    { name: 'out', dir: 'out', shape: 'R C', elem: half },
  ],
  variants,
  cpu: wasmOrLoops('softmax'),
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
  variants: dinpVariants,
  cpu: wasmOrLoops('softmax_dinp'),
  flops: (d) => 4 * d.R * d.C,
  tolerance: () => ({ abs: 1e-6, rel: 1e-5 }),
};
