// attention_dqkv / direct
// With p = exp(score − lse) and D = Σ dout·out: ds = p·(dout·vᵀ − D), dq = ds·k/√HS, dk = dsᵀ·q/√HS, dv = pᵀ·dout.
// The first workgroups make dq: an invocation 4 query rows, over all keys they see. The others make dk and dv: an invocation 4 keys,
// over the heads that share them and all queries that see them, in order. Both recompute p; all products are of 4×4 matrices.
// No T×S matrix, no atomics, no workgroup memory, no barrier. HS divisible by 4. Wins on software adapters.
// FlashAttention-2 (Dao 2023), with D computed along the way, not in a separate pass.

struct Params { B: u32, T: u32, S: u32, NH: u32, NKV: u32, HS: u32 }

const MASK: u32 = 1u; // option
const PADDED: bool = false; // option
const CROSS: bool = false; // option
const HS: u32 = 64u; // dim
override WG: u32 = 8u; // knob

const D: u32 = HS / 4u; // vec4s in a head
const LOG2E: f32 = 1.4426950408889634;

@group(0) @binding(0) var<storage, read>       qkv: array<vec4f>;  // (B T NH*HS+2*NKV*HS) or, CROSS, (B T NH*HS)
@group(0) @binding(1) var<storage, read>       kv: array<vec4f>;   // (B S 2*NKV*HS)
@group(0) @binding(2) var<storage, read>       spans: array<u32>;  // (B 2)
@group(0) @binding(3) var<storage, read>       out: array<vec4f>;  // (B T NH*HS)
@group(0) @binding(4) var<storage, read>       dout: array<vec4f>; // (B T NH*HS)
@group(0) @binding(5) var<storage, read>       lse: array<f32>;    // (B NH T)
@group(0) @binding(6) var<storage, read_write> dqkv: array<vec4f>; // (B T NH*HS+2*NKV*HS) or, CROSS, (B T NH*HS)
@group(0) @binding(7) var<storage, read_write> dkv: array<vec4f>;  // (B S 2*NKV*HS)
@group(0) @binding(9) var<uniform>             params: Params;

