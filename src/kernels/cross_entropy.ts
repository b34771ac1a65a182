/** Cross-entropy with per-row weights, and its gradient written over the logits. */
import { wasmOrLoops } from './cpu.ts';
import type { GpuVariant, Op } from './op.ts';
import {
  forSoftware,
  forWorkgroups,
  lanesBytes,
  lastResort,
  lineOfWG,
  mainPass,
  perItem,
  rowPerSubgroup,
} from './variants.ts';

const variants: readonly GpuVariant[] = [
  {
    name: 'naive',
    about: 'one invocation per row, three reads: the equation as it stands',
    knobs: { WG: [64, 128, 256] },
    barrierFree: true,
    score: lastResort,
    workgroup: lineOfWG,
    passes: perItem((d) => d.R),
  },
  {
    name: 'workgroup',
    about: 'one workgroup per row: coalesced, maximum and sum in one sweep, the gradient over the logits in a second',
    knobs: { WG: [256, 128] },
    score: forWorkgroups,
    workgroup: lineOfWG,
    workgroupBytes: lanesBytes,
    passes: (d) => mainPass(d.R),
  },
  {
    name: 'subgroup',
    about: 'one subgroup per row: no barrier, and no idle invocations where the vocabulary is small',
    knobs: { WG: [128, 256] },
    needs: ['subgroups'],
    barrierFree: true,
    // up to 1024 logits a row a workgroup of 256 has less than one step of four loads for each invocation
    score: (d, _o, facts) => (facts.software ? 0.6 : d.V <= 1024 ? 8 : 4),
    workgroup: lineOfWG,
    passes: (d, k, _o, facts) => rowPerSubgroup(d.R, k.WG, facts),
  },
  {
    name: 'direct',
    about:
      'eight logits a step, maximum and sum in one sweep: two reads instead of three, no barrier; for software adapters',
    over: 'naive',
    knobs: { WG: [8, 4, 16, 32] },
    barrierFree: true,
    score: forSoftware,
    workgroup: lineOfWG,
    passes: perItem((d) => d.R),
  },
];

export const crossEntropy: Op = {
  name: 'cross_entropy',
  about:
    'losses[r] = weights[r]·(log Σ_v exp(logits[r,v]) − logits[r,target]); GRAD: logits[r,v] ← scale·weights[r]·(softmax(logits)[r,v] − [v = target]). ' +
    'A target of 0xffffffff (or ≥ V) is ignored: loss and gradient are 0, whatever the logits hold. The weights carry the normalisation (1/number of targets).',
  dims: ['R', 'V'],
  scalars: ['scale'],
  options: { GRAD: [0, 1] },
  ports: [
    { name: 'targets', dir: 'in', shape: 'R', elem: 'u32' },
    { name: 'weights', dir: 'in', shape: 'R' },
    { name: 'logits', dir: 'inout', shape: 'R V' },
    { name: 'losses', dir: 'out', shape: 'R' },
  ],
  variants: variants,
  cpu: wasmOrLoops('cross_entropy'),
  flops: (d) => 6 * d.R * d.V,
  // loss relative 1e-6·log V; dlogits absolute 1e-7 for weights ≤ 1
  tolerance: () => ({ abs: 1e-6, rel: 5e-6 }),
};
