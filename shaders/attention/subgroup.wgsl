// attention / subgroup
// out = softmax(q·kᵀ/√HS + mask)·v · gate[head], online over blocks of 16 keys.
// A workgroup (WG) makes WG rows of one head. A quad makes 4 of them, each lane every fourth vec4 of q and of the sums: a product
// with 4 keys is a 4×4 matrix whose parts the quad adds so that a lane ends with one whole row, and does that row's softmax alone.
// Needs subgroups of 4 or more with lanes in order, HS divisible by 16. Keys are shared through workgroup memory, weights through
// quad swaps. FlashAttention-2 (Dao 2023) without the trip of the weights through shared memory; lazy rescaling: FlashAttention-4.

enable subgroups;

struct Params { B: u32, T: u32, S: u32, NH: u32, NKV: u32, HS: u32 }

const MASK: u32 = 1u; // option
const PADDED: bool = false; // option
const CROSS: bool = false; // option
const GATE: bool = false; // option
const SAVE_LSE: bool = false; // option
const HS: u32 = 64u; // dim
const WG: u32 = 64u; // knob
alias elem = f32; // elem

const BC: u32 = 16u; // keys of a block
const D: u32 = HS / 4u; // vec4s in a head
const N: u32 = HS / 16u; // of them, a lane's
const LOG2E: f32 = 1.4426950408889634;
const LN2: f32 = 0.6931471805599453;

@group(0) @binding(0) var<storage, read>       qkv: array<vec4<elem>>;    // (B T NH*HS+2*NKV*HS) or, CROSS, (B T NH*HS)
@group(0) @binding(1) var<storage, read>       kv: array<vec4<elem>>;     // (B S 2*NKV*HS)
@group(0) @binding(2) var<storage, read>       spans: array<u32>;         // (B 2)
@group(0) @binding(3) var<storage, read>       gate: array<f32>;          // (NH)
@group(0) @binding(4) var<storage, read_write> out: array<vec4<elem>>;    // (B T NH*HS)
@group(0) @binding(5) var<storage, read_write> lse: array<f32>;           // (B NH T)
@group(0) @binding(7) var<uniform>             params: Params;


var<workgroup> keys: array<vec4f, BC * D>; // [key][d]
var<workgroup> values: array<vec4f, BC * D>; // [key][d]
var<private> q: array<mat4x4f, N>; // a column is 4 dims of a row, dims 16i + 4·lane …
var<private> o: array<mat4x4f, N>; // sums of weights·v, likewise

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


// The lane's row times keys 4c … 4c + 3: each lane makes its dims' part of all 4 rows, then lane r collects row r.
fn scores4(c: u32, lane: u32) -> vec4f {
  var part = mat4x4f();
  for (var i = 0u; i < N; i++) {
    let at = c * 4u * D + 4u * i + lane;
    part += transpose(mat4x4f(keys[at], keys[at + D], keys[at + 2u * D], keys[at + 3u * D])) * q[i];
  }
  let low = (lane & 2u) == 0u;
  let even = (lane & 1u) == 0u;
  let a = select(part[2], part[0], low) + quadSwapY(select(part[0], part[2], low));
  let b = select(part[3], part[1], low) + quadSwapY(select(part[1], part[3], low));
  return select(b, a, even) + quadSwapX(select(a, b, even));
}

// Adds weights·values of keys 4c … 4c + 3; p are the weights of the lane's row.
fn mix(c: u32, lane: u32, p: vec4f) {
  let weights = mat4x4f(quadBroadcast(p, 0u), quadBroadcast(p, 1u), quadBroadcast(p, 2u), quadBroadcast(p, 3u));
  for (var i = 0u; i < N; i++) {
    let at = c * 4u * D + 4u * i + lane;
    o[i] += mat4x4f(values[at], values[at + D], values[at + 2u * D], values[at + 3u * D]) * weights;
  }
}

