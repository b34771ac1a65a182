/** The roofs that every other kernel is held against: multiply-adds in registers, and bytes moved from one buffer to another. */
import { wasmOrLoops } from './cpu.ts';
import type { GpuVariant, Op } from './op.ts';
import { lastResort, lineOfWG, perItem } from './variants.ts';

/** Chains of multiply-adds, `held` elements to an invocation. */
function chains(
  name: string,
  about: string,
  held: number,
  rest: Pick<GpuVariant, 'score'> & Partial<GpuVariant>,
): GpuVariant {
  return {
    name,
    about,
    knobs: { WG: [64, 16, 256] },
    barrierFree: true,
    workgroup: lineOfWG,
    passes: perItem((d) => Math.ceil(d.N / held)),
    ...rest,
  };
}

export const fmaPeak: Op = {
  name: 'fma_peak',
  about:
    'out[n] = x after 8·I steps x ← a·x + b from x = inp[n]: how many multiply-adds this device does when nothing else holds it up',
  dims: ['N', 'I'],
  scalars: ['a', 'b'],
  options: {},
  ports: [
    { name: 'inp', dir: 'in', shape: 'N' },
    { name: 'out', dir: 'out', shape: 'N' },
  ],
  variants: [
    // the bench measures all three and takes the best: the scores decide only for a plan, and no plan has a probe
    chains('naive', 'eight chains an invocation, in few registers', 8, {
      score: (_d, _o, f) => (f.software ? 4 : 2),
    }),
    chains('scalar16', 'sixteen chains: hides twice the latency, where the registers suffice', 16, { score: () => 3 }),
    chains('vec4', 'four chains of vec4: sixteen sums a step as vector instructions, for devices that have them', 16, {
      fits: (d) => d.N % 4 === 0,
      score: () => 2,
    }),
  ],
  cpu: wasmOrLoops('fma_peak'),
  flops: (d) => 16 * d.N * d.I,
  // one rounding of 2⁻²⁴ a step with |a| < 1; a device without fused multiply-add rounds twice
  tolerance: (d) => ({ abs: 16 * d.I * 2 ** -24, rel: 16 * d.I * 2 ** -24 }),
};

export const copy: Op = {
  name: 'copy',
  about: 'out = inp: how many bytes a kernel of this device moves in a second',
  dims: ['N'],
  options: {},
  ports: [
    { name: 'inp', dir: 'in', shape: 'N' },
    { name: 'out', dir: 'out', shape: 'N' },
  ],
  variants: [
    {
      name: 'naive',
      about: 'one element an invocation',
      knobs: { WG: [64, 256] },
      barrierFree: true,
      score: lastResort,
      workgroup: lineOfWG,
      passes: perItem((d) => d.N),
    },
    {
      name: 'vec4',
      about: 'PER vec4 an invocation, WG apart: 16-byte loads, coalesced',
      knobs: { WG: [256, 64, 16], PER: [4, 1, 8] },
      barrierFree: true,
      fits: (d) => d.N % 4 === 0,
      score: () => 6,
      workgroup: lineOfWG,
      passes: perItem((d, k) => Math.ceil(d.N / (4 * k.PER))),
    },
    {
      name: 'runs',
      about: 'a run of consecutive vec4 an invocation: what a CPU core streams best',
      knobs: { WG: [8, 4, 32], RUN: [64] },
      barrierFree: true,
      fits: (d) => d.N % (4 * 64) === 0,
      score: (_d, _o, f) => (f.software ? 8 : 2),
      workgroup: lineOfWG,
      passes: perItem((d, k) => d.N / (4 * k.RUN)),
    },
  ],
  cpu: wasmOrLoops('copy'),
  flops: () => 0,
  tolerance: () => ({ abs: 0, rel: 0 }),
};
