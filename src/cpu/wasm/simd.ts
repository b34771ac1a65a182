// @ts-nocheck AssemblyScript: asc checks this file, not tsc.
/** Small pieces on four floats: fused or plain multiply-add, sums over lanes, tails, halves, exp and what is made of it. */

/** a·b + c: one rounding where the build has relaxed SIMD, else two. */
// @ts-ignore: decorator
@inline
export function fma(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}

// @ts-ignore: decorator
@inline
export function zero(): v128 {
  return f32x4.splat(0);
}

/** Sum of four lanes, always in the same order. */
// @ts-ignore: decorator
@inline
export function lanes(x: v128): f32 {
  return (
    f32x4.extract_lane(x, 0) + f32x4.extract_lane(x, 2) + (f32x4.extract_lane(x, 1) + f32x4.extract_lane(x, 3))
  );
}

// @ts-ignore: decorator
@inline
export function maxLane(x: v128): f32 {
  return max<f32>(
    max<f32>(f32x4.extract_lane(x, 0), f32x4.extract_lane(x, 1)),
    max<f32>(f32x4.extract_lane(x, 2), f32x4.extract_lane(x, 3)),
  );
}

/** The first `count` (1…4) floats at `p`; the other lanes are `rest`. */
// @ts-ignore: decorator
@inline
export function loadSome(p: usize, count: i32, rest: f32): v128 {
  return count >= 4 ? v128.load(p) : loadTail(p, count, rest);
}

/** A loop, so that it is a call and not copied into every kernel. */
function loadTail(p: usize, count: i32, rest: f32): v128 {
  let x = f32x4.splat(rest);
  for (let i = count - 1; i >= 0; i--) {
    x = i32x4.shuffle(x, x, 0, 0, 1, 2);
    x = f32x4.replace_lane(x, 0, load<f32>(p + (<usize>i << 2)));
  }
  return x;
}

/** Stores the first `count` (1…4) lanes at `p`. */
// @ts-ignore: decorator
@inline
export function storeSome(p: usize, x: v128, count: i32): void {
  if (count >= 4) v128.store(p, x);
  else storeTail(p, x, count);
}

function storeTail(p: usize, x: v128, count: i32): void {
  for (let i = 0; i < count; i++) {
    store<f32>(p + (<usize>i << 2), f32x4.extract_lane(x, 0));
    x = i32x4.shuffle(x, x, 1, 2, 3, 3);
  }
}

/** Four f16 words in the low half of each 32-bit lane as floats: shift into place, then scale the exponent by 2¹¹². */
// @ts-ignore: decorator
@inline
function fromHalves(h: v128): v128 {
  const magnitude = i32x4.shl(v128.and(h, i32x4.splat(0x7fff)), 13);
  const scaled = f32x4.mul(magnitude, f32x4.splat(5192296858534827628530496329220096.0));
  return v128.or(scaled, i32x4.shl(v128.and(h, i32x4.splat(0x8000)), 16));
}

/** Four f16 numbers at `p` as floats. Infinity is not expected in weights and becomes 65 536. */
// @ts-ignore: decorator
@inline
export function loadHalves(p: usize): v128 {
  return fromHalves(v128.load16x4_u(p));
}

export function loadHalf(p: usize): f32 {
  return f32x4.extract_lane(fromHalves(i32x4.splat(load<u16>(p))), 0);
}

/** The first `count` (1…4) f16 numbers at `p`; other lanes are 0. */
// @ts-ignore: decorator
@inline
export function loadSomeHalves(p: usize, count: i32): v128 {
  return count >= 4 ? loadHalves(p) : loadTailHalves(p, count);
}

function loadTailHalves(p: usize, count: i32): v128 {
  let h = i32x4.splat(0);
  for (let i = count - 1; i >= 0; i--) {
    h = i32x4.shuffle(h, h, 0, 0, 1, 2);
    h = i32x4.replace_lane(h, 0, load<u16>(p + (<usize>i << 1)));
  }
  return fromHalves(h);
}

/**
 * eˣ with relative error ≤ 2e-7 from −80 to 87; 0 below, constant above: neither the result nor 1/result is ever subnormal, which
 * would cost a hundred cycles each time. Cody–Waite reduction by ln 2 in two parts and the polynomial of Cephes' expf (S. Moshier).
 */
