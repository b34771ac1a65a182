/**
 * attention_dqkv: a chunk is one key/value head of one sequence, with all the query heads that share it, so its sums over queries need
 * no other thread. Sixteen queries at a time: p = exp(score − lse) and ds are made transposed, [key][16 queries], and then serve
 * as factors of dq, dk and dv. Rows in scratch memory are padded with zeros, as in attention.ts.
 */
import { firstChunk, nextChunk, pointer, scratch, word } from './command';
import { gatherRows, MASKED, paddedRow, scores } from './attention';
import { exp4, fma, lanes, loadSome, storeSome, zero } from './simd';
import { tile } from './tile';

const Q: i32 = 16;
const ROW: usize = Q * 4;

/** Sixteen rows of HS floats, scaled, as they are (`rows`) and transposed (`turned`, [HS][16]); rows beyond `count` are zeros. */
function takeRows(from: usize, step: usize, count: i32, HS: i32, scale: f32, rows: usize, turned: usize): void {
  const bytes = paddedRow(HS);
  for (let r = 0; r < Q; r++) {
    if (HS & 7) memory.fill(rows + r * bytes + (<usize>HS << 2), 0, bytes - (<usize>HS << 2));
    for (let i = 0; i < HS; i++) {
      const x: f32 = r < count ? load<f32>(from + r * step + (<usize>i << 2)) * scale : 0;
      store<f32>(rows + r * bytes + (<usize>i << 2), x);
      store<f32>(turned + i * ROW + (<usize>r << 2), x);
    }
  }
}

/** grads[key][…] += Σ_r left[key][r]·rows[r][…] for `count` keys. */
function addProducts(left: usize, count: i32, rows: usize, HS: i32, grads: usize): void {
  const row = paddedRow(HS);
  for (let s = 0; s < count; s += 4) {
    for (let at: usize = 0; at < row; at += 32) {
      tile(left + s * ROW, ROW, 4, rows + at, row, Q, grads + s * row + at, row, true);
    }
  }
}

