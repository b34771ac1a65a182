/**
 * attention: a chunk is one head's 64 queries. Its keys and values are copied side by side once; then, eight queries at a time, the
 * scores are made transposed, [key][8 queries], so that maximum, exponential and sum run lane by lane, and the same array is
 * the left factor of P·V. Only 8 rows of scores exist at a time. Rows in scratch memory are padded to whole panels of eight columns
 * with zeros, so any head size runs at the speed of the next multiple of eight.
 */
import { firstChunk, nextChunk, pointer, scratch, word } from './command';
import { exp4, fma, lanes, loadSome, storeSome, zero } from './simd';
import { tile } from './tile';

const QUERIES: i32 = 64;
/** Finite, so that a difference of two masked scores is a number. */
export const MASKED: f32 = -1e30;

/** Bytes of a row of HS floats in scratch memory: whole panels of eight columns. */
// @ts-ignore: decorator
@inline
export function paddedRow(HS: i32): usize {
  return <usize>((HS + 7) & ~7) << 2;
}

/** Copies `rows` rows of HS floats, `step` bytes apart, one behind the other as padded rows. */
export function gatherRows(from: usize, step: usize, rows: i32, HS: i32, to: usize): void {
  const bytes = <usize>HS << 2;
  const row = paddedRow(HS);
  for (let r = 0; r < rows; r++) {
    memory.copy(to + r * row, from + r * step, bytes);
    if (row > bytes) memory.fill(to + r * row + bytes, 0, row - bytes);
  }
}

/** out[key][0…7] = Σ_i keys[key][i]·q[i][0…7] for `count` keys in padded rows; out rows are `rc` bytes apart, q rows `kb`. */
export function scores(keys: usize, count: i32, HS: i32, q: usize, kb: usize, out: usize, rc: usize): void {
  const row = paddedRow(HS);
  if (count < 4) {
    // rows repeat (ra = 0): each call leaves the wanted row first and copies of it after, which the next call overwrites
    for (let s = 0; s < count; s++) tile(keys + s * row, 0, 4, q, kb, HS, out + s * rc, rc, false);
    return;
  }
  for (let s = 0; s < count; s += 4) {
    const at = <usize>min(s, count - 4);
    tile(keys + at * row, row, 4, q, kb, HS, out + at * rc, rc, false);
  }
}

/**
 * p[s] = exp(q·k_s − the largest of them) for `count` keys, `step` bytes apart; returns the sum. `q` is scaled and followed by zeros up to
 * a whole vector.
 */
export function exponentials(q: usize, HS: i32, keys: usize, step: usize, count: i32, p: usize): f32 {
  const whole = <usize>(HS & ~3) << 2;
  let most = MASKED;
  for (let s = 0; s < count; s++) {
    const k = keys + s * step;
    let dot = zero();
    for (let i: usize = 0; i < whole; i += 16) dot = fma(v128.load(q + i), v128.load(k + i), dot);
    if (HS & 3) dot = fma(v128.load(q + whole), loadSome(k + whole, HS & 3, 0), dot);
    const score = lanes(dot);
    store<f32>(p + (<usize>s << 2), score);
    most = max<f32>(most, score);
  }
  let total = zero();
  for (let s = 0; s < count; s += 4) {
    const at = p + (<usize>s << 2);
    const e = exp4(f32x4.sub(loadSome(at, count - s, MASKED), f32x4.splat(most)));
    storeSome(at, e, count - s);
    total = f32x4.add(total, e);
  }
  return lanes(total);
}

/** to = from · factor for HS floats, and zeros up to a whole vector; the place has room for them. */
export function scaled(from: usize, HS: i32, factor: f32, to: usize): void {
  const f = f32x4.splat(factor);
  for (let i = 0; i < HS; i += 4) {
    const at = <usize>i << 2;
    v128.store(to + at, f32x4.mul(loadSome(from + at, HS - i, 0), f));
  }
}

