// attention_dqkv / quad
// With p = exp(score − lse) and D = Σ dout·out: ds = p·(dout·vᵀ − D), dq = ds·k/√HS, dk = dsᵀ·q/√HS, dv = pᵀ·dout.
// The first workgroups make dq: a quad 16 query rows, a lane 4, over blocks of 16 keys. The others dk and dv: a quad 16 keys, a lane 4,
// over the heads that share them and blocks of 16 queries, in order. Each lane loads a quarter of a block, quad swaps pass it around.
//   a lane's rows and its own keys     s0: own    s1: swapX   s2: swapY   s3: diagonal
//   lane 0   rows  0…3   loads  0…3     0…3         4…7        8…11       12…15
//   lane 1   rows  4…7   loads  4…7     4…7         0…3       12…15        8…11
//   lane 2   rows  8…11  loads  8…11    8…11       12…15       0…3         4…7
//   lane 3   rows 12…15  loads 12…15   12…15        8…11       4…7         0…3      for dk and dv: rows and keys change places
// Needs subgroups of 4 or more with lanes in order, HS divisible by 4; no barrier. Wins on software adapters: a load costs as much
// as 16 multiply-adds there and a quad swap nothing. FlashAttention-2 (Dao 2023), D computed along the way. Over 300 lines: two kernels.

enable subgroups;

struct Params { B: u32, T: u32, S: u32, NH: u32, NKV: u32, HS: u32 }

const MASK: u32 = 1u; // option
const PADDED: bool = false; // option
const CROSS: bool = false; // option
const HS: u32 = 64u; // dim
const HEADS: u32 = 2u; // knob

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

//> mat4-fma
// sum + a·b: compilers for CPUs make one instruction of an fma only where it is written
fn addColumn(sum: vec4f, a: mat4x4f, x: vec4f) -> vec4f {
  return fma(a[3], x.wwww, fma(a[2], x.zzzz, fma(a[1], x.yyyy, fma(a[0], x.xxxx, sum))));
}
fn addProduct(sum: mat4x4f, a: mat4x4f, b: mat4x4f) -> mat4x4f {
  return mat4x4f(addColumn(sum[0], a, b[0]), addColumn(sum[1], a, b[1]), addColumn(sum[2], a, b[2]), addColumn(sum[3], a, b[3]));
}
//< mat4-fma

//> mat4-swaps
// The matrix of the other lane of the pair, of the lane below, of the lane across.
fn swapX(m: mat4x4f) -> mat4x4f { return mat4x4f(quadSwapX(m[0]), quadSwapX(m[1]), quadSwapX(m[2]), quadSwapX(m[3])); }
fn swapY(m: mat4x4f) -> mat4x4f { return mat4x4f(quadSwapY(m[0]), quadSwapY(m[1]), quadSwapY(m[2]), quadSwapY(m[3])); }
fn swapDiagonal(m: mat4x4f) -> mat4x4f {
  return mat4x4f(quadSwapDiagonal(m[0]), quadSwapDiagonal(m[1]), quadSwapDiagonal(m[2]), quadSwapDiagonal(m[3]));
}
//< mat4-swaps

// ds of 4 rows (components) with keys key … key + 3 (columns).
fn rowSlopes(s: mat4x4f, dp: mat4x4f, log2Sum: vec4f, sums: vec4f, key: u32, count: vec4u) -> mat4x4f {
  let no = vec4f();
  return mat4x4f(
    select(exp2(s[0] - log2Sum) * (dp[0] - sums), no, vec4u(key) >= count),
    select(exp2(s[1] - log2Sum) * (dp[1] - sums), no, vec4u(key + 1u) >= count),
    select(exp2(s[2] - log2Sum) * (dp[2] - sums), no, vec4u(key + 2u) >= count),
    select(exp2(s[3] - log2Sum) * (dp[3] - sums), no, vec4u(key + 3u) >= count),
  );
}