export function attentionDqkv(c: usize): void {
  const B = word(c, 0);
  const T = word(c, 1);
  const S = word(c, 2);
  const NH = word(c, 3);
  const NKV = word(c, 4);
  const HS = word(c, 5);
  const MASK = word(c, 6);
  const PADDED = word(c, 7);
  const CROSS = word(c, 8);
  const qkv = pointer(c, 9);
  const spans = pointer(c, 11);
  const out = pointer(c, 12);
  const dout = pointer(c, 13);
  const lse = pointer(c, 14);
  const dqkv = pointer(c, 15);
  const heads = <usize>NH * HS;
  const kvHeads = <usize>NKV * HS;
  const qStep = (CROSS ? heads : heads + 2 * kvHeads) << 2;
  const kvStep = (CROSS ? 2 * kvHeads : heads + 2 * kvHeads) << 2;
  const kv = CROSS ? pointer(c, 10) : qkv + (heads << 2);
  const dkv = CROSS ? pointer(c, 16) : dqkv + (heads << 2);
  const outStep = heads << 2;
  const row = paddedRow(HS);
  // keys are padded to whole tiles of four; padding, also what spans call padding, holds zeros
  const padded = <usize>((S + 3) & ~3);
  const keys = scratch();
  const values = keys + padded * row;
  const dkeys = values + padded * row;
  const dvalues = dkeys + padded * row;
  const p = dvalues + padded * row;
  const ds = p + padded * ROW;
  const q = ds + padded * ROW;
  const qTurned = q + Q * row;
  const d = qTurned + Q * row;
  const dTurned = d + Q * row;
  const dq = dTurned + Q * row;
  const per = dq + Q * row;
  const scale: f32 = 1 / sqrt<f32>(<f32>HS);
  const group = NH / NKV;
  for (let chunk = firstChunk(); chunk < B * NKV; chunk = nextChunk()) {
    const b = chunk / NKV;
    const g = chunk % NKV;
    const prefix = MASK == 2 ? load<i32>(spans + (<usize>b << 3)) : 0;
    const bound = PADDED ? min(S, load<i32>(spans + (<usize>b << 3), 4)) : S;
    const kvAt = <usize>b * S * kvStep + (<usize>g * HS << 2);
    memory.fill(keys, 0, 4 * padded * row);
    gatherRows(kv + kvAt, kvStep, bound, HS, keys);
    gatherRows(kv + kvAt + (kvHeads << 2), kvStep, bound, HS, values);
    for (let h = g * group; h < (g + 1) * group; h++) {
      for (let t = 0; t < T; t += Q) {
        const rows = min(Q, T - t);
        const at = <usize>b * T + t;
        const column = <usize>h * HS << 2;
        takeRows(qkv + at * qStep + column, qStep, rows, HS, scale, q, qTurned);
        takeRows(dout + at * outStep + column, outStep, rows, HS, 1, d, dTurned);
        // per query: log-sum-exp, then D = Σ dout·out; a query that does not exist gets probability 0
        for (let r = 0; r < Q; r++) {
          let dot = zero();
          if (r < rows) {
            const from = out + (at + r) * outStep + column;
            for (let i = 0; i < HS; i += 4) {
              const o = <usize>i << 2;
              dot = fma(loadSome(from + o, HS - i, 0), v128.load(d + r * row + o), dot);
            }
          }
          const sum = r < rows ? load<f32>(lse + ((<usize>b * NH + h) * T + t + r) * 4) : -MASKED;
          store<f32>(per + (<usize>r << 2), sum);
          store<f32>(per + (<usize>r << 2), lanes(dot), ROW);
        }
        const count = MASK ? min(bound, max(t + Q, prefix)) : bound;
        // in whole tiles: the rows beyond `count` are set to 0 below
        const whole = (count + 3) & ~3;
        for (let half: usize = 0; half < ROW; half += 32) {
          scores(keys, whole, HS, qTurned + half, ROW, p + half, ROW);
          scores(values, whole, HS, dTurned + half, ROW, ds + half, ROW);
        }
        if (MASK)
          for (let s = max(t + 1, prefix); s < count; s++) {
            for (let r = 0; r < min(Q, s - t); r++) store<f32>(p + <usize>s * ROW + (<usize>r << 2), MASKED);
          }
        for (let s = count; s < whole; s++) {
          for (let r = 0; r < Q; r++) store<f32>(p + <usize>s * ROW + (<usize>r << 2), MASKED);
        }
        for (let i: usize = 0; i < ROW; i += 16) {
          const sum = v128.load(per + i);
          const dots = v128.load(per + i, ROW);
          for (let s = 0; s < whole; s++) {
            const to = <usize>s * ROW + i;
            const e = exp4(f32x4.sub(v128.load(p + to), sum));
            v128.store(p + to, e);
            v128.store(ds + to, f32x4.mul(e, f32x4.sub(v128.load(ds + to), dots)));
          }
        }
        addProducts(p, whole, d, HS, dvalues);
        addProducts(ds, whole, q, HS, dkeys);
        for (let r = 0; r < rows; r += 4) {
          for (let o: usize = 0; o < row; o += 32) {
            tile(ds + (<usize>r << 2), 4, ROW, keys + o, row, whole, dq + r * row + o, row, false);
          }
        }
        for (let r = 0; r < rows; r++) {
          const to = dqkv + (at + r) * qStep + column;
          for (let i = 0; i < HS; i += 4) {
            const o = <usize>i << 2;
            storeSome(to + o, f32x4.mul(v128.load(dq + r * row + o), f32x4.splat(scale)), HS - i);
          }
        }
      }
    }
    for (let s = 0; s < S; s++) {
      const to = dkv + kvAt + s * kvStep;
      memory.copy(to, dkeys + s * row, <usize>HS << 2);
      memory.copy(to + (kvHeads << 2), dvalues + s * row, <usize>HS << 2);
    }
  }
}
