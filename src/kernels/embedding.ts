/** Rows of a table by token id, and the gradients that go back to those rows: deterministic, without float atomics. */
import { wasmOrLoops } from './cpu.ts';
import type { Dims, GpuVariant, Op } from './op.ts';
import { on } from './options.ts';
import { forSoftware, lastResort, lineOfWG, mainPass, perItem, wholeVec4 } from './variants.ts';

/** An invocation per element, and the same in vec4: best on GPUs, and it has no barrier either. */
function perElement(elements: (d: Dims) => number): readonly GpuVariant[] {
  return [
    {
      name: 'naive',
      about: 'one invocation per element: the equation as it stands',
      knobs: { WG: [64, 128, 256] },
      barrierFree: true,
      score: lastResort,
      workgroup: lineOfWG,
      passes: perItem(elements),
    },
    {
      name: 'vec4',
      about: 'one invocation per four neighbouring elements: 16-byte loads and stores, a quarter of the invocations',
      knobs: { WG: [64, 128, 256, 32] },
      barrierFree: true,
      fits: wholeVec4,
      score: () => 10,
      workgroup: lineOfWG,
      passes: perItem((d) => elements(d) / 4),
    },
  ];
}

const dweightVariants: readonly GpuVariant[] = [
  {
    name: 'naive',
    about: 'one invocation per element sums its positions: the equation as it stands',
    knobs: { WG: [64, 128, 256] },
    barrierFree: true,
    score: lastResort,
    workgroup: lineOfWG,
    passes: perItem((d) => d.V * d.C),
  },
  {
    name: 'workgroup',
    about:
      'four rows a workgroup; eight groups of invocations share the positions of a frequent token, which one would walk alone',
    knobs: { WG: [256, 128], LANES: [32, 64, 16], ROWS: [4, 1, 8] },
    fits: wholeVec4,
    score: (_d, _o, facts) => (facts.software ? 0.5 : 6),
    workgroup: lineOfWG,
    workgroupBytes: (k) => 16 * k.WG,
    passes: (d, k) => mainPass(Math.ceil(d.V / k.ROWS)),
  },
  {
    name: 'direct',
    about:
      'one invocation per four neighbouring elements: a quarter of the loads, and an empty row costs one look; for software adapters',
    over: 'naive',
    knobs: { WG: [64, 32, 128] },
    barrierFree: true,
    fits: wholeVec4,
    score: forSoftware,
    workgroup: lineOfWG,
    passes: perItem((d) => (d.V * d.C) / 4),
  },
];

export const embedding: Op = {
  name: 'embedding',
  about:
    'out[r] = wte[tokens[r]] (+ wpe[r mod T] with POS). DECODE: token and position of a row come from its state. A token ≥ V reads row V−1 (the host checks ids before upload).',
  dims: ['R', 'T', 'C', 'V', 'TMAX'],
  options: { POS: [0, 1], DECODE: [0, 1], /** wte is stored in f16. */ B16: [0, 1] },
  ports: [
    { name: 'state', dir: 'in', shape: 'R 16', elem: 'u32', when: on('DECODE') },
    { name: 'tokens', dir: 'in', shape: 'R', elem: 'u32', when: (o) => !o.DECODE },
    { name: 'wte', dir: 'in', shape: 'V C', elem: (o) => (o.B16 ? 'f16' : 'f32') },
    { name: 'wpe', dir: 'in', shape: 'TMAX C', when: on('POS') },
    { name: 'out', dir: 'out', shape: 'R C' },
  ],
  variants: perElement((d) => d.R * d.C),
  cpu: wasmOrLoops('embedding'),
  flops: (d) => d.R * d.C,
  bytes: (d, o) => 4 * d.R * d.C * (o.POS ? 3 : 2),
  tolerance: () => ({ abs: 1e-7, rel: 1e-6 }),
};

export const embeddingDweight: Op = {
  name: 'embedding_dweight',
  about:
    'dwte[v] = Σ dout[order[i]] for i from starts[v] to starts[v+1]: the host sorts positions by token (a counting sort of ids it knows anyway), so each row is one fixed-order sum. ACCUM adds to what is there (a tied head).',
  dims: ['R', 'C', 'V'],
  options: { ACCUM: [0, 1] },
  ports: [
    { name: 'order', dir: 'in', shape: 'R', elem: 'u32' },
    { name: 'starts', dir: 'in', shape: 'V+1', elem: 'u32' },
    { name: 'dout', dir: 'in', shape: 'R C' },
    { name: 'dwte', dir: 'inout', shape: 'V C', reads: on('ACCUM') },
  ],
  variants: dweightVariants,
  cpu: wasmOrLoops('embedding_dweight'),
  flops: (d) => d.R * d.C,
  tolerance: (d) => ({ abs: 2 ** -22 * Math.sqrt(d.R) * 2, rel: 1e-5 }),
};

export const embeddingDpos: Op = {
  name: 'embedding_dpos',
  about: 'dwpe[t] = Σ_b dout[b,t] for t < T, 0 beyond',
  dims: ['B', 'T', 'C', 'TMAX'],
  options: { ACCUM: [0, 1] },
  ports: [
    { name: 'dout', dir: 'in', shape: 'B T C' },
    { name: 'dwpe', dir: 'inout', shape: 'TMAX C', reads: on('ACCUM') },
  ],
  variants: perElement((d) => d.TMAX * d.C),
  cpu: wasmOrLoops('embedding_dpos'),
  flops: (d) => d.B * d.T * d.C,
  tolerance: (d) => ({ abs: 2 ** -22 * Math.sqrt(d.B) * 4, rel: 1e-5 }),
};
