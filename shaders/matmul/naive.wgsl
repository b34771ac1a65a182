// matmul / naive
// out[z,m,n] = Σ_k A[z,m,k]·B[z,k,n], then the epilogue.
// A workgroup makes WG consecutive elements of out, an invocation one; it walks K alone and shares nothing.
// Needs: nothing (f16 storage: shader-f16).
// Wins nowhere: 2 loads for one multiply-add. Teaching text, fallback, and the only one that sums dbias over Z > 1.

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
override WG: u32 = 64u; // knob

@group(0) @binding(0) var<storage, read>       a: array<elemA>;      // (Z M K), TA (Z K M)
@group(0) @binding(1) var<storage, read>       b: array<elemB>;      // (Z K N), TB (Z N K), BSHARED without Z
@group(0) @binding(2) var<storage, read>       bias: array<f32>;     // (N)
@group(0) @binding(3) var<storage, read>       residual: array<f32>; // (Z M N)
@group(0) @binding(4) var<storage, read>       gate: array<f32>;     // (1)
@group(0) @binding(5) var<storage, read_write> pre: array<f32>;      // (Z M N)
@group(0) @binding(6) var<storage, read_write> out: array<f32>;      // (Z M N)
@group(0) @binding(7) var<storage, read_write> dbias: array<f32>;    // (M)
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

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) nwg: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * nwg.x + wid.x) * WG + lid;
  let M = params.M;
  let N = params.N;
  let K = params.K;
  if (i >= params.Z * M * N) { return; }
  let n = i % N;
  let m = i / N % M;
  let z = i / (M * N);
  // a[z,m,k] lies at a0 + k·aStep, b[z,k,n] at b0 + k·bStep
  let a0 = z * M * K + select(m * K, m, TA);
  let aStep = select(1u, M, TA);
  let b0 = select(z * K * N, 0u, BSHARED) + select(n, n * K, TB);
  let bStep = select(N, 1u, TB);
  var sum = 0.0;
  for (var k = 0u; k < K; k++) {
    sum += f32(a[a0 + k * aStep]) * f32(b[b0 + k * bStep]);
  }
  finish(i, n, sum, gateScale());
  if (DBIAS && n == 0u && z == 0u) {
    var total = 0.0;
    for (var q = 0u; q < params.Z; q++) {
      for (var k = 0u; k < K; k++) {
        total += f32(a[a0 + q * M * K + k * aStep]);
      }
    }
    finishBias(m, total);
  }
}
