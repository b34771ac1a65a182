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

@group(0) @binding(0) var<storage, read>       inp: array<vec4f>;    // (M K)
@group(0) @binding(1) var<storage, read>       weight: array<vec4u>; // (N K), GATED: (2*N K)
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

//> matvec_sums
// Sums over k of four weight rows, for each row of x. M is a constant, so what it lacks costs nothing; names instead of an
// array, which software adapters would index in memory.
struct Sums { m0: vec4f, m1: vec4f, m2: vec4f, m3: vec4f, m4: vec4f, m5: vec4f, m6: vec4f, m7: vec4f }
fn listed(s: Sums) -> array<vec4f, 8> {
  return array<vec4f, 8>(s.m0, s.m1, s.m2, s.m3, s.m4, s.m5, s.m6, s.m7);
}
// Four steps along k; p[j] holds the four rows' weights at step j. Explicit fma: software adapters do not contract c + x·w.
fn steps(c: vec4f, x: vec4f, p: mat4x4f) -> vec4f {
  return fma(vec4f(x.w), p[3], fma(vec4f(x.z), p[2], fma(vec4f(x.y), p[1], fma(vec4f(x.x), p[0], c))));
}
//< matvec_sums

//> matvec_words
// A vec4u of a weight row holds four f32, or with B16 eight f16, of which `high` takes the upper four.
fn unpacked(w: vec4u, high: bool) -> vec4f {
  if (!B16) { return bitcast<vec4f>(w); }
  let v = select(w.xy, w.zw, high);
  return vec4f(unpack2x16float(v.x), unpack2x16float(v.y));
}
// The same vec4u of four rows, turned: one vector of four rows for each k.
fn turned(a: vec4u, b: vec4u, c: vec4u, d: vec4u, high: bool) -> mat4x4f {
  return transpose(mat4x4f(unpacked(a, high), unpacked(b, high), unpacked(c, high), unpacked(d, high)));
}
//< matvec_words

fn grow(s: Sums, p: mat4x4f, k: u32) -> Sums {
  let quads = params.K / 4u;
  var t = s;
  t.m0 = steps(s.m0, inp[k], p);
  if (M > 1u) { t.m1 = steps(s.m1, inp[1u * quads + k], p); }
  if (M > 2u) { t.m2 = steps(s.m2, inp[2u * quads + k], p); }
  if (M > 3u) { t.m3 = steps(s.m3, inp[3u * quads + k], p); }
  if (M > 4u) { t.m4 = steps(s.m4, inp[4u * quads + k], p); }
  if (M > 5u) { t.m5 = steps(s.m5, inp[5u * quads + k], p); }
  if (M > 6u) { t.m6 = steps(s.m6, inp[6u * quads + k], p); }
  if (M > 7u) { t.m7 = steps(s.m7, inp[7u * quads + k], p); }
  return t;
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) nwg: vec3u, @builtin(local_invocation_index) lid: u32) {
  let n0 = ((wid.y * nwg.x + wid.x) * WG + lid) * 4u;
  if (n0 >= params.N) { return; }
  let words = params.K / select(4u, 8u, B16);
  // rows behind the last repeat it and are not stored
  let row = min(n0 + vec4u(0u, 1u, 2u, 3u), vec4u(params.N - 1u)) * words;
  let upRow = row + params.N * words;
  var s: Sums;
  var u: Sums;
  for (var k = 0u; k < words; k++) {
    let a = weight[row.x + k];
    let b = weight[row.y + k];
    let c = weight[row.z + k];
    let d = weight[row.w + k];
    if (B16) {
      s = grow(s, turned(a, b, c, d, false), 2u * k);
      s = grow(s, turned(a, b, c, d, true), 2u * k + 1u);
    } else {
      s = grow(s, turned(a, b, c, d, false), k);
    }
    if (GATED) {
      let e = weight[upRow.x + k];
      let f = weight[upRow.y + k];
      let g = weight[upRow.z + k];
      let h = weight[upRow.w + k];
      if (B16) {
        u = grow(u, turned(e, f, g, h, false), 2u * k);
        u = grow(u, turned(e, f, g, h, true), 2u * k + 1u);
      } else {
        u = grow(u, turned(e, f, g, h, false), k);
      }
    }
  }
  var sums = listed(s);
  var ups = listed(u);
  for (var m = 0u; m < M; m++) {
    var sum = s.m0;
    var up = u.m0;
    if (M > 1u) { // a single row needs no array
      sum = sums[m];
      up = ups[m];
    }
    for (var i = 0u; i < 4u; i++) {
      if (n0 + i < params.N) { finish(m, n0 + i, sum[i], up[i]); }
    }
  }
}
