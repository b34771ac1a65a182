// matmul / subgroup
// out[z,m,n] = Σ_k A[z,m,k]·B[z,k,n], then the epilogue; B stored (K N).
// A workgroup of 256 makes a tile of 64 rows × 256 columns, an invocation 8 × 8 in named vec4f. The lanes of a part (a subgroup,
// at most 32 lanes) share 8 rows: each loads one k of them, shuffles pass them around; parts above each other share B in L1.
// Needs: subgroups of any size, lanes numbered along the workgroup; no barrier (f16 storage: shader-f16).
// May win where workgroup memory is slow compared with shuffles (Intel: ORT's matmul_tiled_subgroup also shuffles A).

enable subgroups;

struct Params { Z: u32, M: u32, N: u32, K: u32 }

const TA: bool = false; // option
const BIAS: bool = false; // option
const GELU: u32 = 0u; // option
const DGELU: u32 = 0u; // option
const RESIDUAL: bool = false; // option
const ACCUM: bool = false; // option
const SAVE_PRE: bool = false; // option
const DBIAS: bool = false; // option
const GATE: bool = false; // option
const BSHARED: bool = false; // option
alias elemA = f32; // elem
alias elemB = f32; // elem
const TB: bool = false;

@group(0) @binding(0) var<storage, read>       a: array<vec4<elemA>>; // (Z M K), TA (Z K M)
@group(0) @binding(1) var<storage, read>       b: array<vec4<elemB>>; // (Z K N), BSHARED without Z
@group(0) @binding(2) var<storage, read>       bias: array<f32>;      // (N)
@group(0) @binding(3) var<storage, read>       residual: array<f32>;  // (Z M N)
@group(0) @binding(4) var<storage, read>       gate: array<f32>;      // (1)
@group(0) @binding(5) var<storage, read_write> pre: array<f32>;       // (Z M N)
@group(0) @binding(6) var<storage, read_write> out: array<f32>;       // (Z M N)
@group(0) @binding(7) var<storage, read_write> dbias: array<f32>;     // (M)
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

//> matmul-epilogue
// What follows the sum of element `at` = (z·M + m)·N + n, in the order of the op's equation; scale is the gate or 1.
fn finish(at: u32, n: u32, sum: f32, scale: f32) {
  var y = sum;
  if (BIAS) { y += bias[n]; }
  if (SAVE_PRE) { pre[at] = y; }
  if (GELU == 1u) { y = geluTanh(y); }
  if (GELU == 2u) { y = geluErf(y); }
  if (DGELU == 1u) { y *= geluTanhSlope(pre[at]); }
  if (DGELU == 2u) { y *= geluErfSlope(pre[at]); }
  y *= scale;
  if (RESIDUAL) { y += residual[at]; }
  if (ACCUM) { y += out[at]; }
  out[at] = y;
}
// dbias[m] = Σ_k a[k,m], on top of what was there with ACCUM.
fn finishBias(m: u32, sum: f32) {
  if (ACCUM) { dbias[m] += sum; } else { dbias[m] = sum; }
}
//< matmul-epilogue

fn gateScale() -> f32 {
  if (GATE) { return gate[0]; }
  return 1.0;
}

//> matmul-loads
// A stored line is a row of a (with TA a column), a row of b (with TB a column). Elements at…at+3 of one, zeros past the
// edges. Whether lines are whole quads is uniform over the dispatch.
fn fourA(start: u32, line: u32, at: u32) -> vec4<elemA> {
  let lines = select(params.M, params.K, TA);
  let length = select(params.K, params.M, TA);
  if (line >= lines || at >= length) { return vec4<elemA>(); }
  let i = start + line * length + at;
  if (length % 4u == 0u) { return a[i >> 2u]; }
  var v = vec4<elemA>();
  v.x = a[i >> 2u][i & 3u];
  if (at + 1u < length) { v.y = a[(i + 1u) >> 2u][(i + 1u) & 3u]; }
  if (at + 2u < length) { v.z = a[(i + 2u) >> 2u][(i + 2u) & 3u]; }
  if (at + 3u < length) { v.w = a[(i + 3u) >> 2u][(i + 3u) & 3u]; }
  return v;
}
fn fourB(start: u32, line: u32, at: u32) -> vec4<elemB> {
  let lines = select(params.K, params.N, TB);
  let length = select(params.N, params.K, TB);
  if (line >= lines || at >= length) { return vec4<elemB>(); }
  let i = start + line * length + at;
  if (length % 4u == 0u) { return b[i >> 2u]; }
  var v = vec4<elemB>();
  v.x = b[i >> 2u][i & 3u];
  if (at + 1u < length) { v.y = b[(i + 1u) >> 2u][(i + 1u) & 3u]; }
  if (at + 2u < length) { v.z = b[(i + 2u) >> 2u][(i + 2u) & 3u]; }
  if (at + 3u < length) { v.w = b[(i + 3u) >> 2u][(i + 3u) & 3u]; }
  return v;
}
//< matmul-loads

