// attention / f16
// out = softmax(q·kᵀ/√HS + mask)·v · gate[head], online over blocks of 32 keys; stored in f16, summed in f32.
// A workgroup (8·TY) makes 4·TY rows of one head. 8 invocations share 4 rows: each has a 4×4 matrix of scores (keys x, x + 8, x + 16,
// x + 24), then 4 of every 32 dims of the sums. Halves are so small that whole rows fit: q is read once, a block takes 4 barriers.
// Needs shader-f16, HS divisible by 4; 12 KiB of workgroup memory at HS 64, half of blocked's traffic through it.
// FlashAttention-2 (Dao 2023); q·k is at most √HS·|q||k| in f32, so scores cannot overflow as they would in f16.

enable f16;

struct Params { B: u32, T: u32, S: u32, NH: u32, NKV: u32, HS: u32 }

const MASK: u32 = 1u; // option
const PADDED: bool = false; // option
const CROSS: bool = false; // option
const GATE: bool = false; // option
const SAVE_LSE: bool = false; // option
const HS: u32 = 64u; // dim
const TY: u32 = 8u; // knob

const BR: u32 = TY * 4u; // rows of a workgroup
const BC: u32 = 32u; // keys of a block
const WG: u32 = TY * 8u;
const D: u32 = HS / 4u; // vec4s in a head
const SLICES: u32 = (D + 7u) / 8u;
const PITCH: u32 = D + 1u; // one unused, so that rows that are read together lie in different banks
const LOG2E: f32 = 1.4426950408889634;
const LN2: f32 = 0.6931471805599453;

@group(0) @binding(0) var<storage, read>       qkv: array<vec4h>;  // (B T NH*HS+2*NKV*HS) or, CROSS, (B T NH*HS)
@group(0) @binding(1) var<storage, read>       kv: array<vec4h>;   // (B S 2*NKV*HS)
@group(0) @binding(2) var<storage, read>       spans: array<u32>;  // (B 2)
@group(0) @binding(3) var<storage, read>       gate: array<f32>;   // (NH)
@group(0) @binding(4) var<storage, read_write> out: array<vec4h>;  // (B T NH*HS)
@group(0) @binding(5) var<storage, read_write> lse: array<f32>;    // (B NH T)
@group(0) @binding(7) var<uniform>             params: Params;

var<workgroup> rows: array<vec4h, BR * PITCH>; // q: [row][d]
var<workgroup> keys: array<vec4h, BC * PITCH>; // k, then v: [key][d]
var<workgroup> weights: array<vec4h, BR * 9u>; // [row][x]: keys x, x + 8, x + 16, x + 24
var<workgroup> parts: array<vec4f, BR * 2u>; // [y][x]: what the 8 invocations of a row exchange