// p of 4 keys (components) with 4 query rows (columns) that see `count` keys.
fn weights(s: mat4x4f, log2Sum: vec4f, key: vec4u, count: vec4u) -> mat4x4f {
  let no = vec4f();
  return mat4x4f(
    select(exp2(s[0] - log2Sum.x), no, key >= count.xxxx),
    select(exp2(s[1] - log2Sum.y), no, key >= count.yyyy),
    select(exp2(s[2] - log2Sum.z), no, key >= count.zzzz),
    select(exp2(s[3] - log2Sum.w), no, key >= count.wwww),
  );
}

// ds likewise; 0 where p is 0, since what lies behind the valid keys may be anything.
fn slopes(p: mat4x4f, dp: mat4x4f, sums: vec4f) -> mat4x4f {
  let no = vec4f();
  return mat4x4f(
    select(p[0] * (dp[0] - sums.x), no, p[0] == no),
    select(p[1] * (dp[1] - sums.y), no, p[1] == no),
    select(p[2] * (dp[2] - sums.z), no, p[2] == no),
    select(p[3] * (dp[3] - sums.w), no, p[3] == no),
  );
}

fn queryRows(b: u32, wanted: u32, tile: u32, lane: u32) {
  let h = min(wanted, params.NH - 1u); // a quad past the last head makes that head again and stores nothing
  let t0 = tile + 4u * lane;
  let t = min(t0 + vec4u(0u, 1u, 2u, 3u), vec4u(params.T - 1u)); // rows past the end repeat the last one and are not stored
  let n = params.HS / 4u; // not D: a compiler that knows the count unrolls the loops, which takes it seconds
  let qAt = (b * params.T + t) * qWidth() + h * D;
  let outAt = (b * params.T + t) * params.NH * D + h * D;
  let kAt = keysAt(b, h * params.NKV / params.NH);
  let vAt = kAt + params.NKV * D;
  let norm = 1.0 / sqrt(f32(HS));
  var q: array<mat4x4f, D>; // a column is one dim of the 4 rows
  var g: array<mat4x4f, D>; // dout, likewise
  var dq: array<mat4x4f, D>; // a column is 4 dims of a row
  var sums = vec4f(); // D of each row
  for (var d = 0u; d < n; d++) {
    let x = dout4(outAt + d);
    q[d] = transpose(LOG2E * norm * q4(qAt + d)); // base 2
    g[d] = transpose(x);
    dq[d] = mat4x4f();
    sums += dots(x, outAt + d);
  }
  let lseAt = (b * params.NH + h) * params.T;
  let log2Sum = LOG2E * vec4f(lse[lseAt + t.x], lse[lseAt + t.y], lse[lseAt + t.z], lse[lseAt + t.w]);
  let count = vec4u(visible(b, t.x), visible(b, t.y), visible(b, t.z), visible(b, t.w));
  let end = visible(b, min(tile + 16u, params.T) - 1u);
  for (var j = 0u; j < (end + 15u) / 16u; j++) {
    // no key behind the last visible one is read: what lies there may be anything
    let at = min(16u * j + 4u * lane + vec4u(0u, 1u, 2u, 3u), vec4u(end - 1u)) * kvWidth();
    var s0 = mat4x4f(); // column c: the 4 rows with key c of this lane's 4,
    var s1 = mat4x4f(); // of the other lane's of the pair,
    var s2 = mat4x4f(); // of the lane's below,
    var s3 = mat4x4f(); // of the lane's across
    var dp0 = mat4x4f();
    var dp1 = mat4x4f();
    var dp2 = mat4x4f();
    var dp3 = mat4x4f();
    for (var d = 0u; d < n; d++) {
      let rows = q[d];
      let k = kv4(kAt + d + at);
      s0 = addProduct(s0, rows, k);
      s1 = addProduct(s1, rows, swapX(k));
      s2 = addProduct(s2, rows, swapY(k));
      s3 = addProduct(s3, rows, swapDiagonal(k));
      let douts = g[d];
      let v = kv4(vAt + d + at);
      dp0 = addProduct(dp0, douts, v);
      dp1 = addProduct(dp1, douts, swapX(v));
      dp2 = addProduct(dp2, douts, swapY(v));
      dp3 = addProduct(dp3, douts, swapDiagonal(v));
    }
    let ds0 = transpose(rowSlopes(s0, dp0, log2Sum, sums, 16u * j + 4u * lane, count));
    let ds1 = transpose(rowSlopes(s1, dp1, log2Sum, sums, 16u * j + 4u * (lane ^ 1u), count));
    let ds2 = transpose(rowSlopes(s2, dp2, log2Sum, sums, 16u * j + 4u * (lane ^ 2u), count));
    let ds3 = transpose(rowSlopes(s3, dp3, log2Sum, sums, 16u * j + 4u * (lane ^ 3u), count));
    for (var d = 0u; d < n; d++) {
      let k = kv4(kAt + d + at);
      dq[d] = addProduct(addProduct(addProduct(addProduct(dq[d], k, ds0), swapX(k), ds1), swapY(k), ds2), swapDiagonal(k), ds3);
    }
  }
  let live = t0 + vec4u(0u, 1u, 2u, 3u) < vec4u(select(0u, params.T, wanted < params.NH));
  for (var d = 0u; d < n; d++) {
    let x = norm * dq[d];
    if (live.x) { dqkv[qAt.x + d] = x[0]; }
    if (live.y) { dqkv[qAt.y + d] = x[1]; }
    if (live.z) { dqkv[qAt.z + d] = x[2]; }
    if (live.w) { dqkv[qAt.w + d] = x[3]; }
  }
}

