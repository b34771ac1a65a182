/** matvec: four rows of the weight at a time against each row of x, so that every weight is read once. */
import { firstChunk, nextChunk, pointer, real, scratch, word } from './command';
import { measureRow, scaleRow } from './layernorm';
import { fma, gelu4, loadHalves, loadSome, loadSomeHalves, sigmoid4, storeSome, zero } from './simd';

/** Weight rows of a chunk. */
const ROWS: i32 = 32;

let N: i32 = 0;
let K: i32 = 0;
let B16: i32 = 0;
let weight: usize = 0;

// @ts-ignore: decorator
@inline
function take(w: usize, i: usize, half: bool): v128 {
  return half ? loadHalves(w + (i >> 1)) : v128.load(w + i);
}

// @ts-ignore: decorator
@inline
function takeSome(w: usize, i: usize, count: i32, half: bool): v128 {
  return half ? loadSomeHalves(w + (i >> 1), count) : loadSome(w + i, count, 0);
}

/** (x·w_n, x·w_n+1, x·w_n+2, x·w_n+3); rows from `end` on repeat the last one. */
function dots(x: usize, n: i32, end: i32): v128 {
  return B16 ? dotsOf(x, n, end, true) : dotsOf(x, n, end, false);
}

// @ts-ignore: decorator
@inline
function dotsOf(x: usize, n: i32, end: i32, half: bool): v128 {
  const row = <usize>K * (half ? 2 : 4);
  const w0 = weight + <usize>n * row;
  const w1 = weight + <usize>min(n + 1, end - 1) * row;
  const w2 = weight + <usize>min(n + 2, end - 1) * row;
  const w3 = weight + <usize>min(n + 3, end - 1) * row;
  let s0 = zero();
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  let t0 = s0;
  let t1 = s0;
  let t2 = s0;
  let t3 = s0;
  const whole = <usize>(K & ~7) << 2;
  let i: usize = 0;
  for (; i < whole; i += 32) {
    const u = v128.load(x + i);
    const v = v128.load(x + i, 16);
    s0 = fma(u, take(w0, i, half), s0);
    s1 = fma(u, take(w1, i, half), s1);
    s2 = fma(u, take(w2, i, half), s2);
    s3 = fma(u, take(w3, i, half), s3);
    t0 = fma(v, take(w0, i + 16, half), t0);
    t1 = fma(v, take(w1, i + 16, half), t1);
    t2 = fma(v, take(w2, i + 16, half), t2);
    t3 = fma(v, take(w3, i + 16, half), t3);
  }
  for (let left = K & 7; left > 0; left -= 4) {
    const u = loadSome(x + i, left, 0);
    s0 = fma(u, takeSome(w0, i, left, half), s0);
    s1 = fma(u, takeSome(w1, i, left, half), s1);
    s2 = fma(u, takeSome(w2, i, left, half), s2);
    s3 = fma(u, takeSome(w3, i, left, half), s3);
    i += 16;
  }
  s0 = f32x4.add(s0, t0);
  s1 = f32x4.add(s1, t1);
  s2 = f32x4.add(s2, t2);
  s3 = f32x4.add(s3, t3);
  const low = f32x4.add(i32x4.shuffle(s0, s1, 0, 4, 1, 5), i32x4.shuffle(s0, s1, 2, 6, 3, 7));
  const high = f32x4.add(i32x4.shuffle(s2, s3, 0, 4, 1, 5), i32x4.shuffle(s2, s3, 2, 6, 3, 7));
  return f32x4.add(i32x4.shuffle(low, high, 0, 1, 4, 5), i32x4.shuffle(low, high, 2, 3, 6, 7));
}

export function matvec(c: usize): void {
  const M = word(c, 0);
  N = word(c, 1);
  K = word(c, 2);
  const eps = real(c, 3);
  const NORM = word(c, 4);
  const GATED = word(c, 5);
  const GELU = word(c, 7);
  const GATE = word(c, 8);
  B16 = word(c, 10);
  const inp = pointer(c, 11);
  weight = pointer(c, 12);
  const bias = pointer(c, 13);
  const gamma = pointer(c, 14);
  const beta = pointer(c, 15);
  const gate = f32x4.splat(GATE ? load<f32>(pointer(c, 16)) : 1);
  const residual = pointer(c, 17);
  const out = pointer(c, 18);
  let h = inp;
  let ready = NORM == 0;
  for (let chunk = firstChunk(); chunk * ROWS < N; chunk = nextChunk()) {
    if (!ready) {
      // every thread that has work normalises for itself: cheaper than a barrier
      h = scratch();
      for (let m = 0; m < M; m++) {
        const at = <usize>m * K * 4;
        measureRow(inp + at, K, eps, NORM == 2);
        scaleRow(inp + at, K, gamma, beta, h + at);
      }
      ready = true;
    }
    for (let n = chunk * ROWS; n < min(N, chunk * ROWS + ROWS); n += 4) {
      const count = min(4, N - n);
      for (let m = 0; m < M; m++) {
        const x = h + <usize>m * K * 4;
        const at = (<usize>m * N + n) * 4;
        let y = dots(x, n, N);
        if (bias) y = f32x4.add(y, loadSome(bias + (<usize>n << 2), count, 0));
        if (GELU) y = gelu4(y, GELU);
        if (GATED) y = f32x4.mul(f32x4.mul(y, sigmoid4(y)), dots(x, N + n, 2 * N));
        y = f32x4.mul(y, gate);
        if (residual) y = f32x4.add(y, loadSome(residual + at, count, 0));
        storeSome(out + at, y, count);
      }
    }
  }
}
