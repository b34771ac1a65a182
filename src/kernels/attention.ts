/**
 * Scaled dot-product attention, softmax(q·kᵀ/√HS + mask)·v, forward and backward, and its weights for the page.
 *
 * `qkv` holds q, k, v side by side in each row: NH·HS, NKV·HS, NKV·HS (grouped queries: head h uses key head ⌊h·NKV/NH⌋).
 * With CROSS, `qkv` holds q alone and `kv` holds k and v of the other sequence (S rows); otherwise S = T.
 * Masks: 0 full, 1 causal (key ≤ query), 2 prefix (key ≤ query, or key < spans[b,0]). PADDED: only keys < spans[b,1] count;
 * spans[b,1] ≥ 1.
 */
import { evenGroups, paddedRow, wasmOrLoops } from './cpu.ts';
import type { Dims, Facts, GpuVariant, Op, Options } from './op.ts';
import { on } from './options.ts';

const half = (o: Options) => (o.HALF ? 'f16' : 'f32') as 'f16' | 'f32';
const qkvShape = (o: Options) => (o.CROSS ? 'B T NH*HS' : 'B T NH*HS+2*NKV*HS');
const hasSpans = (o: Options) => o.MASK === 2 || Boolean(o.PADDED);
const dims = ['B', 'T', 'S', 'NH', 'NKV', 'HS'] as const;

/** Storage of qkv, kv and out where shader-f16 is there. */
const elems = (o: Options) => ({ elem: half(o) });
const runsHalf = (o: Options, facts: Facts) => !o.HALF || facts.f16;
/** Workgroups of `rows` query rows of one head. */
const rowTiles = (d: Dims, rows: number) => Math.ceil(d.T / rows) * d.B * d.NH;

