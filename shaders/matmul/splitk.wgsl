// matmul / splitk
// out[z,m,n] = Σ_s Σ_{k in part s} A[z,m,k]·B[z,k,n], then the epilogue.
// Pass 1 (partial): a workgroup makes a BM×BN tile of one of SPLITS parts of k, as blocked does, into the workspace.
// Pass 2 (reduce): an invocation adds the parts of one element, always from part 0 on, so a run repeats bit for bit.
// Needs: barriers, workspace SPLITS·(Z·M·N + M) f32. GATE is left out: with the workspace it would be a ninth buffer.
// Wins where out has too few tiles to fill a GPU and K is long: the weight gradient (TN) of a small model.

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
const BSHARED: bool = false; // option
alias elemA = f32;
alias elemB = f32;
const BM: u32 = 64u; // knob
const BN: u32 = 64u; // knob
const BK: u32 = 16u; // knob
const TM: u32 = 8u; // knob
const TN: u32 = 4u; // knob
const PAD: u32 = 1u; // knob
const SPLITS: u32 = 8u; // knob

@group(0) @binding(0) var<storage, read>       a: array<vec4<elemA>>; // (Z M K), TA (Z K M)
@group(0) @binding(1) var<storage, read>       b: array<vec4<elemB>>; // (Z K N), TB (Z N K), BSHARED without Z
@group(0) @binding(2) var<storage, read>       bias: array<f32>;      // (N)
@group(0) @binding(3) var<storage, read>       residual: array<f32>;  // (Z M N)
@group(0) @binding(5) var<storage, read_write> pre: array<f32>;       // (Z M N)
@group(0) @binding(6) var<storage, read_write> out: array<f32>;       // (Z M N)
@group(0) @binding(7) var<storage, read_write> dbias: array<f32>;     // (M)
@group(0) @binding(8) var<storage, read_write> workspace: array<f32>; // (SPLITS Z M N), then (SPLITS M) for dbias
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

fn storeOne(at: u32, n: u32, sum: f32) { workspace[partial + at] = sum; }
fn storeSum(m: u32, sum: f32) { workspace[partialSums + m] = sum; }
// Where the part that this workgroup sums begins in the workspace.
var<private> partial: u32;
var<private> partialSums: u32;

//> matmul-loads
// A stored line is a row of a (with TA a column), a row of b (with TB a column). Elements at…at+3 of one, zeros past the
// edges. Whether lines are whole quads is uniform over the dispatch.
fn fourA(start: u32, line: u32, at: u32) -> vec4<elemA> {
  let lines = select(params.M, params.K, TA);
  let length = select(params.K, params.M, TA);
  if (line >= lines || at >= length) { return vec4<elemA>(); }
  let i = start + line * length + at;
  if (length % 4u == 0u) { return a[i >> 2u]; }
  var v = vec4<elemA>();
  v.x = a[i >> 2u][i & 3u];
  if (at + 1u < length) { v.y = a[(i + 1u) >> 2u][(i + 1u) & 3u]; }
  if (at + 2u < length) { v.z = a[(i + 2u) >> 2u][(i + 2u) & 3u]; }
  if (at + 3u < length) { v.w = a[(i + 3u) >> 2u][(i + 3u) & 3u]; }
  return v;
}
fn fourB(start: u32, line: u32, at: u32) -> vec4<elemB> {
  let lines = select(params.K, params.N, TB);
  let length = select(params.N, params.K, TB);
  if (line >= lines || at >= length) { return vec4<elemB>(); }
  let i = start + line * length + at;
  if (length % 4u == 0u) { return b[i >> 2u]; }
  var v = vec4<elemB>();
  v.x = b[i >> 2u][i & 3u];
  if (at + 1u < length) { v.y = b[(i + 1u) >> 2u][(i + 1u) & 3u]; }
  if (at + 2u < length) { v.z = b[(i + 2u) >> 2u][(i + 2u) & 3u]; }
  if (at + 3u < length) { v.w = b[(i + 3u) >> 2u][(i + 3u) & 3u]; }
  return v;
}
//< matmul-loads

