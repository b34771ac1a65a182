// attention_decode / workgroup
// out = softmax(q·kᵀ/√HS)·v · gate[head] over keys 0 … p, p = state.POS; k and v of p come from qkv and go to the cache.
// A workgroup (WG) makes one head in one dispatch: an invocation scores every WG-th key, then sums one vec4 of the values of every
// G-th key. All scores lie in workgroup memory, so TMAX is at most 2048. Needs HS divisible by 4, HS ≤ 4·WG.
// For caches so short that the launch of a second dispatch costs more than the few workgroups do.

struct Params { B: u32, NH: u32, NKV: u32, HS: u32, TMAX: u32 }

const ROPE: u32 = 0u; // option
const GATE: bool = false; // option
const HALF: bool = false; // option
const HS: u32 = 64u; // dim
const TMAX: u32 = 256u; // dim
const WG: u32 = 128u; // knob

const D: u32 = HS / 4u; // vec4s in a head
const G: u32 = WG / D; // groups of invocations that mix values
const POS: u32 = 0u; // STATE.POS of src/plan/state.ts
const LOG2E: f32 = 1.4426950408889634;

@group(0) @binding(0) var<storage, read>       state: array<u32>;     // (B 16)
@group(0) @binding(1) var<storage, read>       qkv: array<vec4f>;     // (B NH*HS+2*NKV*HS)
@group(0) @binding(2) var<storage, read>       rope: array<vec2f>;    // (TMAX HS) as cos, sin of each pair
@group(0) @binding(3) var<storage, read>       gate: array<f32>;      // (NH)
@group(0) @binding(4) var<storage, read_write> cache_k: array<vec2u>; // (B NKV TMAX HS)
@group(0) @binding(5) var<storage, read_write> cache_v: array<vec2u>; // (B NKV TMAX HS)
@group(0) @binding(6) var<storage, read_write> out: array<vec4f>;     // (B NH*HS)
@group(0) @binding(8) var<uniform>             params: Params;

var<workgroup> q: array<vec4f, D>;
var<workgroup> scores: array<f32, TMAX>;
var<workgroup> parts: array<f32, WG>; // each invocation's maximum, then its sum
var<workgroup> mixed: array<vec4f, WG>; // [group][d]

//> decode_cache
// Four numbers of a cache: four halves in two words, or four words.
fn loadK(i: u32) -> vec4f {
  if (HALF) { return vec4f(unpack2x16float(cache_k[i].x), unpack2x16float(cache_k[i].y)); }
  return bitcast<vec4f>(vec4u(cache_k[2u * i], cache_k[2u * i + 1u]));
}
fn loadV(i: u32) -> vec4f {
  if (HALF) { return vec4f(unpack2x16float(cache_v[i].x), unpack2x16float(cache_v[i].y)); }
  return bitcast<vec4f>(vec4u(cache_v[2u * i], cache_v[2u * i + 1u]));
}
fn keep(i: u32, k: vec4f, v: vec4f) {
  if (HALF) {
    cache_k[i] = vec2u(pack2x16float(k.xy), pack2x16float(k.zw));
    cache_v[i] = vec2u(pack2x16float(v.xy), pack2x16float(v.zw));
  } else {
    cache_k[2u * i] = bitcast<vec2u>(k.xy);
    cache_k[2u * i + 1u] = bitcast<vec2u>(k.zw);
    cache_v[2u * i] = bitcast<vec2u>(v.xy);
    cache_v[2u * i + 1u] = bitcast<vec2u>(v.zw);
  }
}
//< decode_cache

//> turned_head
// vec4 d of the head that begins at vec4 `base` of qkv, turned by the angles of position p
fn turned(base: u32, d: u32, p: u32) -> vec4f {
  let x = qkv[base + d];
  if (ROPE == 0u) { return x; }
  let at = p * (params.HS / 2u);
  if (ROPE == 1u) {
    let a = rope[at + 2u * d];
    let b = rope[at + 2u * d + 1u];
    return vec4f(x.x * a.x - x.y * a.y, x.x * a.y + x.y * a.x, x.z * b.x - x.w * b.y, x.z * b.y + x.w * b.x);
  }
  // pairs (i, i + HS/2): number by number, since HS/2 need not be divisible by 4
  let half = params.HS / 2u;
  var y = x;
  for (var c = 0u; c < 4u; c++) {
    let i = 4u * d + c;
    let turn = rope[at + i % half];
    let j = select(i - half, i + half, i < half);
    let other = qkv[base + j / 4u][j % 4u];
    y[c] = x[c] * turn.x + select(other, -other, i < half) * turn.y;
  }
  return y;
}
//< turned_head

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) nwg: vec3u, @builtin(local_invocation_index) lid: u32) {
  let row = wid.y * nwg.x + wid.x; // head h of sequence b
  if (row >= params.B * params.NH) { return; } // the whole workgroup at once
  let b = row / params.NH;
  let h = row % params.NH;
  let p = min(state[16u * b + POS], params.TMAX - 1u);
  let head = h * params.NKV / params.NH; // its keys and values
  let base = (b * params.NKV + head) * params.TMAX * D;
  let qAt = b * (params.NH + 2u * params.NKV) * D;
  let kAt = qAt + (params.NH + head) * D;
  let vAt = kAt + params.NKV * D;
  if (lid < D) {
    q[lid] = LOG2E / sqrt(f32(HS)) * turned(qAt + h * D, lid, p); // base 2
    if (h * params.NKV % params.NH < params.NKV) { // the first of the heads that share these keys
      keep(base + p * D + lid, turned(kAt, lid, p), qkv[vAt + lid]);
    }
  }
  workgroupBarrier(); // all of q

  // the newest key does not come from the cache: another workgroup may be about to write it, and it may be rounded there
  var top = -1e30;
  for (var i = 0u; i < p / WG + 1u; i++) {
    let s = i * WG + lid;
    if (s <= p) {
      var score = 0.0;
      if (s < p) {
        for (var d = 0u; d < D; d++) { score += dot(q[d], loadK(base + s * D + d)); }
      } else {
        for (var d = 0u; d < D; d++) { score += dot(q[d], turned(kAt, d, p)); }
      }
      scores[s] = score;
      top = max(top, score);
    }
  }
  parts[lid] = top;
  workgroupBarrier(); // all maxima
  for (var i = 0u; i < WG; i++) { top = max(top, parts[i]); }
  workgroupBarrier(); // maxima are read: sums take their place
  var sum = 0.0;
  for (var i = 0u; i < p / WG + 1u; i++) {
    let s = i * WG + lid;
    if (s <= p) {
      let w = exp2(scores[s] - top);
      scores[s] = w;
      sum += w;
    }
  }
  parts[lid] = sum;
  workgroupBarrier(); // all weights

  let d = lid % D;
  let g = lid / D;
  var o = vec4f();
  if (g < G) {
    for (var i = 0u; i < p / G + 1u; i++) {
      let s = i * G + g;
      if (s < p) { o += scores[s] * loadV(base + s * D + d); }
      if (s == p) { o += scores[s] * qkv[vAt + d]; }
    }
  }
  mixed[lid] = o;
  workgroupBarrier(); // all groups
  if (lid < D) {
    var total = 0.0;
    for (var i = 0u; i < WG; i++) { total += parts[i]; }
    for (var i = 1u; i < G; i++) { o += mixed[i * D + lid]; }
    var factor = 1.0 / total;
    if (GATE) { factor *= gate[h]; }
    out[row * D + lid] = o * factor;
  }
}
