// attention / blocked
// out = softmax(q·kᵀ/√HS + mask)·v · gate[head], online over blocks of 32 keys.
// A workgroup (8·TY) makes TY·4·RG rows of one head. 8 invocations share 4·RG rows: each has RG 4×4 matrices of scores (keys x,
// x + 8, x + 16, x + 24), then 4 of every 32 dims of the sums. q, k, v pass through workgroup memory 32 dims at a time: 16 KiB at any HS.
// For real GPUs: 4 + 4·RG vec4 loads from workgroup memory feed 64·RG FMAs on registers. Needs HS divisible by 4.
// FlashAttention-2 (Dao 2023): base 2, 1/√HS folded into q, one division at the end; each invocation sums its own keys' weights.

struct Params { B: u32, T: u32, S: u32, NH: u32, NKV: u32, HS: u32 }

const MASK: u32 = 1u; // option
const PADDED: bool = false; // option
const CROSS: bool = false; // option
const GATE: bool = false; // option
const SAVE_LSE: bool = false; // option
const HS: u32 = 64u; // dim
const RG: u32 = 1u; // knob
const TY: u32 = 16u; // knob
alias elem = f32; // elem

const BR: u32 = TY * 4u * RG; // rows of a workgroup
const BC: u32 = 32u; // keys of a block
const WG: u32 = TY * 8u;
const D: u32 = HS / 4u; // vec4s in a head
const SLICES: u32 = (D + 7u) / 8u;
const PITCH: u32 = 9u; // 8 vec4s and one unused: rows that are read together lie in different banks
const LOG2E: f32 = 1.4426950408889634;
const LN2: f32 = 0.6931471805599453;

@group(0) @binding(0) var<storage, read>       qkv: array<vec4<elem>>;    // (B T NH*HS+2*NKV*HS) or, CROSS, (B T NH*HS)
@group(0) @binding(1) var<storage, read>       kv: array<vec4<elem>>;     // (B S 2*NKV*HS)
@group(0) @binding(2) var<storage, read>       spans: array<u32>;         // (B 2)
@group(0) @binding(3) var<storage, read>       gate: array<f32>;          // (NH)
@group(0) @binding(4) var<storage, read_write> out: array<vec4<elem>>;    // (B T NH*HS)
@group(0) @binding(5) var<storage, read_write> lse: array<f32>;           // (B NH T)
@group(0) @binding(7) var<uniform>             params: Params;

var<workgroup> rows: array<vec4f, BR * PITCH>; // a slice of q: [row][d]; then weights: [row][x], keys x, x + 8, x + 16, x + 24
var<workgroup> keys: array<vec4f, BC * PITCH>; // a slice of k, then of v: [key][d]
var<workgroup> parts: array<vec4f, BR * 2u>; // [y][group][x]: what the 8 invocations of a row exchange