//> matmul-tile
const WG: u32 = (BM / TM) * (BN / TN);
const ACROSS: u32 = BN / TN;
// Both pieces lie k-major, so that one vec4 is four rows (of A) or four columns (of B) at one k; PAD spare vec4 a line keep
// the transposing stores of neighbours in different banks.
const LINE_A: u32 = BM / 4u + PAD;
const LINE_B: u32 = BN / 4u + PAD;
var<workgroup> pieceA: array<vec4<elemA>, BK * LINE_A>; // (k m/4)
var<workgroup> pieceB: array<vec4<elemB>, BK * LINE_B>; // (k n/4)

// What an invocation holds: rows 4y…4y+3 and, for TM 8, BM/2 further four (c4…); c: columns 4x…4x+3, d: BN/2 further (TN 8).
struct Tile {
  c0: vec4f, c1: vec4f, c2: vec4f, c3: vec4f, c4: vec4f, c5: vec4f, c6: vec4f, c7: vec4f,
  d0: vec4f, d1: vec4f, d2: vec4f, d3: vec4f, d4: vec4f, d5: vec4f, d6: vec4f, d7: vec4f,
  sums: vec4f, moreSums: vec4f, // of the rows of A, for dbias
}

// Fills both pieces in blocks of 4×4: what is stored along k is transposed in registers on its way. Neighbouring
// invocations take what is next to each other in memory.
fn fill(startA: u32, startB: u32, m0: u32, n0: u32, k0: u32, lid: u32) {
  const BLOCKS_A = BM / 4u * (BK / 4u);
  const BLOCKS = BLOCKS_A + BN / 4u * (BK / 4u);
  for (var i = 0u; i < (BLOCKS + WG - 1u) / WG; i++) {
    let t = i * WG + lid;
    if (t < BLOCKS_A) {
      let k = 4u * select(t % (BK / 4u), t / (BM / 4u), TA);
      let m = select(t / (BK / 4u), t % (BM / 4u), TA);
      let line = select(m0 + 4u * m, k0 + k, TA);
      let at = select(k0 + k, m0 + 4u * m, TA);
      var r: array<vec4<elemA>, 4>;
      for (var j = 0u; j < 4u; j++) { r[j] = fourA(startA, line + j, at); }
      if (!TA) {
        let turned = transpose(mat4x4<elemA>(r[0], r[1], r[2], r[3]));
        r = array<vec4<elemA>, 4>(turned[0], turned[1], turned[2], turned[3]);
      }
      for (var j = 0u; j < 4u; j++) { pieceA[(k + j) * LINE_A + m] = r[j]; }
    } else if (t < BLOCKS) {
      let s = t - BLOCKS_A;
      let k = 4u * select(s / (BN / 4u), s % (BK / 4u), TB);
      let n = select(s % (BN / 4u), s / (BK / 4u), TB);
      let line = select(k0 + k, n0 + 4u * n, TB);
      let at = select(n0 + 4u * n, k0 + k, TB);
      var r: array<vec4<elemB>, 4>;
      for (var j = 0u; j < 4u; j++) { r[j] = fourB(startB, line + j, at); }
      if (TB) {
        let turned = transpose(mat4x4<elemB>(r[0], r[1], r[2], r[3]));
        r = array<vec4<elemB>, 4>(turned[0], turned[1], turned[2], turned[3]);
      }
      for (var j = 0u; j < 4u; j++) { pieceB[(k + j) * LINE_B + n] = r[j]; }
    }
  }
}

// Sums over k from kFirst up to kEnd, both multiples of BK or the end of K.
fn multiply(startA: u32, startB: u32, m0: u32, n0: u32, kFirst: u32, kEnd: u32, lid: u32) -> Tile {
  let x = lid % ACROSS;
  let y = lid / ACROSS;
  var t: Tile;
  let pieces = (kEnd - kFirst + BK - 1u) / BK;
  for (var piece = 0u; piece < pieces; piece++) {
    fill(startA, startB, m0, n0, kFirst + piece * BK, lid);
    workgroupBarrier(); // the pieces are whole before anybody reads them
    for (var k = 0u; k < BK; k++) {
      let p = vec4f(pieceA[k * LINE_A + y]);
      let u = vec4f(pieceB[k * LINE_B + x]);
      t.c0 = fma(vec4f(p.x), u, t.c0);
      t.c1 = fma(vec4f(p.y), u, t.c1);
      t.c2 = fma(vec4f(p.z), u, t.c2);
      t.c3 = fma(vec4f(p.w), u, t.c3);
      if (DBIAS) { t.sums += p; }
      var q = vec4f();
      if (TM == 8u) {
        q = vec4f(pieceA[k * LINE_A + BM / 8u + y]);
        t.c4 = fma(vec4f(q.x), u, t.c4);
        t.c5 = fma(vec4f(q.y), u, t.c5);
        t.c6 = fma(vec4f(q.z), u, t.c6);
        t.c7 = fma(vec4f(q.w), u, t.c7);
        if (DBIAS) { t.moreSums += q; }
      }
      if (TN == 8u) {
        let v = vec4f(pieceB[k * LINE_B + BN / 8u + x]);
        t.d0 = fma(vec4f(p.x), v, t.d0);
        t.d1 = fma(vec4f(p.y), v, t.d1);
        t.d2 = fma(vec4f(p.z), v, t.d2);
        t.d3 = fma(vec4f(p.w), v, t.d3);
        if (TM == 8u) {
          t.d4 = fma(vec4f(q.x), v, t.d4);
          t.d5 = fma(vec4f(q.y), v, t.d5);
          t.d6 = fma(vec4f(q.z), v, t.d6);
          t.d7 = fma(vec4f(q.w), v, t.d7);
        }
      }
    }
    workgroupBarrier(); // everybody has read them before the next ones overwrite them
  }
  return t;
}
//< matmul-tile

