/** One token against the key/value cache, and what fills that cache: the ops that only decoding needs. */
import type { Op, Options } from './op.ts';
import { on } from './options.ts';

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
  variants: [],
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
  variants: [],
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
  variants: [],
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
  variants: [],
  flops: () => 0,
  bytes: (d) => 8 * d.C,
  tolerance: () => ({ abs: 0, rel: 0 }),
};
