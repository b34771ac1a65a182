// matvec / subgroup
// out[m,n] = Σ_k h[m,k]·W[n,k], then bias, activation, gate, residual; h is x, or x normalised with NORM (1 layer norm, 2 RMSNorm).
// A subgroup makes 4 columns n of all M rows, its lanes stride along K in vec4s; sums meet in subgroupAdd. With NORM each subgroup
// takes mean and variance for itself, so there is no barrier. K divisible by 4, with B16 by 8. Any subgroup size.
// Needs: subgroups. Wins wherever they are there: loads run side by side, and each weight is read once.

enable subgroups;

struct Params { M: u32, N: u32, K: u32, eps: f32 }

const NORM: u32 = 0u; // option
const GATED: bool = false; // option
const BIAS: bool = false; // option
const GELU: u32 = 0u; // option
const GATE: bool = false; // option
const RESIDUAL: bool = false; // option
const B16: bool = false; // option
const M: u32 = 1u; // dim
override WG: u32 = 128u; // knob

@group(0) @binding(0) var<storage, read>       inp: array<vec4f>;   // (M K)
@group(0) @binding(1) var<storage, read>       weight: array<vec4u>;// (N K), GATED: (2*N K)
@group(0) @binding(2) var<storage, read>       bias: array<f32>;    // (N)
@group(0) @binding(3) var<storage, read>       gamma: array<vec4f>; // (K)
@group(0) @binding(4) var<storage, read>       beta: array<vec4f>;  // (K)
@group(0) @binding(5) var<storage, read>       gate: array<f32>;    // (1)
@group(0) @binding(6) var<storage, read>       residual: array<f32>;// (M N)
@group(0) @binding(7) var<storage, read_write> out: array<f32>;     // (M N)
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

fn sum4(x: vec4f) -> f32 {
  return x.x + x.y + x.z + x.w;
}

@compute @workgroup_size(WG)
fn main(
  @builtin(workgroup_id) wid: vec3u,
  @builtin(num_workgroups) nwg: vec3u,
  @builtin(local_invocation_index) lid: u32,
  @builtin(subgroup_invocation_id) lane: u32,
  @builtin(subgroup_size) size: u32,
) {
  // all lanes of a subgroup agree on its number, whatever order the implementation numbers invocations in
  let group = subgroupBroadcastFirst(lid / size);
  let n0 = ((wid.y * nwg.x + wid.x) * (WG / size) + group) * 4u;
  let quads = params.K / 4u;
  let row = min(n0 + vec4u(0u, 1u, 2u, 3u), vec4u(params.N - 1u)) * quads;
  let upRow = row + params.N * quads;
  let turns = (quads + size - 1u) / size;

  // mean, what rounding left in it, and 1/σ of each row of x
  var stats: array<vec3f, M>;
  if (NORM != 0u) {
    for (var m = 0u; m < M; m++) {
      var mean = 0.0;
      var rest = 0.0;
      if (NORM == 1u) {
        var total = vec4f();
        for (var i = 0u; i < turns; i++) {
          let k = i * size + lane;
          if (k < quads) { total += inp[m * quads + k]; }
        }
        mean = subgroupAdd(sum4(total)) / f32(params.K);
        total = vec4f();
        for (var i = 0u; i < turns; i++) {
          let k = i * size + lane;
          if (k < quads) { total += inp[m * quads + k] - mean; }
        }
        rest = subgroupAdd(sum4(total)) / f32(params.K);
      }
      var square = vec4f();
      for (var i = 0u; i < turns; i++) {
        let k = i * size + lane;
        if (k < quads) {
          let d = inp[m * quads + k] - mean - rest;
          square += d * d;
        }
      }
      stats[m] = vec3f(mean, rest, inverseSqrt(subgroupAdd(sum4(square)) / f32(params.K) + params.eps));
    }
  }

  var sums: array<vec4f, M>;
  var ups: array<vec4f, M>;
  for (var i = 0u; i < turns; i++) {
    let k = i * size + lane;
    if (k < quads) {
      let w = mat4x4f(weights4(row.x + k), weights4(row.y + k), weights4(row.z + k), weights4(row.w + k));
      var u = mat4x4f();
      if (GATED) { u = mat4x4f(weights4(upRow.x + k), weights4(upRow.y + k), weights4(upRow.z + k), weights4(upRow.w + k)); }
      for (var m = 0u; m < M; m++) {
        var x = inp[m * quads + k];
        if (NORM != 0u) { x = (x - stats[m].x - stats[m].y) * stats[m].z * gamma[k]; }
        if (NORM == 1u) { x += beta[k]; }
        sums[m] += x * w;
        if (GATED) { ups[m] += x * u; }
      }
    }
  }
  for (var m = 0u; m < M; m++) {
    let sum = subgroupAdd(sums[m]);
    var up = vec4f();
    if (GATED) { up = subgroupAdd(ups[m]); }
    // lanes 0 to 3 store one column each; a subgroup of fewer lanes does not exist (the smallest is 4)
    if (lane < 4u && n0 + lane < params.N) { finish(m, n0 + lane, sum[lane], up[lane]); }
  }
}
