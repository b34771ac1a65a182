// matvec / naive
// out[m,n] = Σ_k h[m,k]·W[n,k], then bias, activation, gate, residual; h is x, or x normalised with NORM (1 layer norm, 2 RMSNorm).
// A workgroup makes WG outputs, an invocation one: it reads its whole weight row, and with NORM it takes the row's mean and
// variance for itself. Any size; f16 weights are unpacked from words.
// Teaching text and fallback: neighbouring invocations read far apart.

struct Params { M: u32, N: u32, K: u32, eps: f32 }

const NORM: u32 = 0u; // option
const GATED: bool = false; // option
const BIAS: bool = false; // option
const GELU: u32 = 0u; // option
const GATE: bool = false; // option
const RESIDUAL: bool = false; // option
const B16: bool = false; // option
override WG: u32 = 64u; // knob

@group(0) @binding(0) var<storage, read>       inp: array<f32>;      // (M K)
@group(0) @binding(1) var<storage, read>       weight: array<u32>;   // (N K), GATED: (2*N K)
@group(0) @binding(2) var<storage, read>       bias: array<f32>;     // (N)
@group(0) @binding(3) var<storage, read>       gamma: array<f32>;    // (K)
@group(0) @binding(4) var<storage, read>       beta: array<f32>;     // (K)
@group(0) @binding(5) var<storage, read>       gate: array<f32>;     // (1)
@group(0) @binding(6) var<storage, read>       residual: array<f32>; // (M N)
@group(0) @binding(7) var<storage, read_write> out: array<f32>;      // (M N)
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

//> matvec_finish
// Row sums to output (m, n): bias, activation, gate, residual.
fn finish(m: u32, n: u32, sum: f32, up: f32) {
  var y = sum;
  if (BIAS) { y += bias[n]; }
  if (GELU == 1u) { y = geluTanh(y); }
  if (GELU == 2u) { y = geluErf(y); }
  if (GATED) { y = y / (1.0 + exp(-y)) * up; }
  if (GATE) { y *= gate[0]; }
  let at = m * params.N + n;
  if (RESIDUAL) { y += residual[at]; }
  out[at] = y;
}
//< matvec_finish

// The bits of f32, or one of a pair of halves in a word.
fn weightAt(i: u32) -> f32 {
  if (B16) { return unpack2x16float(weight[i / 2u])[i & 1u]; }
  return bitcast<f32>(weight[i]);
}

// x̂ of the two-pass form: E[x²] − μ² would cancel; the residual mean takes out what rounding left in the first.
fn rowStats(m: u32) -> vec3f {
  let base = m * params.K;
  var mean = 0.0;
  if (NORM == 1u) {
    for (var k = 0u; k < params.K; k++) { mean += inp[base + k]; }
    mean /= f32(params.K);
  }
  var rest = 0.0;
  for (var k = 0u; k < params.K; k++) { rest += inp[base + k] - mean; }
  rest = select(0.0, rest / f32(params.K), NORM == 1u);
  var square = 0.0;
  for (var k = 0u; k < params.K; k++) {
    let d = inp[base + k] - mean - rest;
    square += d * d;
  }
  return vec3f(mean, rest, inverseSqrt(square / f32(params.K) + params.eps));
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) nwg: vec3u, @builtin(local_invocation_index) lid: u32) {
  let id = (wid.y * nwg.x + wid.x) * WG + lid;
  if (id >= params.M * params.N) { return; }
  let m = id / params.N;
  let n = id % params.N;
  var stats = vec3f(0.0, 0.0, 1.0);
  if (NORM != 0u) { stats = rowStats(m); }
  var sum = 0.0;
  var up = 0.0;
  for (var k = 0u; k < params.K; k++) {
    var x = inp[m * params.K + k];
    if (NORM != 0u) { x = (x - stats.x - stats.y) * stats.z * gamma[k]; }
    if (NORM == 1u) { x += beta[k]; }
    sum += x * weightAt(n * params.K + k);
    if (GATED) { up += x * weightAt((n + params.N) * params.K + k); }
  }
  finish(m, n, sum, up);
}