//> matmul-store
fn storeTile(z: u32, m0: u32, n0: u32, lid: u32, t: Tile) {
  let y = 4u * (lid / ACROSS);
  let x = 4u * (lid % ACROSS);
  // a loop over an array keeps one copy of the epilogue in the compiled kernel
  var rows = array<vec4f, 16>(t.c0, t.c1, t.c2, t.c3, t.c4, t.c5, t.c6, t.c7, t.d0, t.d1, t.d2, t.d3, t.d4, t.d5, t.d6, t.d7);
  for (var i = 0u; i < 2u * TN; i++) {
    if (i % 8u >= TM) { continue; }
    let m = m0 + y + i % 4u + i % 8u / 4u * (BM / 2u);
    let n = n0 + x + i / 8u * (BN / 2u);
    for (var j = 0u; j < 4u; j++) {
      if (m < params.M && n + j < params.N) { storeOne((z * params.M + m) * params.N + n + j, n + j, rows[i][j]); }
    }
  }
  // The invocations of column 0 have summed the rows of A on the way.
  if (DBIAS && n0 + x == 0u) {
    var sums = array<vec4f, 2>(t.sums, t.moreSums);
    for (var i = 0u; i < TM; i++) {
      let m = m0 + y + i % 4u + i / 4u * (BM / 2u);
      if (m < params.M) { storeSum(m, sums[i / 4u][i % 4u]); }
    }
  }
}
//< matmul-store

@compute @workgroup_size(WG)
fn partials(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) nwg: vec3u, @builtin(local_invocation_index) lid: u32) {
  let tilesM = (params.M + BM - 1u) / BM;
  let tilesN = (params.N + BN - 1u) / BN;
  let id = wid.y * nwg.x + wid.x;
  let z = id / (tilesM * tilesN) % params.Z;
  let part = id / (tilesM * tilesN * params.Z);
  if (part >= SPLITS) { return; }
  let m0 = id % tilesM * BM;
  let n0 = id / tilesM % tilesN * BN;
  // parts are whole pieces long; the last ones may be short or empty
  let long = (params.K + BK * SPLITS - 1u) / (BK * SPLITS) * BK;
  let kFirst = min(part * long, params.K);
  let kEnd = min(kFirst + long, params.K);
  partial = part * params.Z * params.M * params.N;
  partialSums = SPLITS * params.Z * params.M * params.N + part * params.M;
  let t = multiply(z * params.M * params.K, select(z * params.K * params.N, 0u, BSHARED), m0, n0, kFirst, kEnd, lid);
  storeTile(z, m0, n0, lid, t);
}

@compute @workgroup_size(64)
fn reduce(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) nwg: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * nwg.x + wid.x) * 64u + lid;
  let size = params.Z * params.M * params.N;
  if (i < size) {
    var sum = 0.0;
    for (var s = 0u; s < SPLITS; s++) { sum += workspace[s * size + i]; }
    finish(i, i % params.N, sum, 1.0);
  }
  if (DBIAS && i < params.M) {
    var sum = 0.0;
    for (var s = 0u; s < SPLITS; s++) { sum += workspace[SPLITS * size + s * params.M + i]; }
    finishBias(i, sum);
  }
}
