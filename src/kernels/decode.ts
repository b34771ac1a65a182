/** One token against the key/value cache, and what fills that cache: the ops that only decoding needs. */
import { evenGroups, paddedRow, wasmOrLoops } from './cpu.ts';
import type { Dims, Op, Options } from './op.ts';
import { on } from './options.ts';
import { forSoftware, lastResort, lineOfWG, mainPass, perItem, wholeVec4 } from './variants.ts';

const half = (o: Options) => (o.HALF ? 'f16' : 'f32') as 'f16' | 'f32';

/** Longest cache whose scores one workgroup keeps. */
const LONGEST = 2048;
/** Each vec4 of a head has an invocation of its own, even in the smallest workgroup that the knobs offer. */
const fitsGpu = (d: Dims) => d.HS % 4 === 0 && d.HS <= 256;

export const attentionDecode: Op = {
  name: 'attention_decode',
  about:
    'In each of B sequences, with its own state and cache: the query at position p = state.POS over keys 0…p. Keys and values before p come from the cache, those of p from qkv; they are also written to the cache at p. ' +
    'ROPE rotates q and k of p first (1 interleaved pairs (2i, 2i+1), 2 half pairs (i, i+HS/2)); rope[p] holds cos, sin of each pair.',
  dims: ['B', 'NH', 'NKV', 'HS', 'TMAX'],
  options: { ROPE: [0, 1, 2], GATE: [0, 1], /** The cache is stored in f16. */ HALF: [0, 1] },
  ports: [
    { name: 'state', dir: 'in', shape: 'B 16', elem: 'u32' },
    { name: 'qkv', dir: 'in', shape: 'B NH*HS+2*NKV*HS' },
    { name: 'rope', dir: 'in', shape: 'TMAX HS', when: on('ROPE') },
    { name: 'gate', dir: 'in', shape: 'NH', when: on('GATE') },
    { name: 'cache_k', dir: 'inout', shape: 'B NKV TMAX HS', elem: half },
    { name: 'cache_v', dir: 'inout', shape: 'B NKV TMAX HS', elem: half },
    { name: 'out', dir: 'out', shape: 'B NH*HS' },
  ],
  variants: [
    {
      name: 'naive',
      about: 'an invocation makes one head, scores twice, sums in memory; any head size',
      knobs: { WG: [1, 4] },
      barrierFree: true,
      score: lastResort,
      workgroup: lineOfWG,
      passes: (d, k) => [
        { entry: 'store', grid: [1, 1, 1] },
        { entry: 'main', grid: [Math.ceil((d.B * d.NH) / k.WG), 1, 1] },
      ],
    },
    {
      name: 'workgroup',
      about:
        'a workgroup makes one head: keys shared out for the scores, dims and keys for the mix, so loads of many keys are under way at once',
      knobs: { WG: [128, 64, 256] },
      fits: (d) => fitsGpu(d) && d.TMAX <= LONGEST,
      score: (_d, _o, facts) => (facts.software ? 0 : 30),
      workgroup: lineOfWG,
      workgroupBytes: (k, d) => 4 * (d.HS + d.TMAX + 5 * k.WG),
      passes: (d) => mainPass(d.B * d.NH),
    },
    {
      name: 'subgroup',
      about:
        'a quad per key, so that lanes read side by side, and subgroup reductions instead of loops over workgroup memory',
      knobs: { WG: [128, 64, 256] },
      needs: ['subgroups'],
      fits: (d, _o, facts) => fitsGpu(d) && d.TMAX <= LONGEST && d.HS % 16 === 0 && facts.subgroupMin >= 4,
      score: (_d, _o, facts) => (facts.software ? 0 : 40),
      workgroup: lineOfWG,
      workgroupBytes: (k, d) => 4 * (d.HS + d.TMAX + 4.5 * k.WG),
      passes: (d) => mainPass(d.B * d.NH),
    },
    {
      name: 'split',
      about:
        'keys split over workgroups, their parts merged in a second dispatch: a long cache fills the device though heads are few',
      over: 'workgroup',
      knobs: { CHUNK: [256, 128, 512], WG: [128, 64, 256] },
      fits: fitsGpu,
      // a second dispatch costs more than one workgroup walking 1024 keys; beyond that the heads alone leave a GPU idle
      score: (d, _o, facts) => (facts.software ? 0 : d.TMAX > 1024 ? 50 : 20),
      workgroup: lineOfWG,
      workgroupBytes: (k, d) => 4 * (d.HS + k.CHUNK + 5 * k.WG),
      passes: (d, k) => [
        { entry: 'part', grid: [d.B * d.NH * Math.ceil(d.TMAX / k.CHUNK), 1, 1] },
        { entry: 'merge', grid: [Math.ceil((d.B * d.NH * d.HS) / 4 / k.WG), 1, 1] },
      ],
      workspace: (d, k) => d.B * d.NH * Math.ceil(d.TMAX / k.CHUNK) * (d.HS + 4),
    },
    {
      name: 'direct',
      about:
        'a few lanes per head make the same scores, 4 keys at a time, and share out the mix: lanes that read one key cost as much as one, no barrier; for software adapters',
      over: 'naive',
      knobs: { LANES: [4, 8] },
      barrierFree: true,
      fits: (d) => d.HS % 4 === 0,
      score: forSoftware,
      workgroup: (k) => [k.LANES, 1, 1],
      passes: (d) => mainPass(d.B * d.NH),
    },
    {
      name: 'quad',
      about:
        'a quad per head reads 16 bytes side by side and adds scores by quad swaps: its lanes share the scores that direct makes in each',
      knobs: { HEADS: [2, 1, 4] },
      barrierFree: true,
      needs: ['subgroups'],
      fits: (d, o, facts) => d.HS % (o.HALF ? 8 : 4) === 0 && facts.subgroupMin >= 4,
      // 2 to 6 times direct on SwiftShader and lavapipe (bench/NOTES.md)
      score: (_d, _o, facts) => (facts.software ? 20 : 3),
      workgroup: (k) => [4 * k.HEADS, 1, 1],
      passes: (d, k) => mainPass(d.B * Math.ceil(d.NH / k.HEADS)),
    },
  ],
  cpu: wasmOrLoops('attention_decode', { fits: evenGroups, scratch: (d) => paddedRow(d) + 4 * d.TMAX + 16 }),
  flops: (d) => 4 * d.B * d.NH * d.TMAX * d.HS,
  tolerance: (_d, o) => (o.HALF ? { abs: 2e-3, rel: 2e-3 } : { abs: 5e-6, rel: 2e-5 }),
};