const attentionVariants: readonly GpuVariant[] = [
  {
    name: 'naive',
    about: 'scores, softmax, mix as three dispatches over a B·NH·T·S workspace: the equation as it stands',
    knobs: { WG: [64, 128, 256] },
    barrierFree: true,
    fits: (d, o, facts) => runsHalf(o, facts) && 4 * d.B * d.NH * d.T * d.S <= facts.limits.maxStorageBufferBindingSize,
    score: () => 1,
    workgroup: (k) => [k.WG, 1, 1],
    passes: (d, k) => [
      { entry: 'scores', grid: [Math.ceil((d.B * d.NH * d.T * d.S) / k.WG), 1, 1] },
      { entry: 'softmax', grid: [Math.ceil((d.B * d.NH * d.T) / k.WG), 1, 1] },
      { entry: 'mix', grid: [Math.ceil((d.B * d.T * d.NH * d.HS) / k.WG), 1, 1] },
    ],
    workspace: (d) => d.B * d.NH * d.T * d.S,
    elems,
  },
  {
    name: 'tiled',
    about:
      'one dispatch, online softmax over blocks of keys in workgroup memory: the scores never travel to memory and back; any head size',
    knobs: {},
    fits: (_d, o, facts) => runsHalf(o, facts),
    // a fused kernel that any GPU runs; on a software adapter its barriers make it the slowest of all
    score: (_d, _o, facts) => (facts.software ? 0 : 10),
    workgroup: () => [64, 1, 1],
    workgroupBytes: () => 4 * (2 * 32 * 33 + 32),
    passes: (d) => [{ entry: 'main', grid: [rowTiles(d, 32), 1, 1] }],
    elems,
  },
  {
    name: 'blocked',
    about: '4×4 matrices in registers, vec4s in workgroup memory: 64 FMAs for 8 loads (RG 1), 128 for 12 (RG 2)',
    knobs: { RG: [1, 2], TY: [16, 8] },
    fits: (d, o, facts) => d.HS % 4 === 0 && runsHalf(o, facts),
    score: (_d, _o, facts) => (facts.software ? 0 : 40),
    workgroup: (k) => [8 * k.TY, 1, 1],
    workgroupBytes: (k) => 16 * (4 * k.TY * k.RG * 11 + 32 * 9),
    passes: (d, k) => [{ entry: 'main', grid: [rowTiles(d, 4 * k.TY * k.RG), 1, 1] }],
    elems,
  },
  {
    name: 'subgroup',
    about:
      'a quad makes 4 rows, its lanes share the dims and exchange scores and weights by quad swaps: 2 barriers a block',
    over: 'tiled',
    knobs: { WG: [64, 128, 32] },
    needs: ['subgroups'],
    fits: (d, o, facts) => d.HS % 16 === 0 && facts.subgroupMin >= 4 && runsHalf(o, facts),
    score: (_d, _o, facts) => (facts.software ? 0 : 30),
    workgroup: (k) => [k.WG, 1, 1],
    workgroupBytes: (_k, d) => 4 * 2 * 16 * d.HS,
    passes: (d, k) => [{ entry: 'main', grid: [rowTiles(d, k.WG), 1, 1] }],
    elems,
  },
  {
    name: 'f16',
    about:
      'halves in workgroup memory: whole rows fit, so q is staged once and a block takes 4 barriers, on half the bytes',
    over: 'blocked',
    knobs: { TY: [8, 16] },
    needs: ['f16'],
    fits: (d, o) => d.HS % 4 === 0 && Boolean(o.HALF),
    // half the bytes of blocked; a software adapter emulates every half
    score: (_d, _o, facts) => (facts.software ? 0 : 45),
    workgroup: (k) => [8 * k.TY, 1, 1],
    workgroupBytes: (k, d) => 8 * ((4 * k.TY + 32) * (d.HS / 4 + 1) + 4 * k.TY * 9) + 16 * 8 * k.TY,
    passes: (d, k) => [{ entry: 'main', grid: [rowTiles(d, 4 * k.TY), 1, 1] }],
  },
  {
    name: 'direct',
    about:
      '4 rows an invocation, online, keys and values straight from memory as 4×4 matrices: no scores in memory, no barrier; for software adapters',
    over: 'naive',
    knobs: { WG: [8, 4, 16, 32] },
    barrierFree: true,
    fits: (d) => d.HS % 4 === 0,
    // 8 to 20 times naive on SwiftShader and lavapipe (bench/NOTES.md); a GPU starves for lack of invocations
    score: (_d, _o, facts) => (facts.software ? 100 : 2),
    workgroup: (k) => [k.WG, 1, 1],
    passes: (d, k) => [{ entry: 'main', grid: [rowTiles(d, 4 * k.WG), 1, 1] }],
  },
  {
    name: 'quad',
    about: '16 keys at a time: each lane of a quad loads a quarter of them and quad swaps hand them round',
    knobs: { HEADS: [2, 1, 4] },
    barrierFree: true,
    needs: ['subgroups'],
    fits: (d, _o, facts) => d.HS % 4 === 0 && facts.subgroupMin >= 4,
    score: (_d, _o, facts) => (facts.software ? 200 : 3),
    workgroup: (k) => [4 * k.HEADS, 1, 1],
    passes: (d, k) => [{ entry: 'main', grid: [Math.ceil(d.T / 16) * d.B * Math.ceil(d.NH / k.HEADS), 1, 1] }],
  },
];

export const attention: Op = {
  name: 'attention',
  about:
    'out = softmax(q·kᵀ/√HS + mask)·v · gate[head]; lse[b,h,t] = log Σ exp(scores), kept for the backward pass (SAVE_LSE)',
  dims,
  options: {
    MASK: [1, 0, 2],
    PADDED: [0, 1],
    CROSS: [0, 1],
    /** Multiply each head's output by gate[h] (0 switches a head off). */
    GATE: [0, 1],
    SAVE_LSE: [0, 1],
    /** qkv, kv and out are stored in f16; sums in f32. */
    HALF: [0, 1],
  },
  ports: [
    { name: 'qkv', dir: 'in', shape: qkvShape, elem: half },
    { name: 'kv', dir: 'in', shape: 'B S 2*NKV*HS', elem: half, when: on('CROSS') },
    { name: 'spans', dir: 'in', shape: 'B 2', elem: 'u32', when: hasSpans },
    { name: 'gate', dir: 'in', shape: 'NH', when: on('GATE') },
    { name: 'out', dir: 'out', shape: 'B T NH*HS', elem: half },
    { name: 'lse', dir: 'out', shape: 'B NH T', when: on('SAVE_LSE'), keptBy: 'SAVE_LSE' },
  ],
  variants: attentionVariants,
  cpu: wasmOrLoops('attention', { scratch: (d) => (2 * d.S + 16) * paddedRow(d) + (d.S + 4) * 32 }),
  flops: (d, o) => 4 * d.B * d.NH * d.T * d.S * d.HS * (o.MASK === 1 ? 0.5 : 1),
  tolerance: (_d, o) => (o.HALF ? { abs: 4e-3, rel: 4e-3 } : { abs: 5e-6, rel: 2e-5 }),
};

