// matmul / tiled
// out[z,m,n] = Σ_k A[z,m,k]·B[z,k,n], then the epilogue.
// A workgroup makes a 16×16 tile of out, an invocation one element; both operands pass through workgroup memory in
// 16×16 pieces. A value held there serves 16 invocations, so each is read from global memory 16 times less often than in naive.
// Needs: workgroup memory 2 KiB, barriers (f16 storage: shader-f16).
// Wins where the whole grid has few tiles, so that bigger tiles would leave cores idle.

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
alias elemA = f32; // elem
alias elemB = f32; // elem
const TILE: u32 = 16u;

@group(0) @binding(0) var<storage, read>       a: array<elemA>;      // (Z M K), TA (Z K M)
@group(0) @binding(1) var<storage, read>       b: array<elemB>;      // (Z K N), TB (Z N K), BSHARED without Z
@group(0) @binding(2) var<storage, read>       bias: array<f32>;     // (N)
@group(0) @binding(3) var<storage, read>       residual: array<f32>; // (Z M N)
@group(0) @binding(4) var<storage, read>       gate: array<f32>;     // (1)
@group(0) @binding(5) var<storage, read_write> pre: array<f32>;      // (Z M N)
@group(0) @binding(6) var<storage, read_write> out: array<f32>;      // (Z M N)
@group(0) @binding(7) var<storage, read_write> dbias: array<f32>;    // (M)
@group(0) @binding(9) var<uniform>             params: Params;

// A column of padding keeps the 16 readers of one column of `bs` in different banks when B is stored transposed.
var<workgroup> as_: array<array<f32, TILE + 1u>, TILE>; // (m k)
var<workgroup> bs: array<array<f32, TILE + 1u>, TILE>;  // (k n)

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

@compute @workgroup_size(TILE, TILE)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) nwg: vec3u, @builtin(local_invocation_id) lid: vec3u) {
  let M = params.M;
  let N = params.N;
  let K = params.K;
  let tilesN = (N + TILE - 1u) / TILE;
  let tilesM = (M + TILE - 1u) / TILE;
  let id = wid.y * nwg.x + wid.x;
  let z = id / (tilesM * tilesN);
  if (z >= params.Z) { return; }
  let m0 = id / tilesN % tilesM * TILE;
  let n0 = id % tilesN * TILE;
  let x = lid.x;
  let y = lid.y;
  let a0 = z * M * K;
  let b0 = select(z * K * N, 0u, BSHARED);
  var sum = 0.0;
  var rowSum = 0.0;
  let pieces = (K + TILE - 1u) / TILE;
  for (var piece = 0u; piece < pieces; piece++) {
    let k0 = piece * TILE;
    // x runs along the axis that is contiguous in memory; beyond the edges zeros go in
    if (TA) {
      var v = 0.0;
      if (m0 + x < M && k0 + y < K) { v = f32(a[a0 + (k0 + y) * M + m0 + x]); }
      as_[x][y] = v;
    } else {
      var v = 0.0;
      if (m0 + y < M && k0 + x < K) { v = f32(a[a0 + (m0 + y) * K + k0 + x]); }
      as_[y][x] = v;
    }
    if (TB) {
      var v = 0.0;
      if (n0 + y < N && k0 + x < K) { v = f32(b[b0 + (n0 + y) * K + k0 + x]); }
      bs[x][y] = v;
    } else {
      var v = 0.0;
      if (n0 + x < N && k0 + y < K) { v = f32(b[b0 + (k0 + y) * N + n0 + x]); }
      bs[y][x] = v;
    }
    workgroupBarrier(); // the pieces are whole before anybody reads them
    for (var k = 0u; k < TILE; k++) {
      let v = as_[y][k];
      sum = fma(v, bs[k][x], sum);
      if (DBIAS) { rowSum += v; }
    }
    workgroupBarrier(); // everybody has read them before the next ones overwrite them
  }
  let m = m0 + y;
  let n = n0 + x;
  if (m < M && n < N) {
    finish((z * M + m) * N + n, n, sum, gateScale());
    if (DBIAS && n == 0u) { finishBias(m, rowSum); }
  }
}
