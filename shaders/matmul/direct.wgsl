// matmul / direct
// out[z,m,n] = Σ_k A[z,m,k]·B[z,k,n], then the epilogue.
// A workgroup makes a tile of 8 rows × 8·WG columns, an invocation 8 × 8 in 16 named vec4f; it reads straight from storage, four
// steps of k at a time. Entries: thin for M ≤ 4, ragged where lines are not whole quads. No barrier, no feature.
// Wins on software adapters without subgroups: memory is flat there, and a barrier costs more than a tile saves.
// Source: the register tile of S. Boehm's SGEMM worklog (kernel 5), without its shared memory.

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
const B16: bool = false; // option
const A16: bool = false; // option
const WG: u32 = 8u; // knob

@group(0) @binding(0) var<storage, read>       a: array<vec2u>;      // (Z M K), TA (Z K M)
@group(0) @binding(1) var<storage, read>       b: array<vec2u>;      // (Z K N), TB (Z N K), BSHARED without Z
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

//> matmul-lines
// Four neighbours in memory from element i (a multiple of 4) on. Storage is read as words, so f16 needs no feature.
fn quadA(i: u32) -> vec4f {
  if (A16) {
    let w = a[i >> 2u];
    return vec4f(unpack2x16float(w.x), unpack2x16float(w.y));
  }
  return bitcast<vec4f>(vec4u(a[i >> 1u], a[(i >> 1u) + 1u]));
}
fn quadB(i: u32) -> vec4f {
  if (B16) {
    let w = b[i >> 2u];
    return vec4f(unpack2x16float(w.x), unpack2x16float(w.y));
  }
  return bitcast<vec4f>(vec4u(b[i >> 1u], b[(i >> 1u) + 1u]));
}
fn oneA(i: u32) -> f32 {
  if (A16) { return unpack2x16float(a[i >> 2u][(i >> 1u) & 1u])[i & 1u]; }
  return bitcast<f32>(a[i >> 1u][i & 1u]);
}
fn oneB(i: u32) -> f32 {
  if (B16) { return unpack2x16float(b[i >> 2u][(i >> 1u) & 1u])[i & 1u]; }
  return bitcast<f32>(b[i >> 1u][i & 1u]);
}
// A stored line is a row of a (with TA a column), a row of b (with TB a column). Elements at…at+3 of one:
// `exact` says that lines are whole quads; else zeros follow a line's end.
fn lineA(line: u32, at: u32, length: u32, start: u32, exact: bool) -> vec4f {
  let i = start + line * length + at;
  if (exact) { return quadA(i); }
  return select(vec4f(), vec4f(oneA(i), oneA(i + 1u), oneA(i + 2u), oneA(i + 3u)), vec4u(at) + vec4u(0u, 1u, 2u, 3u) < vec4u(length));
}
fn lineB(line: u32, at: u32, length: u32, start: u32, exact: bool) -> vec4f {
  let i = start + line * length + at;
  if (exact) { return quadB(i); }
  return select(vec4f(), vec4f(oneB(i), oneB(i + 1u), oneB(i + 2u), oneB(i + 3u)), vec4u(at) + vec4u(0u, 1u, 2u, 3u) < vec4u(length));
}
// Four columns of one row take four steps along k. Explicit fma: software adapters do not contract c + a·b.
fn steps(c: vec4f, a: vec4f, p: mat4x4f) -> vec4f {
  return fma(vec4f(a.w), p[3], fma(vec4f(a.z), p[2], fma(vec4f(a.y), p[1], fma(vec4f(a.x), p[0], c))));
}
//< matmul-lines

fn gateScale() -> f32 {
  if (GATE) { return gate[0]; }
  return 1.0;
}

// Four rows of A from m on, one vector of four k each.
fn rowsA(m: u32, k: u32, start: u32, exact: bool) -> mat4x4f {
  let M = params.M;
  let K = params.K;
  if (!TA) {
    return mat4x4f(
      lineA(min(m, M - 1u), k, K, start, exact),
      lineA(min(m + 1u, M - 1u), k, K, start, exact),
      lineA(min(m + 2u, M - 1u), k, K, start, exact),
      lineA(min(m + 3u, M - 1u), k, K, start, exact));
  }
  let at = select(m, min(m, M - 4u), exact);
  var t = mat4x4f(
    lineA(k, at, M, start, exact),
    lineA(min(k + 1u, K - 1u), at, M, start, exact),
    lineA(min(k + 2u, K - 1u), at, M, start, exact),
    lineA(min(k + 3u, K - 1u), at, M, start, exact));
  if (!exact) {
    let inside = vec4u(k) + vec4u(0u, 1u, 2u, 3u) < vec4u(K);
    t[1] = select(vec4f(), t[1], inside.y);
    t[2] = select(vec4f(), t[2], inside.z);
    t[3] = select(vec4f(), t[3], inside.w);
  }
  return transpose(t);
}

