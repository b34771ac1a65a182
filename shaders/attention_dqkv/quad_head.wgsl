// attention_dqkv / quad_head
// With p = exp(score − lse) and D = Σ dout·out: ds = p·(dout·vᵀ − D), dq = ds·k/√HS, dk = dsᵀ·q/√HS, dv = pᵀ·dout.
// A quad makes all gradients of one key head, over blocks of 16 keys and, for each, of 16 queries: dk and dv stay with their lane,
// dq is added to in memory, always by the same lane in the same order. So p, ds and D are made once: 5 products, quad needs 7.
//   a lane's keys and its own queries  s0: own    s1: swapX   s2: swapY   s3: diagonal
//   lane 0   keys  0…3   loads  0…3     0…3         4…7        8…11       12…15
//   lane 1   keys  4…7   loads  4…7     4…7         0…3       12…15        8…11
//   lane 2   keys  8…11  loads  8…11    8…11       12…15       0…3         4…7
//   lane 3   keys 12…15  loads 12…15   12…15        8…11       4…7         0…3      swapped back, r1 r2 r3 are this lane's queries: dq
// Needs subgroups of 4 or more with lanes in order, HS divisible by 4; no barrier. Wins on software adapters if B·NKV quads are
// enough for the cores. A loop makes one product: two at once cost more than loading twice. After FlashAttention-2 (Dao 2023).

enable subgroups;

struct Params { B: u32, T: u32, S: u32, NH: u32, NKV: u32, HS: u32 }

const MASK: u32 = 1u; // option
const PADDED: bool = false; // option
const HS: u32 = 64u; // dim
const HEADS: u32 = 2u; // knob

const D: u32 = HS / 4u; // vec4s in a head
const LOG2E: f32 = 1.4426950408889634;

@group(0) @binding(0) var<storage, read>       qkv: array<vec4f>;       // (B T NH*HS+2*NKV*HS)
@group(0) @binding(2) var<storage, read>       spans: array<u32>;       // (B 2)
@group(0) @binding(3) var<storage, read>       out: array<vec4f>;       // (B T NH*HS)
@group(0) @binding(4) var<storage, read>       dout: array<vec4f>;      // (B T NH*HS)
@group(0) @binding(5) var<storage, read>       lse: array<f32>;         // (B NH T)
@group(0) @binding(6) var<storage, read_write> dqkv: array<vec4f>;      // (B T NH*HS+2*NKV*HS)
@group(0) @binding(8) var<storage, read_write> workspace: array<vec4f>; // (B NH T/16 16): D of each row
@group(0) @binding(9) var<uniform>             params: Params;

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
fn qkv4(at: vec4u) -> mat4x4f { return mat4x4f(qkv[at.x], qkv[at.y], qkv[at.z], qkv[at.w]); }
fn dqkv4(at: vec4u) -> mat4x4f { return mat4x4f(dqkv[at.x], dqkv[at.y], dqkv[at.z], dqkv[at.w]); }
fn dout4(at: vec4u) -> mat4x4f { return mat4x4f(dout[at.x], dout[at.y], dout[at.z], dout[at.w]); }
fn lse4(i: u32, at: vec4u) -> vec4f { return vec4f(lse[i + at.x], lse[i + at.y], lse[i + at.z], lse[i + at.w]); }

// Column by column x·y: with out and dout of 4 rows, their parts of D.
fn dots(x: mat4x4f, at: vec4u) -> vec4f {
  return vec4f(dot(x[0], out[at.x]), dot(x[1], out[at.y]), dot(x[2], out[at.z]), dot(x[3], out[at.w]));
}

fn store4(at: vec4u, x: mat4x4f, live: vec4<bool>) {
  if (live.x) { dqkv[at.x] = x[0]; }
  if (live.y) { dqkv[at.y] = x[1]; }
  if (live.z) { dqkv[at.z] = x[2]; }
  if (live.w) { dqkv[at.w] = x[3]; }
}

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

