/** From logits to a token without leaving the GPU, and the best candidates for people who want to see them. */
import { wasmOrLoops } from './cpu.ts';
import type { Dims, GpuVariant, Op } from './op.ts';
import { forSoftware, forWorkgroups, lastResort, mainPass } from './variants.ts';

/** One workgroup does it all: an op between two tokens, too small for more. */
const single = (invocations: number): Pick<GpuVariant, 'knobs' | 'workgroup' | 'passes'> => ({
  knobs: {},
  workgroup: () => [invocations, 1, 1],
  passes: () => mainPass(1),
});

const sampleVariants: readonly GpuVariant[] = [
  {
    name: 'naive',
    about: 'one invocation; the cut is found bit by bit, each bit a sweep',
    ...single(1),
    barrierFree: true,
    score: lastResort,
  },
  {
    name: 'workgroup',
    about: 'one workgroup; the cut is found eight bits a sweep, from histograms of counts or mass',
    ...single(256),
    score: forWorkgroups,
    workgroupBytes: () => 4 * (4 * 256 + 12),
  },
  {
    name: 'direct',
    about: 'barrier-free: one invocation, four logits a step; a sorted list of the largest usually holds the cut',
    ...single(1),
    barrierFree: true,
    score: forSoftware,
  },
];

const upTo64 = (d: Dims) => d.N <= 64;
const topNVariants: readonly GpuVariant[] = [
  {
    name: 'naive',
    about: 'one invocation, N sweeps',
    ...single(1),
    barrierFree: true,
    score: lastResort,
  },
  {
    name: 'workgroup',
    about: 'one workgroup: the N-th largest from histograms, then its betters are collected and ranked',
    ...single(256),
    fits: upTo64,
    score: forWorkgroups,
    workgroupBytes: () => 4 * (3 * 256 + 2 * 64 + 4),
  },
  {
    name: 'direct',
    about: 'barrier-free: one invocation, one sweep, a sorted list of the best so far',
    ...single(1),
    barrierFree: true,
    fits: upTo64,
    score: forSoftware,
  },
];

export const sample: Op = {
  name: 'sample',
  about:
    'Picks a token from softmax(logits/temperature) restricted to the TOP_K largest and then to the smallest set with mass ≥ TOP_P (ties: lowest index first; the largest always stays); ' +
    'temperature 0 takes the largest. The draw u = hash(SEED, POS) runs along the kept tokens in index order. Then: history[COUNT mod H] ← token, COUNT += 1, POS += 1, TOKEN ← token. ' +
    'hash: src/sample/hash.ts',
  dims: ['V', 'H'],
  options: {},
  ports: [
    { name: 'logits', dir: 'in', shape: 'V' },
    { name: 'state', dir: 'inout', shape: '16', elem: 'u32' },
    { name: 'history', dir: 'inout', shape: 'H', elem: 'u32' },
  ],
  variants: sampleVariants,
  cpu: wasmOrLoops('sample', { undivided: true, scratch: (d) => 2 * (4 * d.V + 16) }),
  flops: (d) => 8 * d.V,
  tolerance: () => ({ abs: 0, rel: 0 }),
};

export const topN: Op = {
  name: 'top_n',
  about:
    'The N most probable tokens in falling order (ties: lowest index first) with probabilities of softmax(logits); N = 1 is argmax',
  dims: ['V', 'N'],
  options: {},
  ports: [
    { name: 'logits', dir: 'in', shape: 'V' },
    { name: 'ids', dir: 'out', shape: 'N', elem: 'u32' },
    { name: 'probs', dir: 'out', shape: 'N' },
  ],
  variants: topNVariants,
  cpu: wasmOrLoops('top_n', { undivided: true, scratch: (d) => 2 * (4 * d.V + 16) }),
  flops: (d) => 4 * d.V,
  tolerance: () => ({ abs: 1e-9, rel: 5e-6 }),
};
