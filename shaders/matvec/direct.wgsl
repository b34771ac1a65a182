// matvec / direct
// out[m,n] = Σ_k x[m,k]·W[n,k], then bias, activation, gate, residual.
// A workgroup makes 4·WG columns n of all M rows, an invocation 4: every weight is read once and serves all rows.
// No barrier, no workgroup memory, no normalisation. K divisible by 4, with B16 by 8; f16 weights are unpacked from words.
// Wins on software adapters without subgroups: memory is flat there, so only the number of loads counts.

struct Params { M: u32, N: u32, K: u32, eps: f32 }

const GATED: bool = false; // option
const BIAS: bool = false; // option
const GELU: u32 = 0u; // option
const GATE: bool = false; // option
const RESIDUAL: bool = false; // option
const B16: bool = false; // option
const M: u32 = 1u; // dim
override WG: u32 = 8u; // knob

@group(0) @binding(0) var<storage, read>       inp: array<vec4f>;   // (M K)
@group(0) @binding(1) var<storage, read>       weight: array<vec4u>;// (N K), GATED: (2*N K)
@group(0) @binding(2) var<storage, read>       bias: array<f32>;    // (N)
@group(0) @binding(3) var<storage, read>       gamma: array<f32>;   // (K)
@group(0) @binding(4) var<storage, read>       beta: array<f32>;    // (K)
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

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) nwg: vec3u, @builtin(local_invocation_index) lid: u32) {
  let n0 = ((wid.y * nwg.x + wid.x) * WG + lid) * 4u;
  if (n0 >= params.N) { return; }
  let quads = params.K / 4u;
  // rows behind the last repeat it and are not stored
  let row = min(n0 + vec4u(0u, 1u, 2u, 3u), vec4u(params.N - 1u)) * quads;
  let upRow = row + params.N * quads;
  var sums: array<vec4f, M>;
  var ups: array<vec4f, M>;
  for (var k = 0u; k < quads; k++) {
    let w = mat4x4f(weights4(row.x + k), weights4(row.y + k), weights4(row.z + k), weights4(row.w + k));
    for (var m = 0u; m < M; m++) { sums[m] += inp[m * quads + k] * w; }
    if (GATED) {
      let u = mat4x4f(weights4(upRow.x + k), weights4(upRow.y + k), weights4(upRow.z + k), weights4(upRow.w + k));
      for (var m = 0u; m < M; m++) { ups[m] += inp[m * quads + k] * u; }
    }
  }
  for (var m = 0u; m < M; m++) {
    for (var i = 0u; i < 4u; i++) {
      if (n0 + i < params.N) { finish(m, n0 + i, sums[m][i], ups[m][i]); }
    }
  }
}
