// attention / quad
// out = softmax(q·kᵀ/√HS + mask)·v · gate[head], online over blocks of 16 keys; lse = log Σ exp(scores).
// A quad makes 16 rows of one head, a lane 4 of them, as 4×4 matrices. Each lane loads 4 of a block's keys and quad swaps pass them around:
// lane i meets keys 4i…, 4(i⊕1)…, 4(i⊕2)…, 4(i⊕3)…, an order that does not affect a softmax. A workgroup makes HEADS heads. No barrier.
//   a lane's rows and its own keys     s0: own    s1: swapX   s2: swapY   s3: diagonal
//   lane 0   rows  0…3   loads  0…3     0…3         4…7        8…11       12…15
//   lane 1   rows  4…7   loads  4…7     4…7         0…3       12…15        8…11
//   lane 2   rows  8…11  loads  8…11    8…11       12…15       0…3         4…7
//   lane 3   rows 12…15  loads 12…15   12…15        8…11       4…7         0…3
// Needs subgroups of 4 or more with lanes in order, HS divisible by 4. HALF needs no shader-f16.
// Wins on software adapters: a load costs as much as 16 multiply-adds there and a quad swap nothing. Lazy rescaling: FlashAttention-4.

enable subgroups;

struct Params { B: u32, T: u32, S: u32, NH: u32, NKV: u32, HS: u32 }

const MASK: u32 = 1u; // option
const PADDED: bool = false; // option
const CROSS: bool = false; // option
const GATE: bool = false; // option
const SAVE_LSE: bool = false; // option
const HALF: bool = false; // option
const HS: u32 = 64u; // dim
const HEADS: u32 = 2u; // knob

const D: u32 = HS / 4u; // vec4s in a head
const LOG2E: f32 = 1.4426950408889634;
const LN2: f32 = 0.6931471805599453;

@group(0) @binding(0) var<storage, read>       qkv: array<vec4u>;  // (B T NH*HS+2*NKV*HS) or, CROSS, (B T NH*HS)
@group(0) @binding(1) var<storage, read>       kv: array<vec4u>;   // (B S 2*NKV*HS)
@group(0) @binding(2) var<storage, read>       spans: array<u32>;  // (B 2)
@group(0) @binding(3) var<storage, read>       gate: array<f32>;   // (NH)
@group(0) @binding(4) var<storage, read_write> out: array<vec2u>;  // (B T NH*HS)
@group(0) @binding(5) var<storage, read_write> lse: array<f32>;    // (B NH T)
@group(0) @binding(7) var<uniform>             params: Params;

// Four numbers: bits of f32, or with HALF one half of eight.
fn unpack(word: vec4u, i: u32) -> vec4f {
  if (HALF) {
    let w = select(word.xy, word.zw, (i & 1u) == 1u);
    return vec4f(unpack2x16float(w.x), unpack2x16float(w.y));
  }
  return bitcast<vec4f>(word);
}

fn loadQ(i: u32) -> vec4f {
  return unpack(qkv[select(i, i / 2u, HALF)], i);
}

fn loadKv(i: u32) -> vec4f {
  if (CROSS) { return unpack(kv[select(i, i / 2u, HALF)], i); }
  return loadQ(i);
}