fn rows4(x: f32) -> vec4f {
  return vec4f(quadBroadcast(x, 0u), quadBroadcast(x, 1u), quadBroadcast(x, 2u), quadBroadcast(x, 3u));
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) nwg: vec3u, @builtin(local_invocation_index) lid: u32) {
  let tiles = (params.T + WG - 1u) / WG;
  let id = wid.y * nwg.x + wid.x;
  if (id >= tiles * params.B * params.NH) { return; } // the whole workgroup at once
  let h = id / tiles % params.NH;
  let b = id / tiles / params.NH;
  let t0 = (tiles - 1u - id % tiles) * WG; // the last tiles see the most keys, so they start first
  let lane = lid % 4u;
  let t = t0 + lid; // the lane's row
  let qWidth = select((params.NH + 2u * params.NKV) * D, params.NH * D, CROSS);
  let kvWidth = select(qWidth, 2u * params.NKV * D, CROSS);
  let kBase = b * params.S * kvWidth + select(params.NH * D, 0u, CROSS) + h * params.NKV / params.NH * D;
  let vBase = kBase + params.NKV * D;
  // rows past the end repeat the last one and are not stored; keys behind the last visible one are never read
  let count = visible(b, min(t, params.T - 1u));
  let end = visible(b, min(t0 + WG, params.T) - 1u);
  let blocks = (end + BC - 1u) / BC;

  // 1/√HS and the change to base 2 are folded into q
  let scale = LOG2E / sqrt(f32(HS));
  let row = min(t - lane + vec4u(0u, 1u, 2u, 3u), vec4u(params.T - 1u));
  let qAt = (b * params.T + row) * qWidth + h * D + lane;
  for (var i = 0u; i < N; i++) {
    let at = qAt + 4u * i;
    q[i] = scale * mat4x4f(vec4f(qkv[at.x]), vec4f(qkv[at.y]), vec4f(qkv[at.z]), vec4f(qkv[at.w]));
  }
  var m = -1e30; // what the exponents of the lane's row are relative to
  var l = 0.0;
  for (var j = 0u; j < blocks; j++) {
    workgroupBarrier(); // the block before is used up
    let seen = min(BC, end - j * BC); // keys of this block that some row sees
    let groups = (seen + 3u) / 4u;
    for (var i = 0u; i < (groups * 4u * D + WG - 1u) / WG; i++) {
      let e = min(i * WG + lid, groups * 4u * D - 1u); // several may store the last one: the same value
      // what lies behind the last key is multiplied by 0, but must be a number: that key again
      let at = (j * BC + min(e / D, seen - 1u)) * kvWidth + e % D;
      keys[e] = loadKv(kBase + at);
      values[e] = loadKv(vBase + at);
    }
    workgroupBarrier();
    for (var c = 0u; c < groups; c++) {
      let key = j * BC + 4u * c + vec4u(0u, 1u, 2u, 3u);
      let s = select(vec4f(-1e30), scores4(c, lane), key < vec4u(count));
      let top = max(max(s.x, s.y), max(s.z, s.w));
      let moved = select(m, top, top > m + 8.0);
      let shrink = exp2(m - moved);
      m = moved;
      let p = exp2(s - m);
      l = l * shrink + (p.x + p.y + p.z + p.w);
      let shrinks = rows4(shrink);
      if (any(shrinks != vec4f(1.0))) {
        for (var i = 0u; i < N; i++) {
          let x = o[i];
          o[i] = mat4x4f(x[0] * shrinks.x, x[1] * shrinks.y, x[2] * shrinks.z, x[3] * shrinks.w);
        }
      }
      mix(c, lane, p);
    }
  }

  var factor = 1.0 / l;
  if (GATE) { factor *= gate[h]; }
  let factors = rows4(factor);
  for (var r = 0u; r < 4u; r++) {
    if (t - lane + r < params.T) {
      let outAt = ((b * params.T + t - lane + r) * params.NH + h) * D + lane;
      for (var i = 0u; i < N; i++) { out[outAt + 4u * i] = vec4<elem>(o[i][r] * factors[r]); }
    }
  }
  if (SAVE_LSE && t < params.T) { lse[(b * params.NH + h) * params.T + t] = (m + log2(l)) * LN2; }
}
