/** The ops that only decoding needs: see src/kernels/decode.ts. */
import { STATE } from '../plan/state.ts';
import type { Dims, Options } from '../plan/types.ts';
import type { Numbers, Reference } from './types.ts';

/**
 * Rotates one head's HS numbers at `at` in place. Pair i is (2i, 2i+1) in form 1 and (i, i+HS/2) in form 2; its cos and sin lie
 * side by side at table[row + 2i], table[row + 2i + 1] in both. `sign` −1 turns back.
 */
export function rotate(
  x: Numbers,
  at: number,
  HS: number,
  table: Numbers,
  row: number,
  form: number,
  sign: number,
): void {
  for (let i = 0; i < HS / 2; i++) {
    const first = form === 1 ? at + 2 * i : at + i;
    const second = form === 1 ? first + 1 : first + HS / 2;
    const cos = table[row + 2 * i];
    const sin = sign * table[row + 2 * i + 1];
    const [u, v] = [x[first], x[second]];
    x[first] = u * cos - v * sin;
    x[second] = u * sin + v * cos;
  }
}

export const rope: Reference = ({ rope: table, qkv }, { B, T, NH, NKV, HS }, { ROPE, BACKWARD }) => {
  const width = (NH + 2 * NKV) * HS;
  for (let b = 0; b < B; b++)
    for (let t = 0; t < T; t++)
      // k heads follow the q heads, so both are one run of NH + NKV heads
      for (let h = 0; h < NH + NKV; h++)
        rotate(qkv, (b * T + t) * width + h * HS, HS, table, t * HS, ROPE, BACKWARD ? -1 : 1);
};

export const attentionDecode: Reference = (ports, dims, options) => {
  const { B, NH, NKV, HS, TMAX } = dims;
  const row = (name: string, b: number, n: number) => ports[name].subarray(b * n, (b + 1) * n);
  for (let b = 0; b < B; b++)
    decodeOne(
      {
        ...ports,
        state: row('state', b, STATE.WORDS),
        qkv: row('qkv', b, (NH + 2 * NKV) * HS),
        cache_k: row('cache_k', b, NKV * TMAX * HS),
        cache_v: row('cache_v', b, NKV * TMAX * HS),
        out: row('out', b, NH * HS),
      },
      dims,
      options,
    );
};

/** One sequence. */
function decodeOne(
  ports: Readonly<Record<string, Numbers>>,
  { NH, NKV, HS, TMAX }: Dims,
  { ROPE, GATE }: Options,
): void {
  const { state, rope: table, gate, cache_k, cache_v, out } = ports;
  const pos = state[STATE.POS];
  const qkv = Float64Array.from(ports.qkv);
  if (ROPE) for (let h = 0; h < NH + NKV; h++) rotate(qkv, h * HS, HS, table, pos * HS, ROPE, 1);
  const kStart = NH * HS;
  const vStart = kStart + NKV * HS;
  const scores = new Float64Array(pos + 1);
  const mix = new Float64Array(HS);
  const scale = 1 / Math.sqrt(HS);
  for (let h = 0; h < NH; h++) {
    const keyHead = Math.floor((h * NKV) / NH);
    const base = keyHead * TMAX * HS;
    let max = -Infinity;
    for (let s = 0; s <= pos; s++) {
      // the newest key comes from qkv, not from a cache that may have rounded it
      const [k, at] = s < pos ? [cache_k, base + s * HS] : [qkv, kStart + keyHead * HS];
      let dot = 0;
      for (let i = 0; i < HS; i++) dot += qkv[h * HS + i] * k[at + i];
      scores[s] = dot * scale;
      max = Math.max(max, scores[s]);
    }
    let total = 0;
    mix.fill(0);
    for (let s = 0; s <= pos; s++) {
      const [v, at] = s < pos ? [cache_v, base + s * HS] : [qkv, vStart + keyHead * HS];
      const p = Math.exp(scores[s] - max);
      total += p;
      for (let i = 0; i < HS; i++) mix[i] += p * v[at + i];
    }
    const factor = (GATE ? gate[h] : 1) / total;
    for (let i = 0; i < HS; i++) out[h * HS + i] = mix[i] * factor;
  }
  for (let h = 0; h < NKV; h++) {
    for (let i = 0; i < HS; i++) {
      cache_k[(h * TMAX + pos) * HS + i] = qkv[kStart + h * HS + i];
      cache_v[(h * TMAX + pos) * HS + i] = qkv[vStart + h * HS + i];
    }
  }
}

export const kvWrite: Reference = ({ qkv, cache_k, cache_v }, { B, T, NH, NKV, HS, TMAX }) => {
  for (let b = 0; b < B; b++)
    for (let t = 0; t < T; t++)
      for (let h = 0; h < NKV; h++) {
        const k = ((b * T + t) * (NH + 2 * NKV) + NH + h) * HS;
        const v = k + NKV * HS;
        const to = ((b * NKV + h) * TMAX + t) * HS;
        for (let i = 0; i < HS; i++) {
          cache_k[to + i] = qkv[k + i];
          cache_v[to + i] = qkv[v + i];
        }
      }
};

export const lastRow: Reference = ({ state, inp, out }, { B, T, C }) => {
  for (let b = 0; b < B; b++) {
    const at = (b * T + state[b * STATE.WORDS + STATE.LENGTH] - 1) * C;
    for (let c = 0; c < C; c++) out[b * C + c] = inp[at + c];
  }
};
