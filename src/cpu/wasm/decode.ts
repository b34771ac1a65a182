/** Ops of decoding: one query against the cache, filling the cache, rotary positions. */
import { firstChunk, nextChunk, pointer, scratch, word } from './command';
import { exponentials, paddedRow, scaled } from './attention';
import { fma, loadSome, storeSome, zero } from './simd';

/** out = x rotated by the cos, sin pairs at `table`. `form` 1: pairs (2i, 2i+1); 2: (i, i + HS/2). `sign` −1 turns back. */
export function rotate(x: usize, HS: i32, table: usize, form: i32, sign: f32, out: usize): void {
  const half = <usize>(HS >> 1) << 2;
  for (let i = 0; i < HS / 2; i++) {
    const first = form == 1 ? <usize>i << 3 : <usize>i << 2;
    const second = form == 1 ? first + 4 : first + half;
    const cos = load<f32>(table + (<usize>i << 3));
    const sin = sign * load<f32>(table + (<usize>i << 3), 4);
    const u = load<f32>(x + first);
    const v = load<f32>(x + second);
    store<f32>(out + first, u * cos - v * sin);
    store<f32>(out + second, u * sin + v * cos);
  }
}

export function rope(c: usize): void {
  const B = word(c, 0);
  const T = word(c, 1);
  const NH = word(c, 2);
  const NKV = word(c, 3);
  const HS = word(c, 4);
  const form = word(c, 6);
  const sign: f32 = word(c, 7) ? -1 : 1;
  const table = pointer(c, 8);
  const qkv = pointer(c, 9);
  const head = <usize>HS << 2;
  for (let r = firstChunk(); r < B * T; r = nextChunk()) {
    const row = qkv + r * <usize>(NH + 2 * NKV) * head;
    for (let h = 0; h < NH + NKV; h++) rotate(row + h * head, HS, table + <usize>(r % T) * head, form, sign, row + h * head);
  }
}

/** Bytes of a sequence's state. */
const STATE_BYTES: usize = 64;

/** A chunk is one key/value head of one sequence with the query heads that share it. */
export function attentionDecode(c: usize): void {
  const B = word(c, 0);
  const NH = word(c, 1);
  const NKV = word(c, 2);
  const HS = word(c, 3);
  const TMAX = word(c, 4);
  const ROPE = word(c, 5);
  const GATE = word(c, 6);
  const table = pointer(c, 10);
  const gate = pointer(c, 11);
  const head = <usize>HS << 2;
  const q = scratch();
  const p = q + paddedRow(HS);
  const scale: f32 = 1 / sqrt<f32>(<f32>HS);
  const group = NH / NKV;
  for (let chunk = firstChunk(); chunk < B * NKV; chunk = nextChunk()) {
    const b = chunk / NKV;
    const g = chunk % NKV;
    const position = <i32>min<u32>(TMAX - 1, load<u32>(pointer(c, 8) + b * STATE_BYTES));
    const count = position + 1;
    const angles = table + <usize>position * head;
    const qkv = pointer(c, 9) + <usize>b * (NH + 2 * NKV) * head;
    const out = pointer(c, 14) + <usize>b * NH * head;
    const keys = pointer(c, 12) + <usize>chunk * TMAX * head;
    const values = pointer(c, 13) + <usize>chunk * TMAX * head;
    const key = qkv + <usize>(NH + g) * head;
    const value = qkv + <usize>(NH + NKV + g) * head;
    if (ROPE) rotate(key, HS, angles, ROPE, 1, keys + <usize>position * head);
    else memory.copy(keys + <usize>position * head, key, head);
    memory.copy(values + <usize>position * head, value, head);
    for (let h = g * group; h < (g + 1) * group; h++) {
      if (ROPE) rotate(qkv + h * head, HS, angles, ROPE, 1, q);
      scaled(ROPE ? q : qkv + h * head, HS, scale, q);
      const total = exponentials(q, HS, keys, head, count, p);
      const factor = (GATE ? load<f32>(gate + (<usize>h << 2)) : <f32>1) / total;
      for (let i = 0; i < HS; i += 4) mix(values + (<usize>i << 2), head, count, p, factor, HS - i, out + h * head + (<usize>i << 2));
    }
  }
}

/** The first `columns` (at most 4) of factor·Σ_s p[s]·values[s], rows `step` bytes apart. */
// @ts-ignore: decorator
@inline
function mix(values: usize, step: usize, count: i32, p: usize, factor: f32, columns: i32, out: usize): void {
  let even = zero();
  let odd = zero();
  let s = 0;
  if (columns >= 4)
    for (; s + 2 <= count; s += 2) {
      const v = values + s * step;
      even = fma(v128.load32_splat(p + (<usize>s << 2)), v128.load(v), even);
      odd = fma(v128.load32_splat(p + (<usize>s << 2), 4), v128.load(v + step), odd);
    }
  for (; s < count; s++) even = fma(v128.load32_splat(p + (<usize>s << 2)), loadSome(values + s * step, columns, 0), even);
  storeSome(out, f32x4.mul(f32x4.add(even, odd), f32x4.splat(factor)), columns);
}

/** A chunk is one key/value head of one sequence. */
export function kvWrite(c: usize): void {
  const B = word(c, 0);
  const T = word(c, 1);
  const NH = word(c, 2);
  const NKV = word(c, 3);
  const head = <usize>word(c, 4) << 2;
  const TMAX = word(c, 5);
  for (let chunk = firstChunk(); chunk < B * NKV; chunk = nextChunk()) {
    const b = chunk / NKV;
    for (let t = 0; t < min(T, TMAX); t++) {
      const key = pointer(c, 7) + <usize>((b * T + t) * (NH + 2 * NKV) + NH + (chunk % NKV)) * head;
      const to = (<usize>chunk * TMAX + t) * head;
      memory.copy(pointer(c, 8) + to, key, head);
      memory.copy(pointer(c, 9) + to, key + NKV * head, head);
    }
  }
}
