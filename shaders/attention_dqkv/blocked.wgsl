// attention_dqkv / blocked
// With p = exp(score − lse) and D = Σ dout·out: ds = p·(dout·vᵀ − D), dq = ds·k/√HS, dk = dsᵀ·q/√HS, dv = pᵀ·dout.
// The first workgroups (64) make 32 rows of dq each, over blocks of 32 keys; the others dk and dv of 32 keys, over the heads that share
// them and blocks of 32 queries, in order. An invocation has 4×4 scores and slopes, then 4 of every 32 dims of its 4 rows' sums.
// Everything passes through workgroup memory 32 dims at a time: 10 KiB at any HS. HS divisible by 4. For real GPUs: 64 FMAs for 8 loads.
// FlashAttention-2 (Dao 2023), without atomics: dq and dk, dv each recompute p.

struct Params { B: u32, T: u32, S: u32, NH: u32, NKV: u32, HS: u32 }

const MASK: u32 = 1u; // option
const PADDED: bool = false; // option
const CROSS: bool = false; // option
const HS: u32 = 64u; // dim

const TILE: u32 = 32u; // rows or keys of a workgroup, and of a block that it walks over
const D: u32 = HS / 4u; // vec4s in a head
const SLICES: u32 = (D + 7u) / 8u;
const PITCH: u32 = 9u; // 8 vec4s and one unused: rows that are read together lie in different banks
const LOG2E: f32 = 1.4426950408889634;

// what `fetch` reads
const QKV: u32 = 0u;
const KV: u32 = 1u;
const DOUT: u32 = 2u;

@group(0) @binding(0) var<storage, read>       qkv: array<vec4f>;  // (B T NH*HS+2*NKV*HS) or, CROSS, (B T NH*HS)
@group(0) @binding(1) var<storage, read>       kv: array<vec4f>;   // (B S 2*NKV*HS)
@group(0) @binding(2) var<storage, read>       spans: array<u32>;  // (B 2)
@group(0) @binding(3) var<storage, read>       out: array<vec4f>;  // (B T NH*HS)
@group(0) @binding(4) var<storage, read>       dout: array<vec4f>; // (B T NH*HS)
@group(0) @binding(5) var<storage, read>       lse: array<f32>;    // (B NH T)
@group(0) @binding(6) var<storage, read_write> dqkv: array<vec4f>; // (B T NH*HS+2*NKV*HS) or, CROSS, (B T NH*HS)
@group(0) @binding(7) var<storage, read_write> dkv: array<vec4f>;  // (B S 2*NKV*HS)
@group(0) @binding(9) var<uniform>             params: Params;

var<workgroup> own: array<vec4f, TILE * PITCH>; // a slice of the tile's rows; then p or ds: [row][x], others x, x + 8, x + 16, x + 24
var<workgroup> other: array<vec4f, TILE * PITCH>; // a slice of the block's rows: [row][d]
var<workgroup> parts: array<f32, 64>; // two halves of D of each query row

fn fetch(what: u32, i: u32) -> vec4f {
  if (what == DOUT) { return dout[i]; }
  if (CROSS && what == KV) { return kv[i]; }
  return qkv[i];
}

fn storeKv(i: u32, x: vec4f) {
  if (CROSS) { dkv[i] = x; } else { dqkv[i] = x; }
}

//> visible
// Query t of sequence b sees keys 0 … visible − 1: no mask we have leaves a gap.
fn visible(b: u32, t: u32) -> u32 {
  var n = params.S;
  if (MASK == 1u) { n = t + 1u; }
  if (MASK == 2u) { n = max(t + 1u, spans[2u * b]); }
  if (PADDED) { n = min(n, spans[2u * b + 1u]); }
  return min(n, params.S);
}
//< visible

//> first-query
// The first query that sees key s; none before it does, all behind it do.
fn firstQuery(b: u32, s: u32) -> u32 {
  if (PADDED && s >= spans[2u * b + 1u]) { return params.T; }
  if (MASK == 1u || (MASK == 2u && s >= spans[2u * b])) { return min(s, params.T); }
  return 0u;
}
//< first-query

