// matmul / quad_whole
// out[z,m,n] = Σ_k A[z,m,k]·B[z,k,n], then the epilogue.
// The tile and the swaps of quad, for f32 lines that are whole quads: everything is read and written as vec4f, and the loop
// holds nothing but loads, swaps and multiply-adds, because SwiftShader's compiler moves no address out of it and every load is
// clamped separately. Needs subgroups of any size, no barrier. Wins on software adapters: the same gathers, half the integers.
//   lane 0   columns  0…3    loads row 0   meets rows 0 1 2 3 (own, swapX, swapY, diagonal)
//   lane 1   columns  4…7    loads row 1   meets rows 1 0 3 2
//   lane 2   columns  8…11   loads row 2   meets rows 2 3 0 1
//   lane 3   columns 12…15   loads row 3   meets rows 3 2 1 0, four times for 16 rows

enable subgroups;

struct Params { Z: u32, M: u32, N: u32, K: u32 }

const TA: bool = false; // option
const TB: bool = false; // option
const BIAS: bool = false; // option
const GELU: u32 = 0u; // option
const DGELU: u32 = 0u; // option
const RESIDUAL: bool = false; // option
const ACCUM: bool = false; // option
const SAVE_PRE: bool = false; // option
const DBIAS: bool = false; // option
const GATE: bool = false; // option
const BSHARED: bool = false; // option
const WG: u32 = 8u; // knob

@group(0) @binding(0) var<storage, read>       a: array<vec4f>;        // (Z M K), TA (Z K M)
@group(0) @binding(1) var<storage, read>       b: array<vec4f>;        // (Z K N), TB (Z N K), BSHARED without Z
@group(0) @binding(2) var<storage, read>       bias: array<vec4f>;     // (N)
@group(0) @binding(3) var<storage, read>       residual: array<vec4f>; // (Z M N)
@group(0) @binding(4) var<storage, read>       gate: array<f32>;       // (1)
@group(0) @binding(5) var<storage, read_write> pre: array<vec4f>;      // (Z M N)
@group(0) @binding(6) var<storage, read_write> out: array<vec4f>;      // (Z M N)
@group(0) @binding(7) var<storage, read_write> dbias: array<f32>;      // (M)
@group(0) @binding(9) var<uniform>             params: Params;

//> gelu
// Abramowitz & Stegun 7.1.26, |error| ≤ 1.5e-7
fn erf(x: f32) -> f32 {
  let t = 1.0 / (1.0 + 0.3275911 * abs(x));
  let y = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  return sign(x) * (1.0 - y * exp(-x * x));
}
// tanh overflows on some compilers beyond ±44, so its argument is clamped; at ±15 it is ±1 in f32
fn geluTanh(x: f32) -> f32 {
  return 0.5 * x * (1.0 + tanh(clamp(0.7978845608 * (x + 0.044715 * x * x * x), -15.0, 15.0)));
}
fn geluErf(x: f32) -> f32 {
  return 0.5 * x * (1.0 + erf(0.7071067812 * x));
}
//< gelu

//> gelu-slope
// Derivatives of geluTanh and geluErf. (1 + tanh u)/2 is the sigmoid of 2u, and e = exp(−2|u|) keeps the digits that 1 − tanh² loses.
fn geluTanhSlope(x: f32) -> f32 {
  let u = 0.7978845608 * (x + 0.044715 * x * x * x);
  let e = exp(-2.0 * abs(u));
  let s = select(e, 1.0, u >= 0.0) / (1.0 + e);
  return s + 2.0 * x * (e / ((1.0 + e) * (1.0 + e))) * 0.7978845608 * (1.0 + 0.134145 * x * x);
}
fn geluErfSlope(x: f32) -> f32 {
  return 0.5 * (1.0 + erf(0.7071067812 * x)) + 0.3989422804 * x * exp(-0.5 * x * x);
}
//< gelu-slope

// What follows the sums of four elements from 4·at = (z·M + m)·N + 4·n on, in the order of the op's equation.
fn finish(at: u32, n: u32, sum: vec4f, scale: f32) {
  var y = sum;
  if (BIAS) { y += bias[n]; }
  if (SAVE_PRE) { pre[at] = y; }
  if (GELU == 1u) { y = vec4f(geluTanh(y.x), geluTanh(y.y), geluTanh(y.z), geluTanh(y.w)); }
  if (GELU == 2u) { y = vec4f(geluErf(y.x), geluErf(y.y), geluErf(y.z), geluErf(y.w)); }
  if (DGELU != 0u) {
    let x = pre[at];
    if (DGELU == 1u) { y *= vec4f(geluTanhSlope(x.x), geluTanhSlope(x.y), geluTanhSlope(x.z), geluTanhSlope(x.w)); }
    if (DGELU == 2u) { y *= vec4f(geluErfSlope(x.x), geluErfSlope(x.y), geluErfSlope(x.z), geluErfSlope(x.w)); }
  }
  y *= scale;
  if (RESIDUAL) { y += residual[at]; }
  if (ACCUM) { y += out[at]; }
  out[at] = y;
}

// Four columns of one row take four steps along k. Explicit fma: software adapters do not contract c + a·b.
fn steps(c: vec4f, a: vec4f, p: mat4x4f) -> vec4f {
  return fma(vec4f(a.w), p[3], fma(vec4f(a.z), p[2], fma(vec4f(a.y), p[1], fma(vec4f(a.x), p[0], c))));
}
fn gateScale() -> f32 {
  if (GATE) { return gate[0]; }
  return 1.0;
}