fn loadKv(i: u32) -> vec4f {
  if (CROSS) { return kv[i]; }
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

// 4 dims of 4 rows, one a column.
fn q4(at: vec4u) -> mat4x4f { return mat4x4f(qkv[at.x], qkv[at.y], qkv[at.z], qkv[at.w]); }
fn kv4(at: vec4u) -> mat4x4f { return mat4x4f(loadKv(at.x), loadKv(at.y), loadKv(at.z), loadKv(at.w)); }
fn dout4(at: vec4u) -> mat4x4f { return mat4x4f(dout[at.x], dout[at.y], dout[at.z], dout[at.w]); }

// Column by column x·y: with out and dout of 4 rows, their parts of D.
fn dots(x: mat4x4f, at: vec4u) -> vec4f {
  return vec4f(dot(x[0], out[at.x]), dot(x[1], out[at.y]), dot(x[2], out[at.z]), dot(x[3], out[at.w]));
}

fn store4(at: vec4u, x: mat4x4f, live: vec4<bool>) {
  if (live.x) { storeKv(at.x, x[0]); }
  if (live.y) { storeKv(at.y, x[1]); }
  if (live.z) { storeKv(at.z, x[2]); }
  if (live.w) { storeKv(at.w, x[3]); }
}

fn qWidth() -> u32 { return select((params.NH + 2u * params.NKV) * D, params.NH * D, CROSS); }
fn kvWidth() -> u32 { return select(qWidth(), 2u * params.NKV * D, CROSS); }
// Where the keys of a head begin in row 0 of sequence b; its values lie NKV·D further on.
fn keysAt(b: u32, head: u32) -> u32 { return b * params.S * kvWidth() + select(params.NH * D, 0u, CROSS) + head * D; }

// ds of 4 rows (components) with keys key … key + 3 (columns).
fn slopes(s: mat4x4f, dp: mat4x4f, log2Sum: vec4f, sums: vec4f, key: u32, count: vec4u) -> mat4x4f {
  let no = vec4f();
  return mat4x4f(
    select(exp2(s[0] - log2Sum) * (dp[0] - sums), no, vec4u(key) >= count),
    select(exp2(s[1] - log2Sum) * (dp[1] - sums), no, vec4u(key + 1u) >= count),
    select(exp2(s[2] - log2Sum) * (dp[2] - sums), no, vec4u(key + 2u) >= count),
    select(exp2(s[3] - log2Sum) * (dp[3] - sums), no, vec4u(key + 3u) >= count),
  );
}

fn queryRows(b: u32, h: u32, t0: u32) {
  let t = min(t0 + vec4u(0u, 1u, 2u, 3u), vec4u(params.T - 1u)); // rows past the end repeat the last one and are not stored
  let n = params.HS / 4u; // not D: a compiler that knows the count unrolls the loops, which takes it seconds
  let qAt = (b * params.T + t) * qWidth() + h * D;
  let outAt = (b * params.T + t) * params.NH * D + h * D;
  let kAt = keysAt(b, h * params.NKV / params.NH);
  let vAt = kAt + params.NKV * D;
  let norm = 1.0 / sqrt(f32(HS));
  var q: array<mat4x4f, D>; // a column is 4 dims of a row
  var g: array<mat4x4f, D>; // dout
  var dq: array<mat4x4f, D>;
  var sums = vec4f(); // D of each row
  for (var d = 0u; d < n; d++) {
    q[d] = LOG2E * norm * q4(qAt + d); // base 2
    g[d] = dout4(outAt + d);
    dq[d] = mat4x4f();
    sums += dots(g[d], outAt + d);
  }
  let lseAt = (b * params.NH + h) * params.T;
  let log2Sum = LOG2E * vec4f(lse[lseAt + t.x], lse[lseAt + t.y], lse[lseAt + t.z], lse[lseAt + t.w]);
  let count = vec4u(visible(b, t.x), visible(b, t.y), visible(b, t.z), visible(b, t.w));
  // one end for the 4 invocations of 16 rows: lanes that run together go through the same blocks, none waits masked out
  let end = visible(b, min(t0 | 15u, params.T - 1u));
  for (var j = 0u; j < (end + 3u) / 4u; j++) {
    let key = 4u * j + vec4u(0u, 1u, 2u, 3u);
    // no key behind the last visible one is read: what lies there may be anything
    let at = min(key, vec4u(end - 1u)) * kvWidth();
    var s = mat4x4f(); // column c: the 4 rows with key c
    var dp = mat4x4f();
    for (var d = 0u; d < n; d++) {
      s += transpose(q[d]) * kv4(kAt + d + at);
      dp += transpose(g[d]) * kv4(vAt + d + at);
    }
    let byRow = transpose(slopes(s, dp, log2Sum, sums, 4u * j, count));
    for (var d = 0u; d < n; d++) { dq[d] += kv4(kAt + d + at) * byRow; }
  }
  let live = t0 + vec4u(0u, 1u, 2u, 3u) < vec4u(params.T);
  for (var d = 0u; d < n; d++) {
    let x = norm * dq[d];
    if (live.x) { dqkv[qAt.x + d] = x[0]; }
    if (live.y) { dqkv[qAt.y + d] = x[1]; }
    if (live.z) { dqkv[qAt.z + d] = x[2]; }
    if (live.w) { dqkv[qAt.w + d] = x[3]; }
  }
}

fn keyRows(b: u32, head: u32, s0: u32) {
  let key = s0 + vec4u(0u, 1u, 2u, 3u);
  let n = params.HS / 4u;
  let kAt = keysAt(b, head) + min(key, vec4u(params.S - 1u)) * kvWidth();
  let vAt = kAt + params.NKV * D;
  let norm = 1.0 / sqrt(f32(HS));
  var k: array<mat4x4f, D>; // a column is 4 dims of a key
  var v: array<mat4x4f, D>;
  var dk: array<mat4x4f, D>;
  var dv: array<mat4x4f, D>;
  for (var d = 0u; d < n; d++) {
    k[d] = LOG2E * norm * kv4(kAt + d); // base 2
    v[d] = kv4(vAt + d);
    dk[d] = mat4x4f();
    dv[d] = mat4x4f();
  }
  // one start for the 4 invocations of 16 keys, as above
  let first = firstQuery(b, min(s0 & ~15u, params.S - 1u)) / 4u;
  let blocks = (params.T + 3u) / 4u;
  for (var h = (head * params.NH + params.NKV - 1u) / params.NKV; h * params.NKV < (head + 1u) * params.NH; h++) {
    let lseAt = (b * params.NH + h) * params.T;
    for (var j = first; j < blocks; j++) {
      let t = min(4u * j + vec4u(0u, 1u, 2u, 3u), vec4u(params.T - 1u));
      let qAt = (b * params.T + t) * qWidth() + h * D;
      let outAt = (b * params.T + t) * params.NH * D + h * D;
      var s = mat4x4f(); // column r: the 4 keys with row r
      var dp = mat4x4f();
      var sums = vec4f(); // D of each row
      for (var d = 0u; d < n; d++) {
        let g = dout4(outAt + d);
        s += transpose(k[d]) * q4(qAt + d);
        dp += transpose(v[d]) * g;
        sums += dots(g, outAt + d);
      }
      // a row past the end would count the last one twice
      let last = vec4u(visible(b, t.x), visible(b, t.y), visible(b, t.z), visible(b, t.w));
      let count = select(vec4u(0u), last, 4u * j + vec4u(0u, 1u, 2u, 3u) < vec4u(params.T));
      let log2Sum = LOG2E * vec4f(lse[lseAt + t.x], lse[lseAt + t.y], lse[lseAt + t.z], lse[lseAt + t.w]);
      let no = vec4f();
      let p = mat4x4f(
        select(exp2(s[0] - log2Sum.x), no, key >= count.xxxx),
        select(exp2(s[1] - log2Sum.y), no, key >= count.yyyy),
        select(exp2(s[2] - log2Sum.z), no, key >= count.zzzz),
        select(exp2(s[3] - log2Sum.w), no, key >= count.wwww),
      );
      let ds = mat4x4f(
        select(p[0] * (dp[0] - sums.x), no, key >= count.xxxx),
        select(p[1] * (dp[1] - sums.y), no, key >= count.yyyy),
        select(p[2] * (dp[2] - sums.z), no, key >= count.zzzz),
        select(p[3] * (dp[3] - sums.w), no, key >= count.wwww),
      );
      let pByKey = transpose(p);
      let dsByKey = transpose(ds);
      for (var d = 0u; d < n; d++) {
        dv[d] += dout4(outAt + d) * pByKey;
        dk[d] += q4(qAt + d) * dsByKey;
      }
    }
  }
  let live = key < vec4u(params.S);
  for (var d = 0u; d < n; d++) {
    store4(kAt + d, norm * dk[d], live);
    store4(vAt + d, dv[d], live);
  }
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) nwg: vec3u, @builtin(local_invocation_index) lid: u32) {
  let id = wid.y * nwg.x + wid.x;
  let rowTiles = (params.T + 4u * WG - 1u) / (4u * WG);
  let keyTiles = (params.S + 4u * WG - 1u) / (4u * WG);
  let forQueries = rowTiles * params.B * params.NH;
  if (id < forQueries) {
    // the last rows see the most keys, so they start first
    queryRows(id / rowTiles / params.NH, id / rowTiles % params.NH, ((rowTiles - 1u - id % rowTiles) * WG + lid) * 4u);
  } else if (id < forQueries + keyTiles * params.B * params.NKV) {
    let i = id - forQueries;
    keyRows(i / keyTiles / params.NKV, i / keyTiles % params.NKV, (i % keyTiles * WG + lid) * 4u);
  }
}
