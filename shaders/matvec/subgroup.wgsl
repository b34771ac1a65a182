// matvec / subgroup
// out[m,n] = Σ_k h[m,k]·W[n,k], then bias, activation, gate, residual; h is x, or x normalised with NORM (1 layer norm, 2 RMSNorm).
// A subgroup makes 4 columns n of all M rows, its lanes stride along K in vec4s; sums meet in subgroupAdd. With NORM each subgroup
// takes mean and variance for itself, so there is no barrier. K divisible by 4, with B16 by 8. Any subgroup size.
// Needs: subgroups. Wins wherever they exist: loads run side by side, and each weight is read once.

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

@group(0) @binding(0) var<storage, read>       inp: array<vec4f>;    // (M K)
@group(0) @binding(1) var<storage, read>       weight: array<vec4u>; // (N K), GATED: (2*N K)
@group(0) @binding(2) var<storage, read>       bias: array<f32>;     // (N)
@group(0) @binding(3) var<storage, read>       gamma: array<vec4f>;  // (K)
@group(0) @binding(4) var<storage, read>       beta: array<vec4f>;   // (K)
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

fn sum4(x: vec4f) -> f32 {
  return x.x + x.y + x.z + x.w;
}

// Of one row of x: shift, what is missing to the mean, and 1/σ; each subgroup takes them for itself, in one sweep. Sums are taken about
// `shift`, the mean of the first elements, which keeps their digits when |mean| ≫ σ (shaders/layernorm/direct.wgsl).
fn moments(m: u32, lane: u32, size: u32) -> vec3f {
  let quads = params.K / 4u;
  let row = m * quads;
  var shift = 0.0;
  if (NORM == 1u) { shift = subgroupAdd(sum4(inp[row + min(lane, quads - 1u)])) / f32(4u * size); }
  var total = vec4f();
  var square = vec4f();
  for (var i = 0u; i < (quads + size - 1u) / size; i++) {
    let k = i * size + lane;
    if (k < quads) {
      let d = inp[row + k] - shift;
      total += d;
      square += d * d;
    }
  }
  var off = 0.0;
  if (NORM == 1u) { off = subgroupAdd(sum4(total)) / f32(params.K); }
  let variance = max(subgroupAdd(sum4(square)) / f32(params.K) - off * off, 0.0);
  return vec3f(shift, off, inverseSqrt(variance + params.eps));
}
struct Moments { m0: vec3f, m1: vec3f, m2: vec3f, m3: vec3f, m4: vec3f, m5: vec3f, m6: vec3f, m7: vec3f }

// Four neighbours of row m of h.
fn normal(m: u32, k: u32, row: vec3f, scale: vec4f, shift: vec4f) -> vec4f {
  let x = inp[m * (params.K / 4u) + k];
  if (NORM == 0u) { return x; }
  return fma((x - row.x - row.y) * row.z, scale, shift);
}

fn grow(s: Sums, stats: Moments, p: mat4x4f, k: u32) -> Sums {
  var scale = vec4f();
  var shift = vec4f();
  if (NORM != 0u) { scale = gamma[k]; }
  if (NORM == 1u) { shift = beta[k]; }
  var t = s;
  t.m0 = steps(s.m0, normal(0u, k, stats.m0, scale, shift), p);
  if (M > 1u) { t.m1 = steps(s.m1, normal(1u, k, stats.m1, scale, shift), p); }
  if (M > 2u) { t.m2 = steps(s.m2, normal(2u, k, stats.m2, scale, shift), p); }
  if (M > 3u) { t.m3 = steps(s.m3, normal(3u, k, stats.m3, scale, shift), p); }
  if (M > 4u) { t.m4 = steps(s.m4, normal(4u, k, stats.m4, scale, shift), p); }
  if (M > 5u) { t.m5 = steps(s.m5, normal(5u, k, stats.m5, scale, shift), p); }
  if (M > 6u) { t.m6 = steps(s.m6, normal(6u, k, stats.m6, scale, shift), p); }
  if (M > 7u) { t.m7 = steps(s.m7, normal(7u, k, stats.m7, scale, shift), p); }
  return t;
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
  let words = params.K / select(4u, 8u, B16);
  let row = min(n0 + vec4u(0u, 1u, 2u, 3u), vec4u(params.N - 1u)) * words;
  let upRow = row + params.N * words;

  var stats: Moments;
  if (NORM != 0u) {
    stats.m0 = moments(0u, lane, size);
    if (M > 1u) { stats.m1 = moments(1u, lane, size); }
    if (M > 2u) { stats.m2 = moments(2u, lane, size); }
    if (M > 3u) { stats.m3 = moments(3u, lane, size); }
    if (M > 4u) { stats.m4 = moments(4u, lane, size); }
    if (M > 5u) { stats.m5 = moments(5u, lane, size); }
    if (M > 6u) { stats.m6 = moments(6u, lane, size); }
    if (M > 7u) { stats.m7 = moments(7u, lane, size); }
  }
  var s: Sums;
  var u: Sums;
  for (var i = 0u; i < (words + size - 1u) / size; i++) {
    let k = i * size + lane;
    if (k < words) {
      let a = weight[row.x + k];
      let b = weight[row.y + k];
      let c = weight[row.z + k];
      let d = weight[row.w + k];
      if (B16) {
        s = grow(s, stats, turned(a, b, c, d, false), 2u * k);
        s = grow(s, stats, turned(a, b, c, d, true), 2u * k + 1u);
      } else {
        s = grow(s, stats, turned(a, b, c, d, false), k);
      }
      if (GATED) {
        let e = weight[upRow.x + k];
        let f = weight[upRow.y + k];
        let g = weight[upRow.z + k];
        let h = weight[upRow.w + k];
        if (B16) {
          u = grow(u, stats, turned(e, f, g, h, false), 2u * k);
          u = grow(u, stats, turned(e, f, g, h, true), 2u * k + 1u);
        } else {
          u = grow(u, stats, turned(e, f, g, h, false), k);
        }
      }
    }
  }
  var sums = listed(s);
  var ups = listed(u);
  for (var m = 0u; m < M; m++) {
    let sum = subgroupAdd(sums[m]);
    var up = vec4f();
    if (GATED) { up = subgroupAdd(ups[m]); }
    // lanes 0 to 3 store one column each; a subgroup of fewer lanes does not exist (the smallest is 4)
    if (lane < 4u && n0 + lane < params.N) { finish(m, n0 + lane, sum[lane], up[lane]); }
  }
}