fn valueA(start: u32, m: u32, k: u32) -> f32 {
  if (m >= params.M || k >= params.K) { return 0.0; }
  let i = start + select(m * params.K + k, k * params.M + m, TA);
  return f32(a[i >> 2u][i & 3u]);
}

@compute @workgroup_size(256)
fn main(
  @builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) nwg: vec3u, @builtin(local_invocation_index) lid: u32,
  @builtin(subgroup_invocation_id) sid: u32, @builtin(subgroup_size) lanes: u32,
) {
  let M = params.M;
  let N = params.N;
  let K = params.K;
  let tilesM = (M + 63u) / 64u;
  let tilesN = (N + 255u) / 256u;
  let id = wid.y * nwg.x + wid.x;
  let z = id / (tilesM * tilesN);
  if (z >= params.Z) { return; }
  let m0 = id % tilesM * 64u + lid / 32u * 8u;
  let n0 = id / tilesM % tilesN * 256u + lid % 32u * 4u; // and n0 + 128
  let startA = z * M * K;
  let startB = select(z * K * N, 0u, BSHARED);
  let part = min(lanes, 32u);
  let mine = sid % part;
  let base = sid - mine;
  var c0 = vec4f(); var c1 = vec4f(); var c2 = vec4f(); var c3 = vec4f();
  var c4 = vec4f(); var c5 = vec4f(); var c6 = vec4f(); var c7 = vec4f();
  var d0 = vec4f(); var d1 = vec4f(); var d2 = vec4f(); var d3 = vec4f();
  var d4 = vec4f(); var d5 = vec4f(); var d6 = vec4f(); var d7 = vec4f();
  var sums = vec4f();
  var moreSums = vec4f();
  let rounds = (K + part - 1u) / part;
  for (var round = 0u; round < rounds; round++) {
    let k0 = round * part;
    let k = k0 + mine;
    let lo = vec4f(valueA(startA, m0, k), valueA(startA, m0 + 1u, k), valueA(startA, m0 + 2u, k), valueA(startA, m0 + 3u, k));
    let hi = vec4f(valueA(startA, m0 + 4u, k), valueA(startA, m0 + 5u, k), valueA(startA, m0 + 6u, k), valueA(startA, m0 + 7u, k));
    for (var j = 0u; j < part; j++) {
      let p = subgroupShuffle(lo, base + j);
      let q = subgroupShuffle(hi, base + j);
      let u = vec4f(fourB(startB, k0 + j, n0));
      let v = vec4f(fourB(startB, k0 + j, n0 + 128u));
      c0 = fma(vec4f(p.x), u, c0);
      c1 = fma(vec4f(p.y), u, c1);
      c2 = fma(vec4f(p.z), u, c2);
      c3 = fma(vec4f(p.w), u, c3);
      c4 = fma(vec4f(q.x), u, c4);
      c5 = fma(vec4f(q.y), u, c5);
      c6 = fma(vec4f(q.z), u, c6);
      c7 = fma(vec4f(q.w), u, c7);
      d0 = fma(vec4f(p.x), v, d0);
      d1 = fma(vec4f(p.y), v, d1);
      d2 = fma(vec4f(p.z), v, d2);
      d3 = fma(vec4f(p.w), v, d3);
      d4 = fma(vec4f(q.x), v, d4);
      d5 = fma(vec4f(q.y), v, d5);
      d6 = fma(vec4f(q.z), v, d6);
      d7 = fma(vec4f(q.w), v, d7);
      if (DBIAS) { sums += p; moreSums += q; }
    }
  }
  var rows = array<vec4f, 16>(c0, d0, c1, d1, c2, d2, c3, d3, c4, d4, c5, d5, c6, d6, c7, d7);
  let scale = gateScale();
  for (var r = 0u; r < 8u; r++) {
    let m = m0 + r;
    for (var j = 0u; j < 8u; j++) {
      let n = n0 + j / 4u * 128u + j % 4u;
      if (m < M && n < N) { finish((z * M + m) * N + n, n, rows[r * 2u + j / 4u][j % 4u], scale); }
    }
  }
  if (DBIAS && n0 == 0u) {
    var both = array<vec4f, 2>(sums, moreSums);
    for (var r = 0u; r < 8u; r++) {
      if (m0 + r < M) { finishBias(m0 + r, both[r / 4u][r % 4u]); }
    }
  }
}
