// matmul / quad
// out[z,m,n] = Σ_k A[z,m,k]·B[z,k,n], then the epilogue.
// A workgroup makes a tile of 16 rows × 4·WG columns, an invocation 16 × 4 in named vec4f. The four lanes of a quad need the
// same rows of A: each loads a quarter and quad swaps pass it around, so lane q meets them in the order q, q⊕1, q⊕2, q⊕3 (rows;
// with TA values of k). Entries: thin for M ≤ 4, ragged where lines are not whole quads. Needs subgroups of any size, no barrier.
//            columns of out   loads A of row   then the quad hands it rows   so its four sums are of rows
//   lane 0        0…3               0            own 0, X 1, Y 2, diagonal 3          0 1 2 3
//   lane 1        4…7               1            own 1, X 0, Y 3, diagonal 2          1 0 3 2
//   lane 2        8…11              2            own 2, X 3, Y 0, diagonal 1          2 3 0 1
//   lane 3       12…15              3            own 3, X 2, Y 1, diagonal 0          3 2 1 0    four times, for 16 rows
// Wins on software adapters: a load is a gather of 20–30 cycles there, a multiply-add half a cycle. Source: bench/notes/matmul.md.

enable subgroups;

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

// What the four lanes of a quad loaded, as one vector along k per row of the tile.
fn share(t: vec4f) -> mat4x4f {
  let all = mat4x4f(t, quadSwapX(t), quadSwapY(t), quadSwapDiagonal(t));
  if (TA) { return transpose(all); }
  return all;
}

// With TA lane q loads line k+q of the stored a, else rows m+q: four rows of the tile, from row m on, at four k.
fn rowsA(m: u32, k: u32, q: u32, start: u32, exact: bool) -> vec4f {
  let M = params.M;
  let K = params.K;
  if (TA) {
    let t = lineA(min(k + q, K - 1u), select(m, min(m, M - 4u), exact), M, start, exact);
    if (exact) { return t; }
    return select(vec4f(), t, k + q < K);
  }
  return lineA(min(m + q, M - 1u), k, K, start, exact);
}

// Four columns from n on, at the k of this lane's value 0, 1, 2, 3 of A.
fn columnsB(n: u32, k: u32, q: u32, start: u32, exact: bool) -> mat4x4f {
  let N = params.N;
  let K = params.K;
  if (!TB) {
    let at = select(n, min(n, N - 4u), exact);
    let first = select(0u, q, TA);
    return mat4x4f(
      lineB(min(k + first, K - 1u), at, N, start, exact),
      lineB(min(k + (first ^ 1u), K - 1u), at, N, start, exact),
      lineB(min(k + (first ^ 2u), K - 1u), at, N, start, exact),
      lineB(min(k + (first ^ 3u), K - 1u), at, N, start, exact));
  }
  var p = transpose(mat4x4f(
    lineB(min(n, N - 1u), k, K, start, exact),
    lineB(min(n + 1u, N - 1u), k, K, start, exact),
    lineB(min(n + 2u, N - 1u), k, K, start, exact),
    lineB(min(n + 3u, N - 1u), k, K, start, exact)));
  if (TA) {
    if ((q & 1u) != 0u) { p = mat4x4f(p[1], p[0], p[3], p[2]); }
    if ((q & 2u) != 0u) { p = mat4x4f(p[2], p[3], p[0], p[1]); }
  }
  return p;
}

// dbias of four rows from m on; `mine`: this lane's quad is the one that stores it.
fn storeRowSums(m: u32, q: u32, s: vec4f, mine: bool) {
  var total = s.x + s.y + s.z + s.w;
  if (TA) {
    let x = s + quadSwapX(s);
    total = (x + quadSwapY(x))[q];
  }
  if (mine && m + q < params.M) { finishBias(m + q, total); }
}