/** Workgroups of `rows` keys of one head. */
const keyTiles = (d: Dims, rows: number) => Math.ceil(d.S / rows) * d.B * d.NKV;

const dqkvVariants: readonly GpuVariant[] = [
  {
    name: 'naive',
    about: 'one query row or one key an invocation, summed straight in memory: the equation as it stands',
    knobs: { WG: [32, 64] },
    barrierFree: true,
    score: () => 1,
    workgroup: (k) => [k.WG, 1, 1],
    passes: (d, k) => [{ entry: 'main', grid: [Math.ceil((d.B * (d.NH * d.T + d.NKV * d.S)) / k.WG), 1, 1] }],
  },
  {
    name: 'blocked',
    about:
      '32 rows or keys a workgroup, blocks of 32 through workgroup memory, 4×4 matrices in registers: each load feeds many FMAs',
    knobs: {},
    fits: (d) => d.HS % 4 === 0,
    score: (_d, _o, facts) => (facts.software ? 0 : 40),
    workgroup: () => [64, 1, 1],
    workgroupBytes: () => 16 * 2 * 32 * 9 + 4 * 64,
    passes: (d) => [{ entry: 'main', grid: [rowTiles(d, 32) + keyTiles(d, 32), 1, 1] }],
  },
  {
    name: 'direct',
    about:
      '4 query rows or 4 keys an invocation, the rest straight from memory as 4×4 matrices: each load serves 4, no barrier; for software adapters',
    over: 'naive',
    knobs: { WG: [8, 4, 16] },
    barrierFree: true,
    fits: (d) => d.HS % 4 === 0,
    score: (_d, _o, facts) => (facts.software ? 100 : 2),
    workgroup: (k) => [k.WG, 1, 1],
    passes: (d, k) => [{ entry: 'main', grid: [rowTiles(d, 4 * k.WG) + keyTiles(d, 4 * k.WG), 1, 1] }],
  },
  {
    name: 'quad',
    about: '16 keys or queries at a time: each lane of a quad loads a quarter of them and quad swaps hand them round',
    knobs: { HEADS: [2, 1, 4] },
    barrierFree: true,
    needs: ['subgroups'],
    fits: (d, _o, facts) => d.HS % 4 === 0 && facts.subgroupMin >= 4,
    score: (_d, _o, facts) => (facts.software ? 200 : 3),
    workgroup: (k) => [4 * k.HEADS, 1, 1],
    passes: (d, k) => {
      const queries = Math.ceil(d.T / 16) * d.B * Math.ceil(d.NH / k.HEADS);
      const keys = Math.ceil(d.S / 16) * d.B * Math.ceil(d.NKV / k.HEADS);
      return [{ entry: 'main', grid: [queries + keys, 1, 1] }];
    },
  },
  {
    name: 'quad_head',
    about:
      'a quad makes all gradients of one key head: p, ds and D are made once, not for the queries and again for the keys',
    knobs: { HEADS: [2, 1, 4] },
    barrierFree: true,
    needs: ['subgroups'],
    // with kv and dkv the workspace would be a ninth buffer
    fits: (d, o, facts) => d.HS % 4 === 0 && facts.subgroupMin >= 4 && !o.CROSS,
    // less than half the time of quad, if there are quads for half the cores; a GPU has thousands
    score: (d, _o, facts) => (facts.software ? (d.B * d.NKV >= 4 ? 300 : 150) : 1),
    workgroup: (k) => [4 * k.HEADS, 1, 1],
    passes: (d, k) => [{ entry: 'main', grid: [d.B * Math.ceil(d.NKV / k.HEADS), 1, 1] }],
    workspace: (d) => d.B * d.NH * Math.ceil(d.T / 16) * 16,
  },
];

