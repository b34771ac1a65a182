/** From logits to a token without leaving the GPU, and the best candidates for people who want to see them. */
import { wasmOrLoops } from './cpu.ts';
import type { Dims, GpuVariant, Op } from './op.ts';
import { forSoftware, forWorkgroups, lastResort, mainPass } from './variants.ts';

/** A workgroup makes a row, all of it: between two tokens there is one, too small for more. */
const perRow = (invocations: number): Pick<GpuVariant, 'knobs' | 'workgroup' | 'passes'> => ({
  knobs: {},
  workgroup: () => [invocations, 1, 1],
  passes: (d) => mainPass(d.R),
});

/** On the CPU engine threads share out rows. */
const oneRow = (d: Dims) => d.R === 1;

const sampleVariants: readonly GpuVariant[] = [
  {
    name: 'naive',
    about: 'an invocation makes a row; the cut is found bit by bit, each bit a sweep',
    ...perRow(1),
    barrierFree: true,
    score: lastResort,
  },
  {
    name: 'workgroup',
    about: 'a workgroup makes a row; the cut is found eight bits a sweep, from histograms of counts or mass',
    ...perRow(256),
    score: forWorkgroups,
    workgroupBytes: () => 4 * (4 * 256 + 12),
  },
  {
    name: 'direct',
    about:
      'barrier-free: an invocation makes a row, four logits a step; a sorted list of the largest usually holds the cut',
    over: 'naive',
    ...perRow(1),
    barrierFree: true,
    score: forSoftware,
  },
];

const upTo64 = (d: Dims) => d.N <= 64;
const topNVariants: readonly GpuVariant[] = [
  {
    name: 'naive',
    about: 'an invocation makes a row, N sweeps',
    ...perRow(1),
    barrierFree: true,
    score: lastResort,
  },
  {
    name: 'workgroup',
    about: 'a workgroup makes a row: the N-th largest from histograms, then its betters are collected and ranked',
    ...perRow(256),
    fits: upTo64,
    score: forWorkgroups,
    workgroupBytes: () => 4 * (3 * 256 + 2 * 64 + 4),
  },
  {
    name: 'direct',
    about: 'barrier-free: an invocation makes a row, one sweep, a sorted list of the best so far',
    over: 'naive',
    ...perRow(1),
    barrierFree: true,
    fits: upTo64,
    score: forSoftware,
  },
];

export const sample: Op = {
  name: 'sample',
  about:
    'For each row of logits, with its own state and history: picks a token from softmax(logits/temperature) restricted to the TOP_K largest and then to the smallest set with mass ≥ TOP_P (ties: lowest index first; the largest always stays); ' +
    'temperature 0 takes the largest. The draw u = hash(SEED, POS) runs along the kept tokens in index order. Then: history[COUNT mod H] ← token, COUNT += 1, POS += 1, TOKEN ← token. ' +
    'hash: src/sample/hash.ts. NaN or +∞ among the logits, or nothing but −∞: history gets NO_TOKEN, TOKEN becomes 0 (src/plan/state.ts)',
  dims: ['R', 'V', 'H'],
  options: {},
  ports: [
    { name: 'logits', dir: 'in', shape: 'R V' },
    { name: 'state', dir: 'inout', shape: 'R 16', elem: 'u32' },
    { name: 'history', dir: 'inout', shape: 'R H', elem: 'u32' },
  ],
  variants: sampleVariants,
  cpu: wasmOrLoops('sample', { undivided: oneRow, scratch: (d) => 2 * (4 * d.V + 16) }),
  flops: (d) => 8 * d.R * d.V,
  tolerance: () => ({ abs: 0, rel: 0 }),
};

export const topN: Op = {
  name: 'top_n',
  about:
    'The N most probable tokens of each row in falling order (ties: lowest index first) with probabilities of softmax(logits); N = 1 is argmax',
  dims: ['R', 'V', 'N'],
  options: {},
  ports: [
    { name: 'logits', dir: 'in', shape: 'R V' },
    { name: 'ids', dir: 'out', shape: 'R N', elem: 'u32' },
    { name: 'probs', dir: 'out', shape: 'R N' },
  ],
  variants: topNVariants,
  cpu: wasmOrLoops('top_n', { undivided: oneRow, scratch: (d) => 2 * (4 * d.V + 16) }),
  flops: (d) => 4 * d.R * d.V,
  tolerance: () => ({ abs: 1e-9, rel: 5e-6 }),
};