export const kvWrite: Op = {
  name: 'kv_write',
  about: 'Copies k and v of T rows of qkv (already rotated) into the cache of each of B sequences at positions 0…T−1',
  dims: ['B', 'T', 'NH', 'NKV', 'HS', 'TMAX'],
  options: { HALF: [0, 1] },
  ports: [
    { name: 'qkv', dir: 'in', shape: 'B T NH*HS+2*NKV*HS' },
    { name: 'cache_k', dir: 'inout', shape: 'B NKV TMAX HS', elem: half },
    { name: 'cache_v', dir: 'inout', shape: 'B NKV TMAX HS', elem: half },
  ],
  variants: [
    {
      name: 'naive',
      about: 'an invocation makes one word of each cache, in f16 two numbers; any head size',
      knobs: { WG: [64, 128] },
      barrierFree: true,
      score: lastResort,
      workgroup: lineOfWG,
      passes: (d, k, o) => mainPass(Math.ceil((d.B * d.NKV * d.TMAX * d.HS) / (o.HALF ? 2 : 1) / k.WG)),
    },
    {
      name: 'vec4',
      about:
        'four numbers of each cache an invocation, packed for a cache in f16: 16-byte loads, a quarter of the invocations',
      knobs: { WG: [64, 128] },
      barrierFree: true,
      fits: (d) => d.HS % 4 === 0,
      score: () => 10,
      workgroup: lineOfWG,
      passes: perItem((d) => (d.B * d.T * d.NKV * d.HS) / 4),
    },
  ],
  cpu: wasmOrLoops('kv_write'),
  flops: () => 0,
  bytes: (d, o) => 2 * d.B * d.T * d.NKV * d.HS * (o.HALF ? 6 : 8),
  tolerance: (_d, o) => (o.HALF ? { abs: 6e-8, rel: 2 ** -11 } : { abs: 0, rel: 0 }),
};

export const rope: Op = {
  name: 'rope',
  about:
    'Rotates q and k of each row in place by the angles of its position t: (x, y) → (x·cos − y·sin, x·sin + y·cos). ROPE as in attention_decode; BACKWARD rotates by the negative angle.',
  dims: ['B', 'T', 'NH', 'NKV', 'HS', 'TMAX'],
  options: { ROPE: [1, 2], BACKWARD: [0, 1] },
  ports: [
    { name: 'rope', dir: 'in', shape: 'TMAX HS' },
    { name: 'qkv', dir: 'inout', shape: 'B T NH*HS+2*NKV*HS' },
  ],
  variants: [
    {
      name: 'naive',
      about: 'an invocation turns one pair: the equation as it stands',
      knobs: { WG: [64, 128] },
      barrierFree: true,
      score: lastResort,
      workgroup: lineOfWG,
      passes: perItem((d) => (d.B * d.T * (d.NH + d.NKV) * d.HS) / 2),
    },
    {
      name: 'vec4',
      about: 'an invocation turns four pairs: 16-byte loads and stores, a quarter of the invocations',
      knobs: { WG: [64, 128] },
      barrierFree: true,
      fits: (d) => d.HS % 8 === 0,
      score: () => 10,
      workgroup: lineOfWG,
      passes: perItem((d) => (d.B * d.T * (d.NH + d.NKV) * d.HS) / 8),
    },
  ],
  cpu: wasmOrLoops('rope'),
  flops: (d) => 3 * d.B * d.T * (d.NH + d.NKV) * d.HS,
  tolerance: () => ({ abs: 1e-6, rel: 1e-5 }),
};

export const lastRow: Op = {
  name: 'last_row',
  about: 'out[b] = inp[b, state[b].LENGTH − 1]: the only row of a prefill that predicts something new',
  dims: ['B', 'T', 'C'],
  options: {},
  ports: [
    { name: 'state', dir: 'in', shape: 'B 16', elem: 'u32' },
    { name: 'inp', dir: 'in', shape: 'B T C' },
    { name: 'out', dir: 'out', shape: 'B C' },
  ],
  variants: [
    {
      name: 'naive',
      about: 'an invocation copies one number',
      knobs: { WG: [64] },
      barrierFree: true,
      score: lastResort,
      workgroup: lineOfWG,
      passes: perItem((d) => d.B * d.C),
    },
    {
      name: 'vec4',
      about: 'an invocation copies four numbers: 16-byte loads and stores',
      knobs: { WG: [64] },
      barrierFree: true,
      fits: wholeVec4,
      score: () => 10,
      workgroup: lineOfWG,
      passes: perItem((d) => (d.B * d.C) / 4),
    },
  ],
  cpu: wasmOrLoops('last_row', { undivided: () => true }),
  flops: () => 0,
  bytes: (d) => 8 * d.B * d.C,
  tolerance: () => ({ abs: 0, rel: 0 }),
};
