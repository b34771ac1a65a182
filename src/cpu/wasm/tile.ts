/** The multiply-add kernel that matmul and attention share. */
import { fma, zero } from './simd';

/**
 * c[r][0…7] (+)= Σ_k a[r,k]·b[k][0…7] for four rows r. Element (r, k) of a lies at a + r·ra + k·ka, row k of b at b + k·kb, row r
 * of c at c + r·rc, all in bytes: so a may be row-major, transposed or packed. Eight sums, two b and one a live in registers; V8
 * maps v128 to the 16 xmm registers. Every sum runs over k in rising order.
 */
export function tile(
  a: usize,
  ra: usize,
  ka: usize,
  b: usize,
  kb: usize,
  K: i32,
  c: usize,
  rc: usize,
  add: bool,
): void {
  let c00 = zero();
  let c01 = c00;
  let c10 = c00;
  let c11 = c00;
  let c20 = c00;
  let c21 = c00;
  let c30 = c00;
  let c31 = c00;
  const c1 = c + rc;
  const c2 = c1 + rc;
  const c3 = c2 + rc;
  if (add) {
    c00 = v128.load(c);
    c01 = v128.load(c, 16);
    c10 = v128.load(c1);
    c11 = v128.load(c1, 16);
    c20 = v128.load(c2);
    c21 = v128.load(c2, 16);
    c30 = v128.load(c3);
    c31 = v128.load(c3, 16);
  }
  let a1 = a + ra;
  let a2 = a1 + ra;
  let a3 = a2 + ra;
  // b counts the steps: one addition less, which fused multiply-adds leave no time for
  const end = b + K * kb;
  while (b != end) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    let x = v128.load32_splat(a);
    c00 = fma(x, b0, c00);
    c01 = fma(x, b1, c01);
    x = v128.load32_splat(a1);
    c10 = fma(x, b0, c10);
    c11 = fma(x, b1, c11);
    x = v128.load32_splat(a2);
    c20 = fma(x, b0, c20);
    c21 = fma(x, b1, c21);
    x = v128.load32_splat(a3);
    c30 = fma(x, b0, c30);
    c31 = fma(x, b1, c31);
    a += ka;
    a1 += ka;
    a2 += ka;
    a3 += ka;
    b += kb;
  }
  v128.store(c, c00);
  v128.store(c, c01, 16);
  v128.store(c1, c10);
  v128.store(c1, c11, 16);
  v128.store(c2, c20);
  v128.store(c2, c21, 16);
  v128.store(c3, c30);
  v128.store(c3, c31, 16);
}

/** Writes the transpose of four rows of four floats: out[i] at `c + i·rc` = (r0[i], r1[i], r2[i], r3[i]). */
// @ts-ignore: decorator
@inline
export function transpose4(r0: v128, r1: v128, r2: v128, r3: v128, c: usize, rc: usize): void {
  const t0 = i32x4.shuffle(r0, r1, 0, 4, 1, 5);
  const t1 = i32x4.shuffle(r2, r3, 0, 4, 1, 5);
  const t2 = i32x4.shuffle(r0, r1, 2, 6, 3, 7);
  const t3 = i32x4.shuffle(r2, r3, 2, 6, 3, 7);
  v128.store(c, i32x4.shuffle(t0, t1, 0, 1, 4, 5));
  v128.store(c + rc, i32x4.shuffle(t0, t1, 2, 3, 6, 7));
  v128.store(c + 2 * rc, i32x4.shuffle(t2, t3, 0, 1, 4, 5));
  v128.store(c + 3 * rc, i32x4.shuffle(t2, t3, 2, 3, 6, 7));
}