// Four columns of B from n on at k, k+1, k+2, k+3.
fn columnsB(n: u32, k: u32, start: u32, exact: bool) -> mat4x4f {
  let N = params.N;
  let K = params.K;
  if (TB) {
    return transpose(mat4x4f(
      lineB(min(n, N - 1u), k, K, start, exact),
      lineB(min(n + 1u, N - 1u), k, K, start, exact),
      lineB(min(n + 2u, N - 1u), k, K, start, exact),
      lineB(min(n + 3u, N - 1u), k, K, start, exact)));
  }
  let at = select(n, min(n, N - 4u), exact);
  return mat4x4f(
    lineB(k, at, N, start, exact),
    lineB(min(k + 1u, K - 1u), at, N, start, exact),
    lineB(min(k + 2u, K - 1u), at, N, start, exact),
    lineB(min(k + 3u, K - 1u), at, N, start, exact));
}

fn tile(id: u32, lid: u32, thin: bool, exact: bool) {
  let M = params.M;
  let N = params.N;
  let K = params.K;
  let tilesM = (M + 7u) / 8u;
  let tilesN = (N + 8u * WG - 1u) / (8u * WG);
  let z = id / (tilesM * tilesN);
  if (z >= params.Z) { return; }
  let m0 = id % tilesM * 8u;
  let n0 = (id / tilesM % tilesN * WG + lid) * 8u;
  let startA = z * M * K;
  let startB = select(z * K * N, 0u, BSHARED);
  // c: columns n0…n0+3 of the eight rows, d: columns n0+4…n0+7
  var c0 = vec4f(); var c1 = vec4f(); var c2 = vec4f(); var c3 = vec4f();
  var c4 = vec4f(); var c5 = vec4f(); var c6 = vec4f(); var c7 = vec4f();
  var d0 = vec4f(); var d1 = vec4f(); var d2 = vec4f(); var d3 = vec4f();
  var d4 = vec4f(); var d5 = vec4f(); var d6 = vec4f(); var d7 = vec4f();
  var sums = mat4x4f();
  var moreSums = mat4x4f();
  let groups = (K + 3u) / 4u;
  // Rows and columns past an edge compute a copy of the last one, which is not stored.
  for (var group = 0u; group < groups; group++) {
    let k = group * 4u;
    let p = columnsB(n0, k, startB, exact);
    let q = columnsB(n0 + 4u, k, startB, exact);
    let r = rowsA(m0, k, startA, exact);
    c0 = steps(c0, r[0], p);
    c1 = steps(c1, r[1], p);
    c2 = steps(c2, r[2], p);
    c3 = steps(c3, r[3], p);
    d0 = steps(d0, r[0], q);
    d1 = steps(d1, r[1], q);
    d2 = steps(d2, r[2], q);
    d3 = steps(d3, r[3], q);
    if (DBIAS) { sums += r; }
    if (!thin) {
      let s = rowsA(m0 + 4u, k, startA, exact);
      c4 = steps(c4, s[0], p);
      c5 = steps(c5, s[1], p);
      c6 = steps(c6, s[2], p);
      c7 = steps(c7, s[3], p);
      d4 = steps(d4, s[0], q);
      d5 = steps(d5, s[1], q);
      d6 = steps(d6, s[2], q);
      d7 = steps(d7, s[3], q);
      if (DBIAS) { moreSums += s; }
    }
  }
  var rows = array<vec4f, 16>(c0, d0, c1, d1, c2, d2, c3, d3, c4, d4, c5, d5, c6, d6, c7, d7);
  let scale = gateScale();
  for (var r = 0u; r < 8u; r++) {
    let m = m0 + r;
    for (var j = 0u; j < 8u; j++) {
      if (m < M && n0 + j < N) { finish((z * M + m) * N + n0 + j, n0 + j, rows[r * 2u + j / 4u][j % 4u], scale); }
    }
  }
  if (DBIAS && n0 == 0u) {
    var both = array<mat4x4f, 2>(sums, moreSums);
    for (var r = 0u; r < 8u; r++) {
      if (m0 + r < M) { finishBias(m0 + r, dot(both[r / 4u][r % 4u], vec4f(1.0))); }
    }
  }
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) nwg: vec3u, @builtin(local_invocation_index) lid: u32) {
  tile(wid.y * nwg.x + wid.x, lid, false, true);
}

@compute @workgroup_size(WG)
fn ragged(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) nwg: vec3u, @builtin(local_invocation_index) lid: u32) {
  tile(wid.y * nwg.x + wid.x, lid, false, false);
}

@compute @workgroup_size(WG)
fn thin(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) nwg: vec3u, @builtin(local_invocation_index) lid: u32) {
  tile(wid.y * nwg.x + wid.x, lid, true, true);
}

@compute @workgroup_size(WG)
fn thinRagged(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) nwg: vec3u, @builtin(local_invocation_index) lid: u32) {
  tile(wid.y * nwg.x + wid.x, lid, true, false);
}
