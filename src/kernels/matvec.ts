/** out = x·Wᵀ for one or a few rows: the whole of decoding. It reads each weight once, so memory bandwidth is its roof. */
import { wasmOrLoops } from './cpu.ts';
import type { Dims, Op, Options } from './op.ts';
import { on } from './options.ts';
import { lastResort, lineOfWG, mainPass, perItem } from './variants.ts';

/** Rows of the weight are whole vec4s, in f16 whole vec4s of packed pairs. */
const wholeRows = (d: Dims, o: Options): boolean => d.M <= 8 && d.K % (o.B16 ? 8 : 4) === 0;

export const matvec: Op = {
  name: 'matvec',
  about:
    'h = x (NORM 0), layernorm(x)·gamma + beta (1) or rmsnorm(x)·gamma (2); y[m,n] = Σ_k h[m,k]·W[n,k] + bias; gelu; GATED: silu(y of row n)·(y of row N+n); ·gate; + residual. ' +
    'For M ≤ 8.',
  dims: ['M', 'N', 'K'],
  scalars: ['eps'],
  options: {
    NORM: [0, 1, 2],
    /** Weight holds 2N rows: gate rows, then up rows (SwiGLU). */
    GATED: [0, 1],
    BIAS: [0, 1],
    GELU: [0, 1, 2],
    GATE: [0, 1],
    RESIDUAL: [0, 1],
    /** The weight is stored in f16 (packed in pairs; needs K even). */
    B16: [0, 1],
  },
  ports: [
    { name: 'inp', dir: 'in', shape: 'M K' },
    { name: 'weight', dir: 'in', shape: (o) => (o.GATED ? '2*N K' : 'N K'), elem: (o) => (o.B16 ? 'f16' : 'f32') },
    { name: 'bias', dir: 'in', shape: 'N', when: on('BIAS') },
    { name: 'gamma', dir: 'in', shape: 'K', when: on('NORM') },
    { name: 'beta', dir: 'in', shape: 'K', when: (o) => o.NORM === 1 },
    { name: 'gate', dir: 'in', shape: '1', when: on('GATE') },
    { name: 'residual', dir: 'in', shape: 'M N', when: on('RESIDUAL') },
    { name: 'out', dir: 'out', shape: 'M N' },
  ],
  variants: [
    {
      name: 'naive',
      about: 'an invocation makes one output and reads its weight row number by number: the equation as it stands',
      knobs: { WG: [64, 32, 128] },
      barrierFree: true,
      score: lastResort,
      workgroup: lineOfWG,
      passes: perItem((d) => d.M * d.N),
    },
    {
      name: 'tree',
      about:
        '8 lanes share a weight row in vec4s, so loads run side by side; x (normalised) waits in workgroup memory, a tree 3 deep adds up',
      knobs: { WG: [64, 128, 256] },
      fits: (d, o) => wholeRows(d, o) && 4 * d.K + 32 * 64 <= 16384,
      // on software adapters ahead of nothing but naive and of a norm that costs more inside than apart (see subgroup)
      score: (_d, _o, facts) => (facts.software ? 2 : 40),
      workgroup: lineOfWG,
      workgroupBytes: (k, d) => 4 * d.K + 32 * k.WG,
      passes: (d, k) => mainPass(d.M * Math.ceil(d.N / (k.WG / 2))),
    },
    {
      name: 'subgroup',
      about:
        'a subgroup makes 4 columns, its lanes stride along K in vec4s, subgroupAdd adds up: no barrier, the norm fused',
      knobs: { WG: [64, 32, 128, 256] },
      needs: ['subgroups'],
      barrierFree: true,
      fits: (d, o, facts) => wholeRows(d, o) && facts.subgroupMin >= 4,
      // Neighbouring lanes read neighbouring weights: the choice of every GPU that has subgroups. On software adapters each
      // subgroup's own norm adds 60 % to its work, a dispatch for it some 0.1 ms: past 2¹⁶ weights the norm is better apart,
      // and standing behind tree, which has barriers, says that to the graph's fusion.
      score: (d, o, facts) => (!facts.software ? 60 : o.NORM && d.N * d.K > 65536 ? 1.5 : 90),
      workgroup: lineOfWG,
      passes: (d, k, _o, facts) => mainPass(Math.ceil(d.N / 4 / Math.max(1, Math.floor(k.WG / facts.subgroupMax)))),
    },
    {
      name: 'direct',
      about:
        '4 columns of all M rows per invocation, vec4 along K: a weight is read once for all rows, no barrier; for software adapters',
      over: 'naive',
      knobs: { WG: [8, 16, 32] },
      barrierFree: true,
      fits: (d, o) => wholeRows(d, o) && !o.NORM,
      // no gather is spent on sums across lanes: 1.1–1.2 × subgroup on SwiftShader and lavapipe, bench/notes/matmul.md
      score: (_d, _o, facts) => (facts.software ? 100 : 2),
      workgroup: lineOfWG,
      passes: perItem((d) => d.N / 4),
    },
  ],
  cpu: wasmOrLoops('matvec', { scratch: (d) => 4 * d.M * d.K }),
  flops: (d, o) => 2 * d.M * d.N * d.K * (o.GATED ? 2 : 1),
  tolerance: (d, o) => ({ abs: 4 * Math.sqrt(d.K) * 2 ** -24 * (0.64 * d.K + 4) * (o.GATED ? 4 : 1), rel: 1e-5 }),
};