fn qWidth() -> u32 { return select((params.NH + 2u * params.NKV) * D, params.NH * D, CROSS); }
fn kvWidth() -> u32 { return select(qWidth(), 2u * params.NKV * D, CROSS); }
// Where the keys of a head begin in row 0 of sequence b; its values lie NKV·D further on.
fn keysAt(b: u32, head: u32) -> u32 { return b * params.S * kvWidth() + select(params.NH * D, 0u, CROSS) + head * D; }

// Rows of slice d0 … d0 + 7 into workgroup memory. Rows past `live` hold leftovers: what comes of them is masked or not stored.
fn stageOwn(what: u32, at: u32, width: u32, live: u32, d0: u32, lid: u32) {
  let x = lid % 8u;
  if (d0 + x < D) {
    for (var i = 0u; i < (live + 7u) / 8u; i++) {
      let r = 8u * i + lid / 8u;
      own[r * PITCH + x] = fetch(what, at + min(r, live - 1u) * width + d0 + x);
    }
  }
}
// All rows: what lies behind `live` is multiplied by 0, but must be a number.
fn stageOther(what: u32, at: u32, width: u32, live: u32, d0: u32, lid: u32) {
  let x = lid % 8u;
  if (d0 + x < D) {
    for (var i = 0u; i < TILE / 8u; i++) {
      let r = 8u * i + lid / 8u;
      other[r * PITCH + x] = fetch(what, at + min(r, live - 1u) * width + d0 + x);
    }
  }
}

// Rows i, i + 8, i + 16, i + 24 as columns.
fn own4(i: u32, d: u32) -> mat4x4f {
  let at = i * PITCH + d;
  return mat4x4f(own[at], own[at + 8u * PITCH], own[at + 16u * PITCH], own[at + 24u * PITCH]);
}
fn other4(i: u32, d: u32) -> mat4x4f {
  let at = i * PITCH + d;
  return mat4x4f(other[at], other[at + 8u * PITCH], other[at + 16u * PITCH], other[at + 24u * PITCH]);
}

// own·otherᵀ over all dims: column r is own row y + 8r, component c other row x + 8c.
fn products(a: u32, aAt: u32, aWidth: u32, aLive: u32, b: u32, bAt: u32, bWidth: u32, bLive: u32, lid: u32) -> mat4x4f {
  var s = mat4x4f();
  for (var slice = 0u; slice < (params.HS + 31u) / 32u; slice++) { // not SLICES: a compiler that knows the count unrolls everything
    workgroupBarrier(); // what lay there is used up
    stageOwn(a, aAt, aWidth, aLive, slice * 8u, lid);
    stageOther(b, bAt, bWidth, bLive, slice * 8u, lid);
    workgroupBarrier();
    let n = min(8u, params.HS / 4u - slice * 8u);
    for (var d = 0u; d < n; d++) { s += transpose(other4(lid % 8u, d)) * own4(lid / 8u, d); }
  }
  workgroupBarrier(); // `own` is used up
  return s;
}

// p or ds take the place of the rows they were made of.
fn keep(w: mat4x4f, lid: u32) {
  let at = lid / 8u * PITCH + lid % 8u;
  own[at] = w[0];
  own[at + 8u * PITCH] = w[1];
  own[at + 16u * PITCH] = w[2];
  own[at + 24u * PITCH] = w[3];
}

// Σ over the block's rows of kept weight · 4 dims of the row.
fn mixed(what: u32, at: u32, width: u32, live: u32, slice: u32, lid: u32) -> mat4x4f {
  workgroupBarrier(); // what lay in `other` is used up, weights are complete
  stageOther(what, at, width, live, slice * 8u, lid);
  workgroupBarrier();
  var sum = mat4x4f();
  for (var c = 0u; c < min(8u, live); c++) { sum += other4(c, lid % 8u) * own4(lid / 8u, c); }
  return sum;
}

