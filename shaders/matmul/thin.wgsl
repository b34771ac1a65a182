// matmul / thin
// out[z,m,n] = Σ_k A[z,m,k]·B[z,k,n], then the epilogue; M ≤ 4, b stored (K N).
// A workgroup makes all rows of 16·WG columns, an invocation four quads of columns that lie 4·WG apart: so a workgroup reads one
// stretch of a line of b after the other, every element once. Entry ragged: N is not a multiple of 4. No barrier, no feature.
// Wins on software adapters: one column after the other would touch a page for every 16 bytes. Source: bench/notes/matmul.md.

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
const M: u32 = 1u; // dim
override WG: u32 = 32u; // knob

@group(0) @binding(0) var<storage, read>       a: array<f32>;        // (Z M K), TA (Z K M)
@group(0) @binding(1) var<storage, read>       b: array<vec4f>;      // (Z K N), BSHARED without Z
@group(0) @binding(1) var<storage, read>       bOne: array<f32>;     // (Z K N), BSHARED without Z: b where N is no multiple of 4
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

// The four quads of each row, and the sums of a's rows for dbias. M is a constant, so what it lacks costs nothing.
struct Sums { m0: mat4x4f, m1: mat4x4f, m2: mat4x4f, m3: mat4x4f, rows: vec4f }

// Explicit fma: software adapters do not contract c + a·b.
fn step(c: mat4x4f, x: f32, p: mat4x4f) -> mat4x4f {
  let v = vec4f(x);
  return mat4x4f(fma(v, p[0], c[0]), fma(v, p[1], c[1]), fma(v, p[2], c[2]), fma(v, p[3], c[3]));
}

// One step along k; p holds the four quads of line k of b.
fn grow(s: Sums, z: u32, k: u32, p: mat4x4f) -> Sums {
  let K = params.K;
  let at = z * M * K + select(k, k * M, TA);
  let row = select(K, 1u, TA);
  var t = s;
  var x = vec4f(a[at], 0.0, 0.0, 0.0);
  t.m0 = step(s.m0, x.x, p);
  if (M > 1u) {
    x.y = a[at + row];
    t.m1 = step(s.m1, x.y, p);
  }
  if (M > 2u) {
    x.z = a[at + 2u * row];
    t.m2 = step(s.m2, x.z, p);
  }
  if (M > 3u) {
    x.w = a[at + 3u * row];
    t.m3 = step(s.m3, x.w, p);
  }
  if (DBIAS) { t.rows += x; }
  return t;
}

// Columns n0.x, n0.y, n0.z, n0.w and the three after each.
fn store(s: Sums, z: u32, n0: vec4u) {
  let N = params.N;
  let scale = gateScale();
  var sums = array<mat4x4f, 4>(s.m0, s.m1, s.m2, s.m3);
  for (var m = 0u; m < M; m++) {
    for (var i = 0u; i < 16u; i++) {
      let n = n0[i / 4u] + i % 4u;
      if (n < N) { finish((z * M + m) * N + n, n, sums[m][i / 4u][i % 4u], scale); }
    }
    if (DBIAS && n0.x == 0u) { finishBias(m, s.rows[m]); }
  }
}

fn firstColumns(tile: u32, lid: u32) -> vec4u {
  return (tile * 4u * WG + lid + vec4u(0u, WG, 2u * WG, 3u * WG)) * 4u;
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) nwg: vec3u, @builtin(local_invocation_index) lid: u32) {
  let id = wid.y * nwg.x + wid.x;
  let N = params.N;
  let K = params.K;
  let tiles = (N + 16u * WG - 1u) / (16u * WG);
  let z = id / tiles;
  let n0 = firstColumns(id % tiles, lid);
  if (z >= params.Z || n0.x >= N) { return; }
  // quads past the last column read that of the last one, and are not stored
  let first = (select(z * K * N, 0u, BSHARED) + min(n0, vec4u(N - 4u))) / 4u;
  let line = N / 4u;
  var s: Sums;
  for (var k = 0u; k < K; k++) {
    let i = first + k * line;
    s = grow(s, z, k, mat4x4f(b[i.x], b[i.y], b[i.z], b[i.w]));
  }
  store(s, z, n0);
}

fn quadOne(i: vec4u) -> vec4f {
  return vec4f(bOne[i.x], bOne[i.y], bOne[i.z], bOne[i.w]);
}

@compute @workgroup_size(WG)
fn ragged(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) nwg: vec3u, @builtin(local_invocation_index) lid: u32) {
  let id = wid.y * nwg.x + wid.x;
  let N = params.N;
  let K = params.K;
  let tiles = (N + 16u * WG - 1u) / (16u * WG);
  let z = id / tiles;
  let n0 = firstColumns(id % tiles, lid);
  if (z >= params.Z || n0.x >= N) { return; }
  let start = select(z * K * N, 0u, BSHARED);
  let order = vec4u(0u, 1u, 2u, 3u);
  let last = vec4u(N - 1u);
  let i0 = start + min(n0.x + order, last);
  let i1 = start + min(n0.y + order, last);
  let i2 = start + min(n0.z + order, last);
  let i3 = start + min(n0.w + order, last);
  var s: Sums;
  for (var k = 0u; k < K; k++) {
    let at = k * N;
    s = grow(s, z, k, mat4x4f(quadOne(i0 + at), quadOne(i1 + at), quadOne(i2 + at), quadOne(i3 + at)));
  }
  store(s, z, n0);
}
