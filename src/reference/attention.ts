/** Scaled dot-product attention, its gradient and its weights: see src/kernels/attention.ts for layouts and masks. */
import { STATE } from '../plan/state.ts';
import { rotate } from './decode.ts';
import type { Dims, Options } from '../plan/types.ts';
import type { Numbers, Reference } from './types.ts';

/** How many keys query `t` of sequence `b` sees. Every mask we have lets through the keys before some point, none after. */
function visibleKeys(b: number, t: number, S: number, options: Options, spans: Numbers): number {
  let count = S;
  if (options.MASK === 1) count = t + 1;
  if (options.MASK === 2) count = Math.max(t + 1, spans[2 * b]);
  if (options.PADDED) count = Math.min(count, spans[2 * b + 1]);
  return Math.min(count, S);
}

/** Where q, k and v of a head lie: row widths, and for each head the offset of its q, k and v in a row. */
function layout({ NH, NKV, HS }: Dims, options: Options) {
  const q = NH * HS;
  const kv = NKV * HS;
  const qWidth = options.CROSS ? q : q + 2 * kv;
  const kvWidth = options.CROSS ? 2 * kv : qWidth;
  const kStart = options.CROSS ? 0 : q;
  const keyHead = (h: number) => Math.floor((h * NKV) / NH);
  return {
    qWidth,
    kvWidth,
    qAt: (h: number) => h * HS,
    kAt: (h: number) => kStart + keyHead(h) * HS,
    vAt: (h: number) => kStart + kv + keyHead(h) * HS,
  };
}

/** scores[s] = q·k_s/√HS for s < count; returns log Σ exp(scores). Keys lie `width` apart from `kAt`. */
function scoreKeys(
  q: Numbers,
  qAt: number,
  k: Numbers,
  kAt: number,
  width: number,
  HS: number,
  count: number,
  scores: Float64Array,
): number {
  const scale = 1 / Math.sqrt(HS);
  let max = -Infinity;
  for (let s = 0; s < count; s++) {
    let dot = 0;
    for (let i = 0; i < HS; i++) dot += q[qAt + i] * k[kAt + s * width + i];
    scores[s] = dot * scale;
    max = Math.max(max, scores[s]);
  }
  let total = 0;
  for (let s = 0; s < count; s++) total += Math.exp(scores[s] - max);
  return max + Math.log(total);
}

export const attention: Reference = (ports, dims, options) => {
  const { qkv, spans, gate, out, lse } = ports;
  const { B, T, S, NH, HS } = dims;
  const kv = options.CROSS ? ports.kv : qkv;
  const { qWidth, kvWidth, qAt, kAt, vAt } = layout(dims, options);
  const scores = new Float64Array(S);
  const mix = new Float64Array(HS);
  for (let b = 0; b < B; b++) {
    for (let h = 0; h < NH; h++) {
      const scale = options.GATE ? gate[h] : 1;
      const kBase = b * S * kvWidth + kAt(h);
      const vBase = b * S * kvWidth + vAt(h);
      for (let t = 0; t < T; t++) {
        const count = visibleKeys(b, t, S, options, spans);
        const logSum = scoreKeys(qkv, (b * T + t) * qWidth + qAt(h), kv, kBase, kvWidth, HS, count, scores);
        mix.fill(0);
        for (let s = 0; s < count; s++) {
          const p = Math.exp(scores[s] - logSum);
          const at = vBase + s * kvWidth;
          for (let i = 0; i < HS; i++) mix[i] += p * kv[at + i];
        }
        const at = (b * T + t) * NH * HS + h * HS;
        for (let i = 0; i < HS; i++) out[at + i] = mix[i] * scale;
        if (options.SAVE_LSE) lse[(b * NH + h) * T + t] = logSum;
      }
    }
  }
};

export const attentionDqkv: Reference = (ports, dims, options) => {
  const { qkv, spans, out, dout, lse, dqkv } = ports;
  const { B, T, S, NH, HS } = dims;
  const kv = options.CROSS ? ports.kv : qkv;
  const dkv = options.CROSS ? ports.dkv : dqkv;
  const { qWidth, kvWidth, qAt, kAt, vAt } = layout(dims, options);
  const scale = 1 / Math.sqrt(HS);
  dqkv.fill(0);
  dkv.fill(0);
  const dq = new Float64Array(HS);
  for (let b = 0; b < B; b++) {
    for (let h = 0; h < NH; h++) {
      const kBase = b * S * kvWidth + kAt(h);
      const vBase = b * S * kvWidth + vAt(h);
      for (let t = 0; t < T; t++) {
        const q = (b * T + t) * qWidth + qAt(h);
        const o = (b * T + t) * NH * HS + h * HS;
        const logSum = lse[(b * NH + h) * T + t];
        const count = visibleKeys(b, t, S, options, spans);
        let D = 0;
        for (let i = 0; i < HS; i++) D += dout[o + i] * out[o + i];
        dq.fill(0);
        for (let s = 0; s < count; s++) {
          const k = kBase + s * kvWidth;
          const v = vBase + s * kvWidth;
          let score = 0;
          let dp = 0;
          for (let i = 0; i < HS; i++) {
            score += qkv[q + i] * kv[k + i];
            dp += dout[o + i] * kv[v + i];
          }
          const p = Math.exp(score * scale - logSum);
          const ds = p * (dp - D) * scale;
          for (let i = 0; i < HS; i++) {
            dq[i] += ds * kv[k + i];
            dkv[k + i] += ds * qkv[q + i];
            dkv[v + i] += p * dout[o + i];
          }
        }
        for (let i = 0; i < HS; i++) dqkv[q + i] = dq[i];
      }
    }
  }
};

export const attentionWeights: Reference = (ports, dims, options) => {
  const { state, spans, cache_k, out } = ports;
  const { B, T, S, NH, NKV, HS } = dims;
  const qkv = options.ROPE ? Float64Array.from(ports.qkv) : ports.qkv;
  if (options.ROPE)
    for (let h = 0; h < NH; h++) rotate(qkv, h * HS, HS, ports.rope, state[STATE.POS] * HS, options.ROPE, 1);
  const kv = options.CROSS ? ports.kv : qkv;
  const { qWidth, kvWidth, qAt, kAt } = layout(dims, options);
  const scores = new Float64Array(S);
  for (let b = 0; b < B; b++) {
    for (let h = 0; h < NH; h++) {
      for (let t = 0; t < T; t++) {
        const q = (b * T + t) * qWidth + qAt(h);
        const at = ((b * NH + h) * T + t) * S;
        let count = S;
        let logSum = 0;
        if (options.CACHED) {
          count = Math.min(state[STATE.POS] + 1, S);
          const kBase = Math.floor((h * NKV) / NH) * S * HS;
          logSum = scoreKeys(qkv, q, cache_k, kBase, HS, HS, count, scores);
        } else {
          count = visibleKeys(b, t, S, options, spans);
          logSum = scoreKeys(qkv, q, kv, b * S * kvWidth + kAt(h), kvWidth, HS, count, scores);
        }
        for (let s = 0; s < S; s++) out[at + s] = s < count ? Math.exp(scores[s] - logSum) : 0;
      }
    }
  }
};
