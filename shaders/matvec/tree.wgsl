// matvec / tree
// out[m,n] = Σ_k h[m,k]·W[n,k], then bias, activation, gate, residual; h is x, or x normalised with NORM (1 layer norm, 2 RMSNorm).
// A workgroup makes ROWS = 4·WG/8 columns n of one row m: h goes to workgroup memory once, 8 lanes share a weight row in vec4s,
// each lane group makes 4 columns, and a short tree adds the lanes' sums. K divisible by 4, with B16 by 8, and h fits workgroup memory.
// Wins on GPUs without subgroups: loads run side by side, the tree is 3 deep instead of 6.

struct Params { M: u32, N: u32, K: u32, eps: f32 }

const NORM: u32 = 0u; // option
const GATED: bool = false; // option
const BIAS: bool = false; // option
const GELU: u32 = 0u; // option
const GATE: bool = false; // option
const RESIDUAL: bool = false; // option
const B16: bool = false; // option
const K: u32 = 64u; // dim
const WG: u32 = 64u; // knob

@group(0) @binding(0) var<storage, read>       inp: array<vec4f>;    // (M K)
@group(0) @binding(1) var<storage, read>       weight: array<vec4u>; // (N K), GATED: (2*N K)
@group(0) @binding(2) var<storage, read>       bias: array<f32>;     // (N)
@group(0) @binding(3) var<storage, read>       gamma: array<vec4f>;  // (K)
@group(0) @binding(4) var<storage, read>       beta: array<vec4f>;   // (K)
@group(0) @binding(5) var<storage, read>       gate: array<f32>;     // (1)
@group(0) @binding(6) var<storage, read>       residual: array<f32>; // (M N)
@group(0) @binding(7) var<storage, read_write> out: array<f32>;      // (M N)
@group(0) @binding(9) var<uniform>             params: Params;

const LANES: u32 = 8u;
const QUADS: u32 = K / 4u;

var<workgroup> h: array<vec4f, QUADS>;
var<workgroup> partial: array<vec4f, WG>;
var<workgroup> partialUp: array<vec4f, WG>;

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

//> matvec_weights
// Four weights: the bits of f32, or with B16 half of eight packed in a vec4u.
fn weights4(i: u32) -> vec4f {
  if (B16) {
    let word = weight[i / 2u];
    let w = select(word.xy, word.zw, (i & 1u) == 1u);
    return vec4f(unpack2x16float(w.x), unpack2x16float(w.y));
  }
  return bitcast<vec4f>(weight[i]);
}
//< matvec_weights

// Sum over the workgroup, the same for all; `partial` is free before and after.
fn total(lid: u32, x: f32) -> f32 {
  partial[lid].x = x;
  workgroupBarrier();
  var sum = 0.0;
  for (var i = 0u; i < WG; i++) { sum += partial[i].x; }
  workgroupBarrier();
  return sum;
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) nwg: vec3u, @builtin(local_invocation_index) lid: u32) {
  let tiles = (params.N + WG / 2u - 1u) / (WG / 2u);
  let id = wid.y * nwg.x + wid.x;
  let m = id / tiles;
  if (m >= params.M) { return; } // the whole workgroup
  let turns = (QUADS + WG - 1u) / WG;
  var mean = 0.0;
  var rest = 0.0;
  var scale = 1.0;
  if (NORM == 1u) {
    var sum = vec4f();
    for (var i = 0u; i < turns; i++) {
      let k = i * WG + lid;
      if (k < QUADS) { sum += inp[m * QUADS + k]; }
    }
    mean = total(lid, sum.x + sum.y + sum.z + sum.w) / f32(K);
    sum = vec4f();
    for (var i = 0u; i < turns; i++) {
      let k = i * WG + lid;
      if (k < QUADS) { sum += inp[m * QUADS + k] - mean; }
    }
    rest = total(lid, sum.x + sum.y + sum.z + sum.w) / f32(K);
  }
  if (NORM != 0u) {
    var sum = vec4f();
    for (var i = 0u; i < turns; i++) {
      let k = i * WG + lid;
      if (k < QUADS) {
        let d = inp[m * QUADS + k] - mean - rest;
        sum += d * d;
      }
    }
    scale = inverseSqrt(total(lid, sum.x + sum.y + sum.z + sum.w) / f32(K) + params.eps);
  }
  for (var i = 0u; i < turns; i++) {
    let k = i * WG + lid;
    if (k < QUADS) {
      var x = inp[m * QUADS + k];
      if (NORM != 0u) { x = (x - mean - rest) * scale * gamma[k]; }
      if (NORM == 1u) { x += beta[k]; }
      h[k] = x;
    }
  }
  workgroupBarrier(); // h is complete

  let lane = lid % LANES;
  let n0 = (id % tiles * (WG / LANES) + lid / LANES) * 4u;
  let row = min(n0 + vec4u(0u, 1u, 2u, 3u), vec4u(params.N - 1u)) * QUADS;
  let upRow = row + params.N * QUADS;
  var sum = vec4f();
  var up = vec4f();
  for (var i = 0u; i < (QUADS + LANES - 1u) / LANES; i++) {
    let k = i * LANES + lane;
    if (k < QUADS) {
      let x = h[k];
      sum += x * mat4x4f(weights4(row.x + k), weights4(row.y + k), weights4(row.z + k), weights4(row.w + k));
      if (GATED) { up += x * mat4x4f(weights4(upRow.x + k), weights4(upRow.y + k), weights4(upRow.z + k), weights4(upRow.w + k)); }
    }
  }
  partial[lid] = sum;
  if (GATED) { partialUp[lid] = up; }
  workgroupBarrier(); // all lanes' sums are there
  // lanes 0 to 3 of a group finish one column each
  let n = n0 + lane;
  if (lane < 4u && n < params.N) {
    var y = 0.0;
    var u = 0.0;
    for (var i = 0u; i < LANES; i++) {
      y += partial[lid - lane + i][lane];
      if (GATED) { u += partialUp[lid - lane + i][lane]; }
    }
    finish(m, n, y, u);
  }
}
