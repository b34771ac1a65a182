/**
 * Scaled dot-product attention, softmax(q·kᵀ/√HS + mask)·v, forward and backward, and its weights for the page.
 *
 * `qkv` holds q, k, v side by side in each row: NH·HS, NKV·HS, NKV·HS (grouped queries: head h uses key head ⌊h·NKV/NH⌋).
 * With CROSS, `qkv` holds q alone and `kv` holds k and v of the other sequence (S rows); otherwise S = T.
 * Masks: 0 full, 1 causal (key ≤ query), 2 prefix (key ≤ query, or key < spans[b,0]). PADDED: only keys < spans[b,1] count;
 * spans[b,1] ≥ 1.
 */
import type { Op, Options } from './op.ts';
import { on } from './options.ts';

const half = (o: Options) => (o.HALF ? 'f16' : 'f32') as 'f16' | 'f32';
const qkvShape = (o: Options) => (o.CROSS ? 'B T NH*HS' : 'B T NH*HS+2*NKV*HS');
const hasSpans = (o: Options) => o.MASK === 2 || Boolean(o.PADDED);
const dims = ['B', 'T', 'S', 'NH', 'NKV', 'HS'] as const;

export const attention: Op = {
  name: 'attention',
  about: 'out = softmax(q·kᵀ/√HS + mask)·v · gate[head]; lse[b,h,t] = log Σ exp(scores), kept for the backward pass (SAVE_LSE)',
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
    { name: 'lse', dir: 'out', shape: 'B NH T', when: on('SAVE_LSE') },
  ],
  variants: [],
  flops: (d, o) => 4 * d.B * d.NH * d.T * d.S * d.HS * (o.MASK === 1 ? 0.5 : 1),
  tolerance: (_d, o) => (o.HALF ? { abs: 4e-3, rel: 4e-3 } : { abs: 5e-6, rel: 2e-5 }),
};

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
  variants: [],
  flops: (d, o) => 10 * d.B * d.NH * d.T * d.S * d.HS * (o.MASK === 1 ? 0.5 : 1),
  tolerance: () => ({ abs: 2e-5, rel: 1e-4 }),
};

export const attentionWeights: Op = {
  name: 'attention_weights',
  about:
    'out[b,h,t,s] = softmax over s of q·kᵀ/√HS + mask: what the fused kernels never store, written out for people who want to see it. ' +
    'CACHED: one query at position state.POS against the key cache; keys after it get 0.',
  dims,
  options: { MASK: [1, 0, 2], PADDED: [0, 1], CROSS: [0, 1], CACHED: [0, 1] },
  ports: [
    { name: 'state', dir: 'in', shape: '16', elem: 'u32', when: on('CACHED') },
    { name: 'qkv', dir: 'in', shape: qkvShape },
    { name: 'kv', dir: 'in', shape: 'B S 2*NKV*HS', when: on('CROSS') },
    { name: 'spans', dir: 'in', shape: 'B 2', elem: 'u32', when: hasSpans },
    { name: 'cache_k', dir: 'in', shape: 'NKV S HS', when: on('CACHED') },
    { name: 'out', dir: 'out', shape: 'B NH T S' },
  ],
  variants: [],
  flops: (d) => 2 * d.B * d.NH * d.T * d.S * d.HS,
  tolerance: () => ({ abs: 1e-6, rel: 1e-5 }),
};
