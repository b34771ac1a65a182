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
 * Constants lie in memory: a load that broadcasts is one instruction, while V8 builds the constant of an `f32x4.splat` from four, in
 * every turn of a loop.
 */
// @ts-ignore: decorator
@inline
function at(table: usize, i: usize): v128 {
  return v128.load32_splat(table + (i << 2));
}

const ONE: usize = memory.data<f32>([1]);
const HALF: usize = memory.data<f32>([0.5]);
/** Lowest and highest argument; 1.5·2²³; 1/ln 2; ln 2 in two parts, the second negated; the polynomial from r⁷ to r². */
const EXP: usize = memory.data<f32>([
  -80, 87, 12582912, 1.44269504, 0.693359375, 2.1219444e-4, 1.98756915e-4, 1.3981999507e-3, 8.3334519073e-3,
  4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1,
]);

/**
 * eˣ with relative error ≤ 2e-7 from −80 to 87; 0 below, constant above: neither the result nor 1/result is ever subnormal, which
 * would cost a hundred cycles each time. Cody–Waite reduction by ln 2 in two parts and the polynomial of Cephes' expf (S. Moshier).
 */
// @ts-ignore: decorator
@inline
export function exp4(x: v128): v128 {
  // pmin and pmax are one instruction each, min and max (which order NaN and −0) are eight
  const t = f32x4.pmax(f32x4.pmin(x, at(EXP, 1)), at(EXP, 0));
  // added to 1.5·2²³, t/ln 2 is rounded to a whole number n that stands in the low bits
  const rounded = fma(t, at(EXP, 3), at(EXP, 2));
  const n = f32x4.sub(rounded, at(EXP, 2));
  let r = f32x4.sub(t, f32x4.mul(n, at(EXP, 4)));
  r = fma(n, at(EXP, 5), r);
  let p = at(EXP, 6);
  p = fma(p, r, at(EXP, 7));
  p = fma(p, r, at(EXP, 8));
  p = fma(p, r, at(EXP, 9));
  p = fma(p, r, at(EXP, 10));
  p = fma(p, r, at(EXP, 11));
  p = f32x4.add(fma(p, f32x4.mul(r, r), r), at(ONE, 0));
  // n goes into the exponent field of p, which is at least ½
  const y = v128.and(i32x4.add(p, i32x4.shl(rounded, 23)), f32x4.ge(x, at(EXP, 0)));
  return v128.or(y, f32x4.ne(x, x)); // not a number stays so
}

/** 1/(1 + e⁻ˣ), exact to rounding on both sides. */
// @ts-ignore: decorator
@inline
export function sigmoid4(x: v128): v128 {
  return f32x4.div(at(ONE, 0), f32x4.add(at(ONE, 0), exp4(f32x4.neg(x))));
}

/** √½, then the polynomial in t from t⁹ to 1. */
const CDF: usize = memory.data<f32>([
  0.70710678, 0.17087277, -0.82215223, 1.48851587, -1.13520398, 0.27886807, -0.18628806, 0.09678418, 0.37409196,
  1.00002368, -1.26551223,
]);

/** Φ(x) = ½·erfc(−x/√2), relative error ≤ 1.2e-7 before rounding. Fit of Press et al., Numerical Recipes §6.2 (erfcc). */
function normalCdf(x: v128): v128 {
  const z = f32x4.mul(f32x4.abs(x), at(CDF, 0));
  const t = f32x4.div(at(ONE, 0), fma(z, at(HALF, 0), at(ONE, 0)));
  let p = at(CDF, 1);
  p = fma(p, t, at(CDF, 2));
  p = fma(p, t, at(CDF, 3));
  p = fma(p, t, at(CDF, 4));
  p = fma(p, t, at(CDF, 5));
  p = fma(p, t, at(CDF, 6));
  p = fma(p, t, at(CDF, 7));
  p = fma(p, t, at(CDF, 8));
  p = fma(p, t, at(CDF, 9));
  p = fma(p, t, at(CDF, 10));
  const half = f32x4.mul(f32x4.mul(t, at(HALF, 0)), exp4(f32x4.sub(p, f32x4.mul(z, z))));
  return v128.bitselect(half, f32x4.sub(at(ONE, 0), half), f32x4.lt(x, zero()));
}

/** 2·√(2/π), that times 0.044715, and that times 3; −½; 1/√(2π). */
const GELU: usize = memory.data<f32>([1.5957691216, 0.0713548163, 0.2140644488, -0.5, 0.39894228]);

/** The argument 2·√(2/π)·(x + 0.044715·x³) of the sigmoid that tanh-GELU is: ½(1 + tanh y) = σ(2y), without cancellation. */
// @ts-ignore: decorator
@inline
function geluArgument(x: v128): v128 {
  return f32x4.mul(x, fma(f32x4.mul(x, x), at(GELU, 1), at(GELU, 0)));
}

/** GELU; `form` 1 is the tanh form, 2 the erf form. */
export function gelu4(x: v128, form: i32): v128 {
  return f32x4.mul(x, form == 1 ? sigmoid4(geluArgument(x)) : normalCdf(x));
}

/** gelu′(x). */
export function geluSlope4(x: v128, form: i32): v128 {
  if (form == 1) {
    const s = sigmoid4(geluArgument(x));
    const slope = fma(f32x4.mul(x, x), at(GELU, 2), at(GELU, 0));
    return fma(f32x4.mul(x, slope), f32x4.mul(s, f32x4.sub(at(ONE, 0), s)), s);
  }
  const density = f32x4.mul(exp4(f32x4.mul(f32x4.mul(x, x), at(GELU, 3))), at(GELU, 4));
  return fma(x, density, normalCdf(x));
}