fn keyRows(b: u32, wanted: u32, tile: u32, lane: u32) {
  let head = min(wanted, params.NKV - 1u);
  let key = tile + 4u * lane + vec4u(0u, 1u, 2u, 3u);
  let n = params.HS / 4u;
  let kAt = keysAt(b, head) + min(key, vec4u(params.S - 1u)) * kvWidth();
  let vAt = kAt + params.NKV * D;
  let norm = 1.0 / sqrt(f32(HS));
  var k: array<mat4x4f, D>; // a column is one dim of the 4 keys
  var v: array<mat4x4f, D>;
  var dk: array<mat4x4f, D>; // a column is 4 dims of a key
  var dv: array<mat4x4f, D>;
  for (var d = 0u; d < n; d++) {
    k[d] = transpose(LOG2E * norm * kv4(kAt + d)); // base 2
    v[d] = transpose(kv4(vAt + d));
    dk[d] = mat4x4f();
    dv[d] = mat4x4f();
  }
  let first = firstQuery(b, tile) / 16u;
  let blocks = (params.T + 15u) / 16u;
  let firstHead = (head * params.NH + params.NKV - 1u) / params.NKV;
  for (var i = 0u; i < (params.NH + params.NKV - 1u) / params.NKV; i++) {
    let shares = (firstHead + i) * params.NKV < (head + 1u) * params.NH; // groups can differ by one head
    let h = select(firstHead, firstHead + i, shares);
    let lseAt = (b * params.NH + h) * params.T;
    for (var j = first; j < blocks; j++) {
      let row = 16u * j + 4u * lane + vec4u(0u, 1u, 2u, 3u); // the lane's quarter of the queries
      let t = min(row, vec4u(params.T - 1u));
      let qAt = (b * params.T + t) * qWidth() + h * D;
      let outAt = (b * params.T + t) * params.NH * D + h * D;
      let log2Sum = LOG2E * vec4f(lse[lseAt + t.x], lse[lseAt + t.y], lse[lseAt + t.z], lse[lseAt + t.w]);
      let sees = vec4u(visible(b, t.x), visible(b, t.y), visible(b, t.z), visible(b, t.w));
      let count = select(vec4u(0u), sees, row < vec4u(select(0u, params.T, shares))); // a row past the end sees nothing
      var s0 = mat4x4f(); // column r: the 4 keys with row r of this lane's 4,
      var s1 = mat4x4f(); // of the other lane's of the pair,
      var s2 = mat4x4f(); // of the lane's below,
      var s3 = mat4x4f(); // of the lane's across
      var dp0 = mat4x4f();
      var dp1 = mat4x4f();
      var dp2 = mat4x4f();
      var dp3 = mat4x4f();
      var sums = vec4f(); // D of each row
      for (var d = 0u; d < n; d++) {
        let keys = k[d];
        let q = q4(qAt + d);
        s0 = addProduct(s0, keys, q);
        s1 = addProduct(s1, keys, swapX(q));
        s2 = addProduct(s2, keys, swapY(q));
        s3 = addProduct(s3, keys, swapDiagonal(q));
        let values = v[d];
        let g = dout4(outAt + d);
        dp0 = addProduct(dp0, values, g);
        dp1 = addProduct(dp1, values, swapX(g));
        dp2 = addProduct(dp2, values, swapY(g));
        dp3 = addProduct(dp3, values, swapDiagonal(g));
        sums += dots(g, outAt + d);
      }
      let p0 = weights(s0, log2Sum, key, count);
      let p1 = weights(s1, quadSwapX(log2Sum), key, quadSwapX(count));
      let p2 = weights(s2, quadSwapY(log2Sum), key, quadSwapY(count));
      let p3 = weights(s3, quadSwapDiagonal(log2Sum), key, quadSwapDiagonal(count));
      let ds0 = transpose(slopes(p0, dp0, sums)); // columns by key, as dk wants them
      let ds1 = transpose(slopes(p1, dp1, quadSwapX(sums)));
      let ds2 = transpose(slopes(p2, dp2, quadSwapY(sums)));
      let ds3 = transpose(slopes(p3, dp3, quadSwapDiagonal(sums)));
      let w0 = transpose(p0);
      let w1 = transpose(p1);
      let w2 = transpose(p2);
      let w3 = transpose(p3);
      for (var d = 0u; d < n; d++) {
        let q = q4(qAt + d);
        dk[d] = addProduct(addProduct(addProduct(addProduct(dk[d], q, ds0), swapX(q), ds1), swapY(q), ds2), swapDiagonal(q), ds3);
        let g = dout4(outAt + d);
        dv[d] = addProduct(addProduct(addProduct(addProduct(dv[d], g, w0), swapX(g), w1), swapY(g), w2), swapDiagonal(g), w3);
      }
    }
  }
  let live = key < vec4u(select(0u, params.S, wanted < params.NKV));
  for (var d = 0u; d < n; d++) {
    store4(kAt + d, norm * dk[d], live);
    store4(vAt + d, dv[d], live);
  }
}

@compute @workgroup_size(4 * HEADS)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) nwg: vec3u, @builtin(local_invocation_index) lid: u32) {
  let id = wid.y * nwg.x + wid.x; // all branches on it are the same for a whole workgroup, as quad swaps demand
  let rowTiles = (params.T + 15u) / 16u;
  let keyTiles = (params.S + 15u) / 16u;
  let queryGroups = (params.NH + HEADS - 1u) / HEADS;
  let keyGroups = (params.NKV + HEADS - 1u) / HEADS;
  let forQueries = rowTiles * params.B * queryGroups;
  if (id < forQueries) {
    // the last rows see the most keys, so they start first
    let group = id / rowTiles;
    queryRows(group / queryGroups, group % queryGroups * HEADS + lid / 4u, (rowTiles - 1u - id % rowTiles) * 16u, lid % 4u);
  } else if (id < forQueries + keyTiles * params.B * keyGroups) {
    let i = id - forQueries;
    let group = i / keyTiles;
    keyRows(group / keyGroups, group % keyGroups * HEADS + lid / 4u, i % keyTiles * 16u, lid % 4u);
  }
}