export function exp4(x: v128): v128 {
  const t = f32x4.max(f32x4.min(x, f32x4.splat(87)), f32x4.splat(-80));
  const n = f32x4.nearest(f32x4.mul(t, f32x4.splat(1.44269504)));
  let r = f32x4.sub(t, f32x4.mul(n, f32x4.splat(0.693359375)));
  r = f32x4.add(r, f32x4.mul(n, f32x4.splat(2.12194440e-4)));
  let p = f32x4.splat(1.9875691500e-4);
  p = fma(p, r, f32x4.splat(1.3981999507e-3));
  p = fma(p, r, f32x4.splat(8.3334519073e-3));
  p = fma(p, r, f32x4.splat(4.1665795894e-2));
  p = fma(p, r, f32x4.splat(1.6666665459e-1));
  p = fma(p, r, f32x4.splat(5.0000001201e-1));
  p = f32x4.add(fma(p, f32x4.mul(r, r), r), f32x4.splat(1));
  const power = i32x4.shl(i32x4.add(i32x4.trunc_sat_f32x4_s(n), i32x4.splat(127)), 23);
  return v128.and(f32x4.mul(p, power), f32x4.ge(x, f32x4.splat(-80)));
}

/** 1/(1 + e⁻ˣ), exact to rounding on both sides. */
// @ts-ignore: decorator
@inline
export function sigmoid4(x: v128): v128 {
  return f32x4.div(f32x4.splat(1), f32x4.add(f32x4.splat(1), exp4(f32x4.neg(x))));
}

/**
 * Φ(x) = ½·erfc(−x/√2), relative error ≤ 1.2e-7 in the tail that matters. Chebyshev fit of Press et al., Numerical Recipes §6.2
 * (erfcc).
 */
function normalCdf(x: v128): v128 {
  const z = f32x4.mul(f32x4.abs(x), f32x4.splat(0.70710678));
  const t = f32x4.div(f32x4.splat(1), fma(z, f32x4.splat(0.5), f32x4.splat(1)));
  let p = f32x4.splat(0.17087277);
  p = fma(p, t, f32x4.splat(-0.82215223));
  p = fma(p, t, f32x4.splat(1.48851587));
  p = fma(p, t, f32x4.splat(-1.13520398));
  p = fma(p, t, f32x4.splat(0.27886807));
  p = fma(p, t, f32x4.splat(-0.18628806));
  p = fma(p, t, f32x4.splat(0.09678418));
  p = fma(p, t, f32x4.splat(0.37409196));
  p = fma(p, t, f32x4.splat(1.00002368));
  p = fma(p, t, f32x4.splat(-1.26551223));
  const half = f32x4.mul(f32x4.mul(t, f32x4.splat(0.5)), exp4(f32x4.sub(p, f32x4.mul(z, z))));
  return v128.bitselect(half, f32x4.sub(f32x4.splat(1), half), f32x4.lt(x, f32x4.splat(0)));
}

/** The argument 2·√(2/π)·(x + 0.044715·x³) of the sigmoid that tanh-GELU is: ½(1 + tanh y) = σ(2y), without cancellation. */
// @ts-ignore: decorator
@inline
function geluArgument(x: v128): v128 {
  const cubic = fma(f32x4.mul(x, x), f32x4.splat(0.044715 * 1.5957691216), f32x4.splat(1.5957691216));
  return f32x4.mul(x, cubic);
}

/** GELU; `form` 1 is the tanh form, 2 the erf form. */
export function gelu4(x: v128, form: i32): v128 {
  return f32x4.mul(x, form == 1 ? sigmoid4(geluArgument(x)) : normalCdf(x));
}

/** gelu′(x). */
export function geluSlope4(x: v128, form: i32): v128 {
  if (form == 1) {
    const s = sigmoid4(geluArgument(x));
    const slope = fma(f32x4.mul(x, x), f32x4.splat(3 * 0.044715 * 1.5957691216), f32x4.splat(1.5957691216));
    const bend = f32x4.mul(f32x4.mul(s, f32x4.sub(f32x4.splat(1), s)), slope);
    return fma(x, bend, s);
  }
  const density = f32x4.mul(exp4(f32x4.mul(f32x4.mul(x, x), f32x4.splat(-0.5))), f32x4.splat(0.39894228));
  return fma(x, density, normalCdf(x));
}