fn loadKv(i: u32) -> vec4f {
  if (CROSS) { return vec4f(kv[i]); }
  return vec4f(qkv[i]);
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

// Rows y, y + TY, y + 2·TY, y + 3·TY of a group, as columns.
fn rows4(first: u32, d: u32) -> mat4x4f {
  let i = first * PITCH + d;
  return mat4x4f(rows[i], rows[i + TY * PITCH], rows[i + 2u * TY * PITCH], rows[i + 3u * TY * PITCH]);
}

// Keys x, x + 8, x + 16, x + 24 as columns.
fn keys4(x: u32, d: u32) -> mat4x4f {
  let i = x * PITCH + d;
  return mat4x4f(keys[i], keys[i + 8u * PITCH], keys[i + 16u * PITCH], keys[i + 24u * PITCH]);
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
  let slices = (params.HS + 31u) / 32u; // SLICES, but not known to a compiler that would unroll everything

  var o: array<array<mat4x4f, SLICES>, RG>; // a column is 4 dims of a row
  var m: array<vec4f, RG>; // maximum of each row
  var l: array<vec4f, RG>; // this invocation's part of the sum of each row's weights
  var count: array<vec4u, RG>;
  for (var g = 0u; g < RG; g++) {
    m[g] = vec4f(-1e30);
    let t = min(t0 + y + TY * (4u * g + vec4u(0u, 1u, 2u, 3u)), vec4u(params.T - 1u));
    count[g] = vec4u(visible(b, t.x), visible(b, t.y), visible(b, t.z), visible(b, t.w));
  }
  for (var j = 0u; j < blocks; j++) {
    var s = array<mat4x4f, RG>(); // a column is the scores of a row with this invocation's 4 keys
    let seen = min(BC, end - j * BC); // keys of this block that some row sees
    for (var slice = 0u; slice < slices; slice++) {
      let d0 = slice * 8u;
      workgroupBarrier(); // the block or slice before is used up
      if (d0 + x < D) {
        for (var i = 0u; i < (live + TY - 1u) / TY; i++) {
          let r = i * TY + y;
          rows[r * PITCH + x] = scale * vec4f(qkv[qBase + min(r, live - 1u) * qWidth + d0 + x]);
        }
        for (var i = 0u; i < (seen + TY - 1u) / TY; i++) {
          let c = i * TY + y;
          keys[c * PITCH + x] = loadKv(kBase + (j * BC + min(c, seen - 1u)) * kvWidth + d0 + x);
        }
      }
      workgroupBarrier();
      let ds = min(8u, params.HS / 4u - d0);
      for (var d = 0u; d < ds; d++) {
        let k = transpose(keys4(x, d));
        for (var g = 0u; g < RG; g++) { s[g] += k * rows4(y + TY * 4u * g, d); }
      }
    }
    let key = j * BC + x + vec4u(0u, 8u, 16u, 24u);
    for (var g = 0u; g < RG; g++) {
      if (j * BC + BC > whole) {
        for (var r = 0u; r < 4u; r++) { s[g][r] = select(s[g][r], vec4f(-1e30), key >= vec4u(count[g][r])); }
      }
      parts[(y * RG + g) * 8u + x] = vec4f(largest(s[g][0]), largest(s[g][1]), largest(s[g][2]), largest(s[g][3]));
    }
    workgroupBarrier(); // q and k are used up too: weights and v take their place
    for (var g = 0u; g < RG; g++) {
      var top = m[g];
      for (var i = 0u; i < 8u; i++) { top = max(top, parts[(y * RG + g) * 8u + i]); }
      let shrink = exp2(m[g] - top);
      m[g] = top;
      var sum = vec4f(0.0);
      for (var r = 0u; r < 4u; r++) {
        let p = exp2(s[g][r] - top[r]);
        rows[(y + TY * (4u * g + r)) * PITCH + x] = p;
        sum[r] = p.x + p.y + p.z + p.w;
      }
      l[g] = l[g] * shrink + sum;
      for (var slice = 0u; slice < SLICES; slice++) {
        let w = o[g][slice];
        o[g][slice] = mat4x4f(w[0] * shrink.x, w[1] * shrink.y, w[2] * shrink.z, w[3] * shrink.w);
      }
    }
    for (var slice = 0u; slice < SLICES; slice++) {
      if (slice > 0u) { workgroupBarrier(); } // the slice before is used up
      let at = slice * 8u + x;
      if (at < D) {
        // all rows: what lies behind the last key is multiplied by 0, but must be a number
        for (var i = 0u; i < BC / TY; i++) {
          let c = i * TY + y;
          keys[c * PITCH + x] = loadKv(vBase + (j * BC + min(c, seen - 1u)) * kvWidth + at);
        }
      }
      workgroupBarrier();
      let cs = min(8u, seen);
      for (var c = 0u; c < cs; c++) { // weights of keys c, c + 8, c + 16, c + 24 lie together
        let v = keys4(c, x);
        for (var g = 0u; g < RG; g++) { o[g][slice] += v * rows4(y + TY * 4u * g, c); }
      }
    }
  }

  workgroupBarrier();
  for (var g = 0u; g < RG; g++) { parts[(y * RG + g) * 8u + x] = l[g]; }
  workgroupBarrier();
  for (var g = 0u; g < RG; g++) {
    var sum = vec4f(0.0);
    for (var i = 0u; i < 8u; i++) { sum += parts[(y * RG + g) * 8u + i]; }
    for (var r = 0u; r < 4u; r++) {
      let t = t0 + y + TY * (4u * g + r);
      if (t < params.T) {
        var factor = 1.0 / sum[r];
        if (GATE) { factor *= gate[h]; }
        for (var slice = 0u; slice < SLICES; slice++) {
          let d = slice * 8u + x;
          if (d < D) { out[((b * params.T + t) * params.NH + h) * D + d] = vec4<elem>(o[g][slice][r] * factor); }
        }
        if (SAVE_LSE && x == 0u) { lse[(b * params.NH + h) * params.T + t] = (m[g][r] + log2(sum[r])) * LN2; }
      }
    }
  }
}