// D of the rows from `at`, in halves; whole behind the next barrier.
fn rowDots(at: u32, live: u32, lid: u32) {
  let row = at + min(lid / 2u, live - 1u) * params.NH * D;
  var sum = 0.0;
  for (var i = 0u; i < (params.HS / 4u + 1u) / 2u; i++) {
    let d = 2u * i + lid % 2u;
    if (d < D) { sum += dot(dout[row + d], out[row + d]); }
  }
  parts[lid] = sum;
}
fn dotsOf(i: u32) -> vec4f {
  return vec4f(parts[2u * i], parts[2u * i + 16u], parts[2u * i + 32u], parts[2u * i + 48u]) +
    vec4f(parts[2u * i + 1u], parts[2u * i + 17u], parts[2u * i + 33u], parts[2u * i + 49u]);
}

fn queryTile(b: u32, h: u32, t0: u32, lid: u32) {
  let x = lid % 8u;
  let live = min(TILE, params.T - t0);
  let qAt = (b * params.T + t0) * qWidth() + h * D;
  let outAt = ((b * params.T + t0) * params.NH + h) * D;
  let kAt = keysAt(b, h * params.NKV / params.NH);
  let norm = 1.0 / sqrt(f32(HS));
  let t = min(t0 + lid / 8u + vec4u(0u, 8u, 16u, 24u), vec4u(params.T - 1u));
  let lseAt = (b * params.NH + h) * params.T;
  let log2Sum = LOG2E * vec4f(lse[lseAt + t.x], lse[lseAt + t.y], lse[lseAt + t.z], lse[lseAt + t.w]);
  let count = vec4u(visible(b, t.x), visible(b, t.y), visible(b, t.z), visible(b, t.w));
  let end = visible(b, t0 + live - 1u); // keys from here on are never read: what lies there may be anything
  rowDots(outAt, live, lid);
  var dq: array<mat4x4f, SLICES>;
  for (var j = 0u; j < (end + TILE - 1u) / TILE; j++) {
    let seen = min(TILE, end - j * TILE);
    let k = kAt + j * TILE * kvWidth();
    let v = k + params.NKV * D;
    let s = LOG2E * norm * products(QKV, qAt, qWidth(), live, KV, k, kvWidth(), seen, lid);
    let dp = products(DOUT, outAt, params.NH * D, live, KV, v, kvWidth(), seen, lid);
    let sums = dotsOf(lid / 8u);
    let key = j * TILE + x + vec4u(0u, 8u, 16u, 24u);
    let no = vec4f();
    keep(
      mat4x4f(
        select(exp2(s[0] - log2Sum.x) * (dp[0] - sums.x), no, key >= count.xxxx),
        select(exp2(s[1] - log2Sum.y) * (dp[1] - sums.y), no, key >= count.yyyy),
        select(exp2(s[2] - log2Sum.z) * (dp[2] - sums.z), no, key >= count.zzzz),
        select(exp2(s[3] - log2Sum.w) * (dp[3] - sums.w), no, key >= count.wwww),
      ),
      lid,
    );
    for (var slice = 0u; slice < SLICES; slice++) { dq[slice] += mixed(KV, k, kvWidth(), seen, slice, lid); }
  }
  for (var r = 0u; r < 4u; r++) {
    let row = lid / 8u + 8u * r;
    for (var slice = 0u; slice < SLICES; slice++) {
      let d = slice * 8u + x;
      if (row < live && d < D) { dqkv[qAt + row * qWidth() + d] = norm * dq[slice][r]; }
    }
  }
}

