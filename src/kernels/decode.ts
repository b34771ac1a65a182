/** One token against the key/value cache, and what fills that cache: the ops that only decoding needs. */
import decodeDirect from '../../shaders/attention_decode/direct.wgsl?raw';
import decodeNaive from '../../shaders/attention_decode/naive.wgsl?raw';
import decodeWorkgroup from '../../shaders/attention_decode/workgroup.wgsl?raw';
import kvWriteNaive from '../../shaders/kv_write/naive.wgsl?raw';
import kvWriteVec4 from '../../shaders/kv_write/vec4.wgsl?raw';
import lastRowNaive from '../../shaders/last_row/naive.wgsl?raw';
import ropeNaive from '../../shaders/rope/naive.wgsl?raw';
import type { Op, Options } from './op.ts';
import { on } from './options.ts';
import { forSoftware, lastResort, lineOfWG, perItem } from './variants.ts';

const half = (o: Options) => (o.HALF ? 'f16' : 'f32') as 'f16' | 'f32';

export const attentionDecode: Op = {
  name: 'attention_decode',
  about:
    'The query at position p = state.POS over keys 0…p. Keys and values before p come from the cache, those of p from qkv; they are also written to the cache at p. ' +
    'ROPE rotates q and k of p first (1 interleaved pairs (2i, 2i+1), 2 half pairs (i, i+HS/2)); rope[p] holds cos, sin of each pair.',
  dims: ['NH', 'NKV', 'HS', 'TMAX'],
  options: { ROPE: [0, 1, 2], GATE: [0, 1], /** The cache is stored in f16. */ HALF: [0, 1] },
  ports: [
    { name: 'state', dir: 'in', shape: '16', elem: 'u32' },
    { name: 'qkv', dir: 'in', shape: 'NH*HS+2*NKV*HS' },
    { name: 'rope', dir: 'in', shape: 'TMAX HS', when: on('ROPE') },
    { name: 'gate', dir: 'in', shape: 'NH', when: on('GATE') },
    { name: 'cache_k', dir: 'inout', shape: 'NKV TMAX HS', elem: half },
    { name: 'cache_v', dir: 'inout', shape: 'NKV TMAX HS', elem: half },
    { name: 'out', dir: 'out', shape: 'NH*HS' },
  ],
  variants: [
    {
      name: 'naive',
      about: 'an invocation makes one head, scores twice, sums in memory',
      wgsl: decodeNaive,
      knobs: { WG: [1, 4] },
      barrierFree: true,
      fits: (_d, o) => !o.HALF,
      score: lastResort,
      workgroup: lineOfWG,
      passes: perItem((d) => d.NH),
    },
    {
      name: 'workgroup',
      about: 'a workgroup makes one head: keys over invocations, then dims × residues of keys',
      wgsl: decodeWorkgroup,
      knobs: { WG: [128, 64, 256] },
      // scores of all keys in workgroup memory; whole vec4s; each invocation owns one of them
      fits: (d) => d.HS % 4 === 0 && 128 % (d.HS / 4) === 0 && d.TMAX <= 3072,
      score: (_d, _o, facts) => (facts.software ? 0 : 40),
      workgroup: lineOfWG,
      workgroupBytes: (k, d) => 4 * (2 * d.HS + d.TMAX + 5 * k.WG),
      passes: (d) => [{ entry: 'main', grid: [d.NH, 1, 1] }],
    },
    {
      name: 'direct',
      about: 'an invocation makes one head, 4 keys at a time, each key and value read once, no barrier',
      wgsl: decodeDirect,
      knobs: { WG: [1, 4] },
      barrierFree: true,
      fits: (d) => d.HS % 4 === 0,
      score: forSoftware,
      workgroup: lineOfWG,
      passes: perItem((d) => d.NH),
    },
  ],
  flops: (d) => 4 * d.NH * d.TMAX * d.HS,
  tolerance: (_d, o) => (o.HALF ? { abs: 2e-3, rel: 2e-3 } : { abs: 5e-6, rel: 2e-5 }),
};

export const kvWrite: Op = {
  name: 'kv_write',
  about: 'Copies k and v of T rows of qkv (already rotated) into the cache at positions 0…T−1',
  dims: ['T', 'NH', 'NKV', 'HS', 'TMAX'],
  options: { HALF: [0, 1] },
  ports: [
    { name: 'qkv', dir: 'in', shape: 'T NH*HS+2*NKV*HS' },
    { name: 'cache_k', dir: 'inout', shape: 'NKV TMAX HS', elem: half },
    { name: 'cache_v', dir: 'inout', shape: 'NKV TMAX HS', elem: half },
  ],
  variants: [
    {
      name: 'naive',
      about: 'an invocation copies one pair of numbers; packs them for a cache in f16',
      wgsl: kvWriteNaive,
      knobs: { WG: [64, 128] },
      barrierFree: true,
      fits: (d) => d.HS % 2 === 0,
      score: lastResort,
      workgroup: lineOfWG,
      passes: perItem((d) => (d.T * d.NKV * d.HS) / 2),
    },
    {
      name: 'vec4',
      about: '16 bytes a load and a store',
      wgsl: kvWriteVec4,
      knobs: { WG: [64, 128] },
      barrierFree: true,
      fits: (d, o) => d.HS % 4 === 0 && !o.HALF,
      score: () => 10,
      workgroup: lineOfWG,
      passes: perItem((d) => (d.T * d.NKV * d.HS) / 4),
    },
  ],
  flops: () => 0,
  bytes: (d, o) => 2 * d.T * d.NKV * d.HS * (o.HALF ? 6 : 8),
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
      about: 'an invocation turns one pair',
      wgsl: ropeNaive,
      knobs: { WG: [64, 128] },
      barrierFree: true,
      score: lastResort,
      workgroup: lineOfWG,
      passes: perItem((d) => (d.B * d.T * (d.NH + d.NKV) * d.HS) / 2),
    },
  ],
  flops: (d) => 3 * d.B * d.T * (d.NH + d.NKV) * d.HS,
  tolerance: () => ({ abs: 1e-6, rel: 1e-5 }),
};

export const lastRow: Op = {
  name: 'last_row',
  about: 'out = inp[state.LENGTH − 1]: the only row of a prefill that predicts something new',
  dims: ['T', 'C'],
  options: {},
  ports: [
    { name: 'state', dir: 'in', shape: '16', elem: 'u32' },
    { name: 'inp', dir: 'in', shape: 'T C' },
    { name: 'out', dir: 'out', shape: '1 C' },
  ],
  variants: [
    {
      name: 'naive',
      about: 'an invocation copies one number',
      wgsl: lastRowNaive,
      knobs: { WG: [64] },
      barrierFree: true,
      score: lastResort,
      workgroup: lineOfWG,
      passes: perItem((d) => d.C),
    },
  ],
  flops: () => 0,
  bytes: (d) => 8 * d.C,
  tolerance: () => ({ abs: 0, rel: 0 }),
};