// What the four lanes of a quad loaded, as one vector along k per row of the tile.
fn share(t: vec4f) -> mat4x4f {
  let all = mat4x4f(t, quadSwapX(t), quadSwapY(t), quadSwapDiagonal(t));
  if (TA) { return transpose(all); }
  return all;
}

// dbias of four rows from m on; `mine`: this lane's quad is the one that stores it.
fn storeRowSums(m: u32, q: u32, s: vec4f, mine: bool) {
  var total = s.x + s.y + s.z + s.w;
  if (TA) {
    let x = s + quadSwapX(s);
    total = (x + quadSwapY(x))[q];
  }
  if (mine && m + q < params.M) {
    if (ACCUM) { dbias[m + q] += total; } else { dbias[m + q] = total; }
  }
}

@compute @workgroup_size(WG)
fn main(
  @builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) nwg: vec3u, @builtin(local_invocation_index) lid: u32,
  @builtin(subgroup_invocation_id) sid: u32,
) {
  let id = wid.y * nwg.x + wid.x;
  let q = sid & 3u;
  let M = params.M;
  let N = params.N;
  let K = params.K;
  let tilesM = (M + 15u) / 16u;
  let tilesN = (N + 4u * WG - 1u) / (4u * WG);
  let z = id / (tilesM * tilesN);
  if (z >= params.Z) { return; }
  let m0 = id % tilesM * 16u;
  let n0 = (id / tilesM % tilesN * WG + lid) * 4u;
  // Places of the first loads, in vec4f. Rows and columns past an edge compute a copy of the last ones, which is not stored.
  // Lane q loads row m+q of a, with TA the stored line k+q.
  let rows = m0 + vec4u(0u, 4u, 8u, 12u);
  let inA = (z * M * K + select(min(rows + q, vec4u(M - 1u)) * K, q * M + min(rows, vec4u(M - 4u)), TA)) / 4u;
  let stepA = select(1u, M, TA);
  // Its four vectors of b: with TB columns n…n+3, else the lines of this lane's value 0, 1, 2, 3 of A.
  let order = vec4u(0u, 1u, 2u, 3u);
  let lines = select(order, order ^ vec4u(q), TA);
  let columns = min(vec4u(n0) + order, vec4u(N - 1u));
  let inB = (select(z * K * N, 0u, BSHARED) + select(lines * N + min(n0, N - 4u), columns * K, TB)) / 4u;
  let stepB = select(N, 1u, TB);
  var c00 = vec4f(); var c01 = vec4f(); var c02 = vec4f(); var c03 = vec4f();
  var c10 = vec4f(); var c11 = vec4f(); var c12 = vec4f(); var c13 = vec4f();
  var c20 = vec4f(); var c21 = vec4f(); var c22 = vec4f(); var c23 = vec4f();
  var c30 = vec4f(); var c31 = vec4f(); var c32 = vec4f(); var c33 = vec4f();
  var s0 = vec4f(); var s1 = vec4f(); var s2 = vec4f(); var s3 = vec4f();
  let groups = K / 4u;
  for (var group = 0u; group < groups; group++) {
    let ia = inA + group * stepA;
    let ib = inB + group * stepB;
    var p = mat4x4f(b[ib.x], b[ib.y], b[ib.z], b[ib.w]);
    if (TB) { p = transpose(p); }
    if (TB && TA) {
      if ((q & 1u) != 0u) { p = mat4x4f(p[1], p[0], p[3], p[2]); }
      if ((q & 2u) != 0u) { p = mat4x4f(p[2], p[3], p[0], p[1]); }
    }
    let t0 = a[ia.x];
    let a0 = share(t0);
    c00 = steps(c00, a0[0], p);
    c01 = steps(c01, a0[1], p);
    c02 = steps(c02, a0[2], p);
    c03 = steps(c03, a0[3], p);
    let t1 = a[ia.y];
    let a1 = share(t1);
    c10 = steps(c10, a1[0], p);
    c11 = steps(c11, a1[1], p);
    c12 = steps(c12, a1[2], p);
    c13 = steps(c13, a1[3], p);
    let t2 = a[ia.z];
    let a2 = share(t2);
    c20 = steps(c20, a2[0], p);
    c21 = steps(c21, a2[1], p);
    c22 = steps(c22, a2[2], p);
    c23 = steps(c23, a2[3], p);
    let t3 = a[ia.w];
    let a3 = share(t3);
    c30 = steps(c30, a3[0], p);
    c31 = steps(c31, a3[1], p);
    c32 = steps(c32, a3[2], p);
    c33 = steps(c33, a3[3], p);
    if (DBIAS) { s0 += t0; s1 += t1; s2 += t2; s3 += t3; }
  }
  var sums = array<vec4f, 16>(c00, c01, c02, c03, c10, c11, c12, c13, c20, c21, c22, c23, c30, c31, c32, c33);
  let scale = gateScale();
  if (n0 < N) {
    for (var r = 0u; r < 16u; r++) {
      let m = m0 + select(r ^ q, r, TA);
      if (m < M) { finish(((z * M + m) * N + n0) / 4u, n0 / 4u, sums[r], scale); }
    }
  }
  if (DBIAS) {
    // exactly one quad has the lane that holds column 0
    let first = u32(n0 == 0u);
    let mine = first + quadSwapX(first) + quadSwapY(first) + quadSwapDiagonal(first) == 1u;
    storeRowSums(m0, q, s0, mine);
    storeRowSums(m0 + 4u, q, s1, mine);
    storeRowSums(m0 + 8u, q, s2, mine);
    storeRowSums(m0 + 12u, q, s3, mine);
  }
}