export function attention(c: usize): void {
  const B = word(c, 0);
  const T = word(c, 1);
  const S = word(c, 2);
  const NH = word(c, 3);
  const NKV = word(c, 4);
  const HS = word(c, 5);
  const MASK = word(c, 6);
  const PADDED = word(c, 7);
  const CROSS = word(c, 8);
  const GATE = word(c, 9);
  const qkv = pointer(c, 12);
  const spans = pointer(c, 14);
  const gate = pointer(c, 15);
  const out = pointer(c, 16);
  const lse = pointer(c, 17);
  const heads = <usize>NH * HS;
  const kvHeads = <usize>NKV * HS;
  const qStep = (CROSS ? heads : heads + 2 * kvHeads) << 2;
  const kvStep = (CROSS ? 2 * kvHeads : heads + 2 * kvHeads) << 2;
  const kv = CROSS ? pointer(c, 13) : qkv + (heads << 2);
  const row = paddedRow(HS);
  const keys = scratch();
  const values = keys + <usize>S * row;
  const p = values + <usize>S * row;
  const q = p + <usize>(S + 4) * 32;
  const mixed = q + 8 * row;
  const scale: f32 = 1 / sqrt<f32>(<f32>HS);
  const blocks = (T + QUERIES - 1) / QUERIES;
  for (let chunk = firstChunk(); chunk < B * NH * blocks; chunk = nextChunk()) {
    // the longest rows of a causal mask first
    const t0 = (blocks - 1 - chunk / (B * NH)) * QUERIES;
    const t1 = min(T, t0 + QUERIES);
    const b = (chunk % (B * NH)) / NH;
    const h = (chunk % (B * NH)) % NH;
    const g = (h * NKV) / NH;
    const prefix = MASK == 2 ? load<i32>(spans + (<usize>b << 3)) : 0;
    const bound = PADDED ? min(S, load<i32>(spans + (<usize>b << 3), 4)) : S;
    const far = MASK ? min(bound, max(t1, prefix)) : bound;
    const kvRow = kv + <usize>b * S * kvStep + (<usize>g * HS << 2);
    gatherRows(kvRow, kvStep, far, HS, keys);
    gatherRows(kvRow + (kvHeads << 2), kvStep, far, HS, values);
    for (let t = t0; t < t1; t += 8) {
      const rows = min(8, t1 - t);
      for (let r = 0; r < 8; r++) {
        const from = qkv + (<usize>b * T + min(t + r, T - 1)) * qStep + (<usize>h * HS << 2);
        for (let i = 0; i < HS; i++) store<f32>(q + i * 32 + (<usize>r << 2), load<f32>(from + (<usize>i << 2)) * scale);
      }
      const count = MASK ? min(bound, max(t + 8, prefix)) : bound;
      scores(keys, count, HS, q, 32, p, 32);
      if (MASK)
        for (let s = max(t + 1, prefix); s < count; s++) {
          for (let r = 0; r < min(8, s - t); r++) store<f32>(p + <usize>s * 32 + (<usize>r << 2), MASKED);
        }
      let max0 = f32x4.splat(MASKED);
      let max1 = max0;
      for (let s = 0; s < count; s++) {
        max0 = f32x4.pmax(max0, v128.load(p + <usize>s * 32));
        max1 = f32x4.pmax(max1, v128.load(p + <usize>s * 32, 16));
      }
      let sum0 = zero();
      let sum1 = zero();
      for (let s = 0; s < count; s++) {
        const at = p + <usize>s * 32;
        const e0 = exp4(f32x4.sub(v128.load(at), max0));
        const e1 = exp4(f32x4.sub(v128.load(at, 16), max1));
        v128.store(at, e0);
        v128.store(at, e1, 16);
        sum0 = f32x4.add(sum0, e0);
        sum1 = f32x4.add(sum1, e1);
      }
      for (let at: usize = 0; at < row; at += 32) {
        tile(p, 4, 32, values + at, row, count, mixed + at, row, false);
        if (rows > 4) tile(p + 16, 4, 32, values + at, row, count, mixed + 4 * row + at, row, false);
      }
      const factor = f32x4.splat(GATE ? load<f32>(gate + (<usize>h << 2)) : 1);
      v128.store(q, f32x4.div(factor, sum0));
      v128.store(q, f32x4.div(factor, sum1), 16);
      for (let r = 0; r < rows; r++) {
        const share = v128.load32_splat(q + (<usize>r << 2));
        const to = out + ((<usize>b * T + t + r) * heads + <usize>h * HS) * 4;
        for (let i = 0; i < HS; i += 4) {
          const o = <usize>i << 2;
          storeSome(to + o, f32x4.mul(v128.load(mixed + r * row + o), share), HS - i);
        }
      }
      if (lse) {
        v128.store(q, max0);
        v128.store(q, max1, 16);
        v128.store(q, sum0, 32);
        v128.store(q, sum1, 48);
        for (let r = 0; r < rows; r++) {
          const at = q + (<usize>r << 2);
          const to = lse + ((<usize>b * NH + h) * T + t + r) * 4;
          store<f32>(to, load<f32>(at) + NativeMathf.log(load<f32>(at, 32)));
        }
      }
    }
  }
}