fn keyTile(b: u32, head: u32, s0: u32, lid: u32) {
  let x = lid % 8u;
  let live = min(TILE, params.S - s0);
  let kAt = keysAt(b, head) + s0 * kvWidth();
  let vAt = kAt + params.NKV * D;
  let norm = 1.0 / sqrt(f32(HS));
  let key = s0 + lid / 8u + vec4u(0u, 8u, 16u, 24u);
  var dk: array<mat4x4f, SLICES>;
  var dv: array<mat4x4f, SLICES>;
  let first = firstQuery(b, s0) / TILE;
  for (var h = (head * params.NH + params.NKV - 1u) / params.NKV; h * params.NKV < (head + 1u) * params.NH; h++) {
    let lseAt = (b * params.NH + h) * params.T;
    for (var j = first; j < (params.T + TILE - 1u) / TILE; j++) {
      let seen = min(TILE, params.T - j * TILE);
      let qAt = (b * params.T + j * TILE) * qWidth() + h * D;
      let outAt = ((b * params.T + j * TILE) * params.NH + h) * D;
      let s = LOG2E * norm * products(KV, kAt, kvWidth(), live, QKV, qAt, qWidth(), seen, lid);
      rowDots(outAt, seen, lid);
      let dp = products(KV, vAt, kvWidth(), live, DOUT, outAt, params.NH * D, seen, lid);
      let sums = dotsOf(x);
      let t = j * TILE + x + vec4u(0u, 8u, 16u, 24u);
      let at = min(t, vec4u(params.T - 1u));
      let log2Sum = LOG2E * vec4f(lse[lseAt + at.x], lse[lseAt + at.y], lse[lseAt + at.z], lse[lseAt + at.w]);
      let sees = vec4u(visible(b, at.x), visible(b, at.y), visible(b, at.z), visible(b, at.w));
      let count = select(vec4u(0u), sees, t < vec4u(params.T)); // a row past the end sees nothing
      let no = vec4f();
      let p = mat4x4f(
        select(exp2(s[0] - log2Sum), no, key.xxxx >= count),
        select(exp2(s[1] - log2Sum), no, key.yyyy >= count),
        select(exp2(s[2] - log2Sum), no, key.zzzz >= count),
        select(exp2(s[3] - log2Sum), no, key.wwww >= count),
      );
      keep(p, lid);
      for (var slice = 0u; slice < SLICES; slice++) { dv[slice] += mixed(DOUT, outAt, params.NH * D, seen, slice, lid); }
      workgroupBarrier(); // p is used up
      keep(
        mat4x4f(
          select(p[0] * (dp[0] - sums), no, key.xxxx >= count),
          select(p[1] * (dp[1] - sums), no, key.yyyy >= count),
          select(p[2] * (dp[2] - sums), no, key.zzzz >= count),
          select(p[3] * (dp[3] - sums), no, key.wwww >= count),
        ),
        lid,
      );
      for (var slice = 0u; slice < SLICES; slice++) { dk[slice] += mixed(QKV, qAt, qWidth(), seen, slice, lid); }
    }
  }
  for (var r = 0u; r < 4u; r++) {
    let row = lid / 8u + 8u * r;
    for (var slice = 0u; slice < SLICES; slice++) {
      let d = slice * 8u + x;
      if (row < live && d < D) {
        storeKv(kAt + row * kvWidth() + d, norm * dk[slice][r]);
        storeKv(vAt + row * kvWidth() + d, dv[slice][r]);
      }
    }
  }
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) nwg: vec3u, @builtin(local_invocation_index) lid: u32) {
  let id = wid.y * nwg.x + wid.x; // all branches on it are the same for a whole workgroup
  let rowTiles = (params.T + TILE - 1u) / TILE;
  let keyTiles = (params.S + TILE - 1u) / TILE;
  let forQueries = rowTiles * params.B * params.NH;
  if (id < forQueries) {
    // the last rows see the most keys, so they start first
    queryTile(id / rowTiles / params.NH, id / rowTiles % params.NH, (rowTiles - 1u - id % rowTiles) * TILE, lid);
  } else if (id < forQueries + keyTiles * params.B * params.NKV) {
    let i = id - forQueries;
    keyTile(i / keyTiles / params.NKV, i / keyTiles % params.NKV, i % keyTiles * TILE, lid);
  }
}