fn loadKv(i: u32) -> vec4h {
  if (CROSS) { return kv[i]; }
  return qkv[i];
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

fn columns(a: vec4h, b: vec4h, c: vec4h, d: vec4h) -> mat4x4f { return mat4x4f(vec4f(a), vec4f(b), vec4f(c), vec4f(d)); }

// Rows y, y + TY, y + 2·TY, y + 3·TY as columns.
fn rows4(y: u32, d: u32) -> mat4x4f {
  let i = y * PITCH + d;
  return columns(rows[i], rows[i + TY * PITCH], rows[i + 2u * TY * PITCH], rows[i + 3u * TY * PITCH]);
}
fn weights4(y: u32, x: u32) -> mat4x4f {
  let i = y * 9u + x;
  return columns(weights[i], weights[i + TY * 9u], weights[i + 2u * TY * 9u], weights[i + 3u * TY * 9u]);
}

// Keys x, x + 8, x + 16, x + 24 as columns.
fn keys4(x: u32, d: u32) -> mat4x4f {
  let i = x * PITCH + d;
  return columns(keys[i], keys[i + 8u * PITCH], keys[i + 16u * PITCH], keys[i + 24u * PITCH]);
}

fn largest(v: vec4f) -> f32 { return max(max(v.x, v.y), max(v.z, v.w)); }

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) nwg: vec3u, @builtin(local_invocation_index) lid: u32) {
  let tiles = (params.T + BR - 1u) / BR;
  let id = wid.y * nwg.x + wid.x;
  if (id >= tiles * params.B * params.NH) { return; } // the whole workgroup at once
  let h = id / tiles % params.NH;
  let b = id / tiles / params.NH;
  let t0 = (tiles - 1u - id % tiles) * BR; // the last tiles see the most keys, so they start first
  let x = lid % 8u;
  let y = lid / 8u;
  let qWidth = select((params.NH + 2u * params.NKV) * D, params.NH * D, CROSS);
  let kvWidth = select(qWidth, 2u * params.NKV * D, CROSS);
  let qBase = (b * params.T + t0) * qWidth + h * D;
  let kBase = b * params.S * kvWidth + select(params.NH * D, 0u, CROSS) + h * params.NKV / params.NH * D;
  let vBase = kBase + params.NKV * D;
  let scale = LOG2E / sqrt(f32(HS));
  let live = min(BR, params.T - t0); // rows; what the others compute from leftovers is not stored
  let end = visible(b, t0 + live - 1u); // keys from here on are never read: what lies there may be anything
  let whole = visible(b, t0); // the first row sees the fewest keys: blocks below need no mask
  let blocks = (end + BC - 1u) / BC;

  for (var i = 0u; i < (live * D + WG - 1u) / WG; i++) {
    let e = min(i * WG + lid, live * D - 1u); // several may store the last one: the same value
    rows[e / D * PITCH + e % D] = qkv[qBase + e / D * qWidth + e % D];
  }
  var o: array<mat4x4f, SLICES>; // a column is 4 dims of a row
  var m = vec4f(-1e30); // maximum of each row
  var l = vec4f(); // this invocation's part of the sum of each row's weights
  let t = min(t0 + y + TY * vec4u(0u, 1u, 2u, 3u), vec4u(params.T - 1u));
  let count = vec4u(visible(b, t.x), visible(b, t.y), visible(b, t.z), visible(b, t.w));
  for (var j = 0u; j < blocks; j++) {
    let seen = min(BC, end - j * BC); // keys of this block that some row sees
    workgroupBarrier(); // the block before is used up
    for (var i = 0u; i < (seen * D + WG - 1u) / WG; i++) {
      let e = min(i * WG + lid, seen * D - 1u);
      keys[e / D * PITCH + e % D] = loadKv(kBase + (j * BC + e / D) * kvWidth + e % D);
    }
    workgroupBarrier(); // q and k are complete
    var s = mat4x4f(); // a column is the scores of a row with this invocation's 4 keys
    for (var d = 0u; d < params.HS / 4u; d++) { s += transpose(keys4(x, d)) * rows4(y, d); }
    s *= scale;
    if (j * BC + BC > whole) {
      let key = j * BC + x + vec4u(0u, 8u, 16u, 24u);
      let no = vec4f(-1e30);
      s = mat4x4f(
        select(s[0], no, key >= count.xxxx),
        select(s[1], no, key >= count.yyyy),
        select(s[2], no, key >= count.zzzz),
        select(s[3], no, key >= count.wwww),
      );
    }
    parts[y * 8u + x] = vec4f(largest(s[0]), largest(s[1]), largest(s[2]), largest(s[3]));
    workgroupBarrier(); // all maxima; k is used up: v takes its place
    // all rows: what lies behind the last key is multiplied by 0, but must be a number
    for (var i = 0u; i < (BC * D + WG - 1u) / WG; i++) {
      let e = min(i * WG + lid, BC * D - 1u);
      keys[e / D * PITCH + e % D] = loadKv(vBase + (j * BC + min(e / D, seen - 1u)) * kvWidth + e % D);
    }
    var top = m;
    for (var i = 0u; i < 8u; i++) { top = max(top, parts[y * 8u + i]); }
    let shrink = exp2(m - top);
    m = top;
    let p = mat4x4f(exp2(s[0] - top.x), exp2(s[1] - top.y), exp2(s[2] - top.z), exp2(s[3] - top.w));
    l = l * shrink + vec4f(1.0) * p; // sums of columns
    let at = y * 9u + x;
    weights[at] = vec4h(p[0]);
    weights[at + TY * 9u] = vec4h(p[1]);
    weights[at + 2u * TY * 9u] = vec4h(p[2]);
    weights[at + 3u * TY * 9u] = vec4h(p[3]);
    workgroupBarrier(); // all weights, v is complete
    for (var slice = 0u; slice < SLICES; slice++) {
      let w = o[slice];
      o[slice] = mat4x4f(w[0] * shrink.x, w[1] * shrink.y, w[2] * shrink.z, w[3] * shrink.w);
    }
    for (var c = 0u; c < min(8u, seen); c++) { // weights of keys c, c + 8, c + 16, c + 24 lie together
      let w = weights4(y, c);
      for (var slice = 0u; slice < SLICES; slice++) { o[slice] += keys4(c, min(slice * 8u + x, D - 1u)) * w; }
    }
  }

  workgroupBarrier();
  parts[y * 8u + x] = l;
  workgroupBarrier();
  var sum = vec4f();
  for (var i = 0u; i < 8u; i++) { sum += parts[y * 8u + i]; }
  for (var r = 0u; r < 4u; r++) {
    let row = t0 + y + TY * r;
    if (row < params.T) {
      var factor = 1.0 / sum[r];
      if (GATE) { factor *= gate[h]; }
      for (var slice = 0u; slice < SLICES; slice++) {
        let d = slice * 8u + x;
        if (d < D) { out[((b * params.T + row) * params.NH + h) * D + d] = vec4h(o[slice][r] * factor); }
      }
      if (SAVE_LSE && x == 0u) { lse[(b * params.NH + h) * params.T + row] = (m[r] + log2(sum[r])) * LN2; }
    }
  }
}