fn store(i: u32, x: vec4f) {
  if (HALF) {
    out[i] = vec2u(pack2x16float(x.xy), pack2x16float(x.zw));
  } else {
    out[2u * i] = bitcast<vec2u>(x.xy);
    out[2u * i + 1u] = bitcast<vec2u>(x.zw);
  }
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

// 4 dims of 4 keys (or values), one a column.
fn load4(at: vec4u) -> mat4x4f {
  return mat4x4f(loadKv(at.x), loadKv(at.y), loadKv(at.z), loadKv(at.w));
}

// Scores of 4 rows (components) with keys key … key + 3 (columns): a finite stand-in for −∞ where a row does not see a key.
fn hide(s: mat4x4f, key: u32, count: vec4u) -> mat4x4f {
  let no = vec4f(-1e30);
  return mat4x4f(
    select(s[0], no, vec4u(key) >= count),
    select(s[1], no, vec4u(key + 1u) >= count),
    select(s[2], no, vec4u(key + 2u) >= count),
    select(s[3], no, vec4u(key + 3u) >= count),
  );
}

fn largest(s: mat4x4f) -> vec4f {
  return max(max(s[0], s[1]), max(s[2], s[3]));
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

fn exps(s: mat4x4f, m: vec4f) -> mat4x4f {
  return mat4x4f(exp2(s[0] - m), exp2(s[1] - m), exp2(s[2] - m), exp2(s[3] - m));
}

@compute @workgroup_size(4 * HEADS)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) nwg: vec3u, @builtin(local_invocation_index) lid: u32) {
  let tiles = (params.T + 15u) / 16u;
  let groups = (params.NH + HEADS - 1u) / HEADS;
  let id = wid.y * nwg.x + wid.x;
  if (id >= tiles * params.B * groups) { return; }
  let b = id / tiles / groups;
  // a quad past the last head makes that head again and stores nothing: all lanes take part in the swaps
  let wanted = id / tiles % groups * HEADS + lid / 4u;
  let h = min(wanted, params.NH - 1u);
  let lane = lid % 4u;
  // the last tiles see the most keys, so they start first; rows past the end repeat the last one and are not stored
  let tile = (tiles - 1u - id % tiles) * 16u;
  let t0 = tile + 4u * lane;
  let t = min(t0 + vec4u(0u, 1u, 2u, 3u), vec4u(params.T - 1u));
  let qWidth = select((params.NH + 2u * params.NKV) * D, params.NH * D, CROSS);
  let kvWidth = select(qWidth, 2u * params.NKV * D, CROSS);
  let kBase = b * params.S * kvWidth + select(params.NH * D, 0u, CROSS) + h * params.NKV / params.NH * D;
  let vBase = kBase + params.NKV * D;

  // loops over dims end at params.HS, not at D: a compiler that knows the count unrolls them, which takes it seconds
  let n = params.HS / 4u;
  // 1/√HS and the change to base 2 are folded into q
  let scale = LOG2E / sqrt(f32(HS));
  let qAt = (b * params.T + t) * qWidth + h * D;
  var q: array<mat4x4f, D>; // a column is one dim of the 4 rows
  var o: array<mat4x4f, D>; // sums of weights·v: a column is 4 dims of a row
  for (var d = 0u; d < n; d++) {
    let i = qAt + d;
    q[d] = transpose(scale * mat4x4f(loadQ(i.x), loadQ(i.y), loadQ(i.z), loadQ(i.w)));
  }
  let count = vec4u(visible(b, t.x), visible(b, t.y), visible(b, t.z), visible(b, t.w));
  let whole = visible(b, tile); // the first row sees the fewest keys: blocks below need no mask
  let end = visible(b, min(tile + 16u, params.T) - 1u);
  var m = vec4f(-1e30); // what the exponents of each row are relative to
  var l = vec4f(0.0);
  for (var j = 0u; j < (end + 15u) / 16u; j++) {
    // no key behind the last visible one is read: what lies there may be anything
    let at = min(16u * j + 4u * lane + vec4u(0u, 1u, 2u, 3u), vec4u(end - 1u)) * kvWidth;
    var s0 = mat4x4f(); // a column is the scores of the 4 rows with one key: keys that this lane loads,
    var s1 = mat4x4f(); // that the other lane of the pair loads,
    var s2 = mat4x4f(); // that the lane below loads,
    var s3 = mat4x4f(); // that the lane across loads
    for (var d = 0u; d < n; d++) {
      let rows = q[d];
      let k = load4(kBase + d + at);
      s0 = addProduct(s0, rows, k);
      s1 = addProduct(s1, rows, swapX(k));
      s2 = addProduct(s2, rows, swapY(k));
      s3 = addProduct(s3, rows, swapDiagonal(k));
    }
    if (16u * j + 16u > whole) {
      s0 = hide(s0, 16u * j + 4u * lane, count);
      s1 = hide(s1, 16u * j + 4u * (lane ^ 1u), count);
      s2 = hide(s2, 16u * j + 4u * (lane ^ 2u), count);
      s3 = hide(s3, 16u * j + 4u * (lane ^ 3u), count);
    }
    let top = max(max(largest(s0), largest(s1)), max(largest(s2), largest(s3)));
    if (any(top > m + 8.0)) {
      let moved = max(top, m);
      let shrink = exp2(m - moved);
      m = moved;
      l *= shrink;
      for (var d = 0u; d < n; d++) {
        let x = o[d];
        o[d] = mat4x4f(x[0] * shrink.x, x[1] * shrink.y, x[2] * shrink.z, x[3] * shrink.w);
      }
    }
    let p0 = exps(s0, m);
    let p1 = exps(s1, m);
    let p2 = exps(s2, m);
    let p3 = exps(s3, m);
    let sums = p0 + p1 + p2 + p3;
    l += sums[0] + sums[1] + sums[2] + sums[3];
    let w0 = transpose(p0); // a column is the weights of one row
    let w1 = transpose(p1);
    let w2 = transpose(p2);
    let w3 = transpose(p3);
    for (var d = 0u; d < n; d++) {
      let v = load4(vBase + d + at);
      o[d] = addProduct(addProduct(addProduct(addProduct(o[d], v, w0), swapX(v), w1), swapY(v), w2), swapDiagonal(v), w3);
    }
  }

  let stored = select(0u, params.T, wanted < params.NH);
  let live = t0 + vec4u(0u, 1u, 2u, 3u) < vec4u(stored);
  var factor = 1.0 / l;
  if (GATE) { factor *= gate[h]; }
  let rowWidth = params.NH * D;
  let outAt = (b * params.T + t0) * rowWidth + h * D;
  for (var d = 0u; d < n; d++) {
    let x = o[d];
    let i = outAt + d;
    if (live.x) { store(i, x[0] * factor.x); }
    if (live.y) { store(i + rowWidth, x[1] * factor.y); }
    if (live.z) { store(i + 2u * rowWidth, x[2] * factor.z); }
    if (live.w) { store(i + 3u * rowWidth, x[3] * factor.w); }
  }
  if (SAVE_LSE) {
    let i = (b * params.NH + h) * params.T + t0;
    let value = (m + log2(l)) * LN2;
    if (live.x) { lse[i] = value.x; }
    if (live.y) { lse[i + 1u] = value.y; }
    if (live.z) { lse[i + 2u] = value.z; }
    if (live.w) { lse[i + 3u] = value.w; }
  }
}