// p of 4 keys (components) with 4 query rows (columns) that see `count` keys.
fn weights(s: mat4x4f, log2Sum: vec4f, key: vec4u, count: vec4u) -> mat4x4f {
  let no = vec4f();
  let scale = vec4f(LOG2E / sqrt(f32(HS))); // base 2
  return mat4x4f(
    select(exp2(fma(s[0], scale, -log2Sum.xxxx)), no, key >= count.xxxx),
    select(exp2(fma(s[1], scale, -log2Sum.yyyy)), no, key >= count.yyyy),
    select(exp2(fma(s[2], scale, -log2Sum.zzzz)), no, key >= count.zzzz),
    select(exp2(fma(s[3], scale, -log2Sum.wwww)), no, key >= count.wwww),
  );
}

// ds/√HS likewise.
fn slopes(p: mat4x4f, dp: mat4x4f, sums: vec4f) -> mat4x4f {
  let w = 1.0 / sqrt(f32(HS)) * p;
  return mat4x4f(w[0] * (dp[0] - sums.x), w[1] * (dp[1] - sums.y), w[2] * (dp[2] - sums.z), w[3] * (dp[3] - sums.w));
}

// 16 keys of a head with all queries that see them.
fn keyRows(b: u32, wanted: u32, tile: u32, lane: u32) {
  let head = min(wanted, params.NKV - 1u); // a quad past the last head makes that head again and stores nothing
  let key = tile + 4u * lane + vec4u(0u, 1u, 2u, 3u);
  let n = params.HS / 4u; // not D: a compiler that knows the count unrolls the loops, which takes it seconds
  let width = (params.NH + 2u * params.NKV) * D;
  let first = firstQuery(b, tile) / 16u;
  let blocks = (params.T + 15u) / 16u;
  let base = b * params.S * width + (params.NH + head) * D;
  // no key behind the last visible one is read: what lies there may be anything
  let kAt = base + min(key, vec4u(visible(b, params.T - 1u) - 1u)) * width;
  let vAt = kAt + params.NKV * D;
  var k: array<mat4x4f, D>; // a column is one dim of the 4 keys
  var v: array<mat4x4f, D>;
  var dk: array<mat4x4f, D>; // a column is 4 dims of a key
  var dv: array<mat4x4f, D>;
  for (var d = 0u; d < n; d++) {
    k[d] = transpose(qkv4(kAt + d));
    v[d] = transpose(qkv4(vAt + d));
    dk[d] = mat4x4f();
    dv[d] = mat4x4f();
  }
  let firstHead = (head * params.NH + params.NKV - 1u) / params.NKV;
  for (var i = 0u; i < (params.NH + params.NKV - 1u) / params.NKV; i++) {
    let shares = (firstHead + i) * params.NKV < (head + 1u) * params.NH; // groups can differ by one head
    let h = select(firstHead, firstHead + i, shares);
    let rowsAt = (b * params.NH + h) * params.T;
    for (var j = first; j < blocks; j++) {
      let row = 16u * j + 4u * lane + vec4u(0u, 1u, 2u, 3u); // the lane's quarter of the queries
      let inside = row < vec4u(select(0u, params.T, shares));
      let live = inside & (vec4u(wanted) < vec4u(params.NKV));
      let t = min(row, vec4u(params.T - 1u));
      let qAt = (b * params.T + t) * width + h * D;
      let doutAt = ((b * params.T + t) * params.NH + h) * D;
      let log2Sum = LOG2E * lse4(rowsAt, t);
      let sumsAt = ((b * params.NH + h) * blocks + j) * 4u + lane;
      var sums = vec4f(); // D of each row
      if (tile > 0u) {
        sums = workspace[sumsAt];
      } else {
        // every query sees the first keys, so their tile begins the sums
        for (var d = 0u; d < n; d++) {
          sums += dots(dout4(doutAt + d), doutAt + d);
          store4(qAt + d, mat4x4f(), live);
        }
        if (wanted < params.NKV) { workspace[sumsAt] = sums; }
      }
      let sees = vec4u(visible(b, t.x), visible(b, t.y), visible(b, t.z), visible(b, t.w));
      let count = select(vec4u(0u), sees, inside); // a row past the end sees nothing
      var s0 = mat4x4f(); // column r: the 4 keys with row r of this lane's 4,
      var s1 = mat4x4f(); // of the other lane's of the pair,
      var s2 = mat4x4f(); // of the lane's below,
      var s3 = mat4x4f(); // of the lane's across
      for (var d = 0u; d < n; d++) {
        let keys = k[d];
        let q = qkv4(qAt + d);
        s0 = addProduct(s0, keys, q);
        s1 = addProduct(s1, keys, swapX(q));
        s2 = addProduct(s2, keys, swapY(q));
        s3 = addProduct(s3, keys, swapDiagonal(q));
      }
      var dp0 = mat4x4f();
      var dp1 = mat4x4f();
      var dp2 = mat4x4f();
      var dp3 = mat4x4f();
      for (var d = 0u; d < n; d++) {
        let values = v[d];
        let g = dout4(doutAt + d);
        dp0 = addProduct(dp0, values, g);
        dp1 = addProduct(dp1, values, swapX(g));
        dp2 = addProduct(dp2, values, swapY(g));
        dp3 = addProduct(dp3, values, swapDiagonal(g));
      }
      let p0 = weights(s0, log2Sum, key, count);
      let p1 = weights(s1, quadSwapX(log2Sum), key, quadSwapX(count));
      let p2 = weights(s2, quadSwapY(log2Sum), key, quadSwapY(count));
      let p3 = weights(s3, quadSwapDiagonal(log2Sum), key, quadSwapDiagonal(count));
      let w0 = transpose(p0); // columns by key, as dv wants them
      let w1 = transpose(p1);
      let w2 = transpose(p2);
      let w3 = transpose(p3);
      for (var d = 0u; d < n; d++) {
        let g = dout4(doutAt + d);
        dv[d] = addProduct(addProduct(addProduct(addProduct(dv[d], g, w0), swapX(g), w1), swapY(g), w2), swapDiagonal(g), w3);
      }
      let r0 = slopes(p0, dp0, sums);
      let r1 = slopes(p1, dp1, quadSwapX(sums));
      let r2 = slopes(p2, dp2, quadSwapY(sums));
      let r3 = slopes(p3, dp3, quadSwapDiagonal(sums));
      let ds0 = transpose(r0);
      let ds1 = transpose(r1);
      let ds2 = transpose(r2);
      let ds3 = transpose(r3);
      for (var d = 0u; d < n; d++) {
        let q = qkv4(qAt + d);
        dk[d] = addProduct(addProduct(addProduct(addProduct(dk[d], q, ds0), swapX(q), ds1), swapY(q), ds2), swapDiagonal(q), ds3);
      }
      let e1 = swapX(r1); // this lane's rows with the keys of the other lane of the pair,
      let e2 = swapY(r2); // of the lane below,
      let e3 = swapDiagonal(r3); // of the lane across
      for (var d = 0u; d < n; d++) {
        let keys = transpose(k[d]);
        let dq = dqkv4(qAt + d);
        let sum = addProduct(addProduct(addProduct(addProduct(dq, keys, r0), swapX(keys), e1), swapY(keys), e2), swapDiagonal(keys), e3);
        store4(qAt + d, sum, live);
      }
    }
  }
  let to = base + key * width;
  let live = key < vec4u(select(0u, params.S, wanted < params.NKV));
  for (var d = 0u; d < n; d++) {
    store4(to + d, dk[d], live);
    store4(to + params.NKV * D + d, dv[d], live);
  }
}

@compute @workgroup_size(4 * HEADS)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) nwg: vec3u, @builtin(local_invocation_index) lid: u32) {
  let id = wid.y * nwg.x + wid.x; // all branches on it are the same for a whole workgroup, as quad swaps demand
  let groups = (params.NKV + HEADS - 1u) / HEADS;
  if (id >= params.B * groups) { return; }
  for (var j = 0u; j < (params.S + 15u) / 16u; j++) { keyRows(id / groups, id % groups * HEADS + lid / 4u, 16u * j, lid % 4u); }
}