export const attentionDqkv: Op = {
  name: 'attention_dqkv',
  about:
    'with p = exp(score − lse), D = Σ dout·out: dv = pᵀ·dout, ds = p·(dout·vᵀ − D), dq = ds·k/√HS, dk = dsᵀ·q/√HS; p is computed anew, never stored',
  dims,
  options: { MASK: [1, 0, 2], PADDED: [0, 1], CROSS: [0, 1] },
  ports: [
    { name: 'qkv', dir: 'in', shape: qkvShape },
    { name: 'kv', dir: 'in', shape: 'B S 2*NKV*HS', when: on('CROSS') },
    { name: 'spans', dir: 'in', shape: 'B 2', elem: 'u32', when: hasSpans },
    { name: 'out', dir: 'in', shape: 'B T NH*HS' },
    { name: 'dout', dir: 'in', shape: 'B T NH*HS' },
    { name: 'lse', dir: 'in', shape: 'B NH T' },
    { name: 'dqkv', dir: 'out', shape: qkvShape },
    { name: 'dkv', dir: 'out', shape: 'B S 2*NKV*HS', when: on('CROSS') },
  ],
  variants: dqkvVariants,
  cpu: wasmOrLoops('attention_dqkv', {
    fits: evenGroups,
    scratch: (d) => Math.ceil(d.S / 4) * 4 * (4 * paddedRow(d) + 2 * 64) + 5 * 16 * paddedRow(d) + 128,
  }),
  flops: (d, o) => 10 * d.B * d.NH * d.T * d.S * d.HS * (o.MASK === 1 ? 0.5 : 1),
  tolerance: () => ({ abs: 2e-5, rel: 1e-4 }),
};

export const attentionWeights: Op = {
  name: 'attention_weights',
  about:
    'out[b,h,t,s] = softmax over s of q·kᵀ/√HS + mask: what the fused kernels never store, written out for people who want to see it. ' +
    'CACHED: one query at position p = state.POS against the key cache; keys after it get 0. ROPE (with CACHED) turns the query by the angles of p first, as in attention_decode.',
  dims,
  options: { MASK: [1, 0, 2], PADDED: [0, 1], CROSS: [0, 1], CACHED: [0, 1], ROPE: [0, 1, 2] },
  ports: [
    { name: 'state', dir: 'in', shape: '16', elem: 'u32', when: on('CACHED') },
    { name: 'qkv', dir: 'in', shape: qkvShape },
    { name: 'kv', dir: 'in', shape: 'B S 2*NKV*HS', when: on('CROSS') },
    { name: 'spans', dir: 'in', shape: 'B 2', elem: 'u32', when: hasSpans },
    { name: 'cache_k', dir: 'in', shape: 'NKV S HS', when: on('CACHED') },
    { name: 'out', dir: 'out', shape: 'B NH T S' },
    { name: 'rope', dir: 'in', shape: 'S HS', when: on('ROPE') },
  ],
  variants: [
    {
      name: 'naive',
      about: 'an invocation makes one row: scores, their maximum, then the quotients: the equation as it stands',
      knobs: { WG: [8, 32, 64] },
      barrierFree: true,
      // it runs only for people who look at it
      score: () => 1,
      workgroup: (k) => [k.WG, 1, 1],
      passes: (d, k) => [{ entry: 'main', grid: [Math.ceil((d.B * d.NH * d.T) / k.WG), 1, 1] }],
    },
    {
      name: 'vec4',
      about: '4 keys and 4 dims at a time: a quarter of the loads, each of 16 bytes',
      knobs: { WG: [8, 32, 64] },
      barrierFree: true,
      fits: (d) => d.HS % 4 === 0,
      score: () => 2,
      workgroup: (k) => [k.WG, 1, 1],
      passes: (d, k) => [{ entry: 'main', grid: [Math.ceil((d.B * d.NH * d.T) / k.WG), 1, 1] }],
    },
  ],
  cpu: wasmOrLoops('attention_weights', { scratch: paddedRow }),
  flops: (d) => 2 * d.B * d.NH * d.T * d.S * d.HS,
  tolerance: () => ({ abs: 1e-6, rel: 1e-5 }),
};