fn tile(id: u32, lid: u32, q: u32, thin: bool, exact: bool) {
  let M = params.M;
  let N = params.N;
  let K = params.K;
  let tilesM = (M + 15u) / 16u;
  let tilesN = (N + 4u * WG - 1u) / (4u * WG);
  let z = id / (tilesM * tilesN);
  if (z >= params.Z) { return; }
  let m0 = id % tilesM * 16u;
  let tileN = id / tilesM % tilesN;
  let n0 = (tileN * WG + lid) * 4u;
  let startA = z * M * K;
  let startB = select(z * K * N, 0u, BSHARED);
  var c00 = vec4f(); var c01 = vec4f(); var c02 = vec4f(); var c03 = vec4f();
  var c10 = vec4f(); var c11 = vec4f(); var c12 = vec4f(); var c13 = vec4f();
  var c20 = vec4f(); var c21 = vec4f(); var c22 = vec4f(); var c23 = vec4f();
  var c30 = vec4f(); var c31 = vec4f(); var c32 = vec4f(); var c33 = vec4f();
  var s0 = vec4f(); var s1 = vec4f(); var s2 = vec4f(); var s3 = vec4f();
  let groups = (K + 3u) / 4u;
  // Rows and columns past an edge compute a copy of the last one, which is not stored.
  for (var group = 0u; group < groups; group++) {
    let k = group * 4u;
    let p = columnsB(n0, k, q, startB, exact);
    let t0 = rowsA(m0, k, q, startA, exact);
    let a0 = share(t0);
    c00 = steps(c00, a0[0], p);
    c01 = steps(c01, a0[1], p);
    c02 = steps(c02, a0[2], p);
    c03 = steps(c03, a0[3], p);
    if (DBIAS) { s0 += t0; }
    if (!thin) {
      let t1 = rowsA(m0 + 4u, k, q, startA, exact);
      let a1 = share(t1);
      c10 = steps(c10, a1[0], p);
      c11 = steps(c11, a1[1], p);
      c12 = steps(c12, a1[2], p);
      c13 = steps(c13, a1[3], p);
      let t2 = rowsA(m0 + 8u, k, q, startA, exact);
      let a2 = share(t2);
      c20 = steps(c20, a2[0], p);
      c21 = steps(c21, a2[1], p);
      c22 = steps(c22, a2[2], p);
      c23 = steps(c23, a2[3], p);
      let t3 = rowsA(m0 + 12u, k, q, startA, exact);
      let a3 = share(t3);
      c30 = steps(c30, a3[0], p);
      c31 = steps(c31, a3[1], p);
      c32 = steps(c32, a3[2], p);
      c33 = steps(c33, a3[3], p);
      if (DBIAS) { s1 += t1; s2 += t2; s3 += t3; }
    }
  }
  var rows = array<vec4f, 16>(c00, c01, c02, c03, c10, c11, c12, c13, c20, c21, c22, c23, c30, c31, c32, c33);
  let scale = gateScale();
  for (var r = 0u; r < 16u; r++) {
    let m = m0 + select(r ^ q, r, TA);
    for (var j = 0u; j < 4u; j++) {
      if (m < M && n0 + j < N) { finish((z * M + m) * N + n0 + j, n0 + j, rows[r][j], scale); }
    }
  }
  if (DBIAS) {
    // exactly one quad has the lane that holds column 0
    let first = u32(n0 == 0u);
    let mine = first + quadSwapX(first) + quadSwapY(first) + quadSwapDiagonal(first) == 1u;
    storeRowSums(m0, q, s0, mine);
    if (!thin) {
      storeRowSums(m0 + 4u, q, s1, mine);
      storeRowSums(m0 + 8u, q, s2, mine);
      storeRowSums(m0 + 12u, q, s3, mine);
    }
  }
}

@compute @workgroup_size(WG)
fn main(
  @builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) nwg: vec3u, @builtin(local_invocation_index) lid: u32,
  @builtin(subgroup_invocation_id) sid: u32,
) {
  tile(wid.y * nwg.x + wid.x, lid, sid & 3u, false, true);
}

@compute @workgroup_size(WG)
fn ragged(
  @builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) nwg: vec3u, @builtin(local_invocation_index) lid: u32,
  @builtin(subgroup_invocation_id) sid: u32,
) {
  tile(wid.y * nwg.x + wid.x, lid, sid & 3u, false, false);
}

@compute @workgroup_size(WG)
fn thin(
  @builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) nwg: vec3u, @builtin(local_invocation_index) lid: u32,
  @builtin(subgroup_invocation_id) sid: u32,
) {
  tile(wid.y * nwg.x + wid.x, lid, sid & 3u, true, true);
}

@compute @workgroup_size(WG)
fn thinRagged(
  @builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) nwg: vec3u, @builtin(local_invocation_index) lid: u32,
  @builtin(subgroup_invocation_id) sid: u32,
) {
  tile(wid.y * nwg.x + wid.x, lid, sid & 3u, true, false);
}
