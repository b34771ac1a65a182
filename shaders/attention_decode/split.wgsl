// attention_decode / split
// out = softmax(q·kᵀ/√HS)·v · gate[head] over keys 0 … p, p = state.POS; k and v of p come from qkv and go to the cache.
// Pass `part`: a workgroup (WG) makes maximum, sum and mix of CHUNK keys of one head; those past p return at once. Pass `merge`:
// an invocation brings one vec4 of a head's parts to one maximum and adds them, in order. Needs HS divisible by 4, ≤ 4·WG.
// For long caches: heads alone are too few workgroups to fill a GPU. Flash-Decoding (Dao et al. 2023).

struct Params { B: u32, NH: u32, NKV: u32, HS: u32, TMAX: u32 }

const ROPE: u32 = 0u; // option
const GATE: bool = false; // option
const HALF: bool = false; // option
const HS: u32 = 64u; // dim
const CHUNK: u32 = 256u; // knob
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
@group(0) @binding(7) var<storage, read_write> work: array<vec4f>;    // (B NH ⌈TMAX/CHUNK⌉ HS+4), last: maximum, sum
@group(0) @binding(8) var<uniform>             params: Params;

var<workgroup> q: array<vec4f, D>;
var<workgroup> scores: array<f32, CHUNK>;
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
fn part(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) nwg: vec3u, @builtin(local_invocation_index) lid: u32) {
  let chunks = (params.TMAX + CHUNK - 1u) / CHUNK;
  let id = wid.y * nwg.x + wid.x;
  let b = id / chunks / params.NH;
  let h = id / chunks % params.NH;
  let first = id % chunks * CHUNK;
  let p = min(state[16u * b + POS], params.TMAX - 1u);
  let head = h * params.NKV / params.NH; // its keys and values
  let base = (b * params.NKV + head) * params.TMAX * D;
  let qAt = b * (params.NH + 2u * params.NKV) * D;
  let kAt = qAt + (params.NH + head) * D;
  let vAt = kAt + params.NKV * D;
  if (b >= params.B || first > p) { return; } // the whole workgroup at once
  let count = min(CHUNK, p + 1u - first);
  if (lid < D) {
    q[lid] = LOG2E / sqrt(f32(HS)) * turned(qAt + h * D, lid, p); // base 2
    if (first + count > p && h * params.NKV % params.NH < params.NKV) { // the first of the heads that share these keys
      keep(base + p * D + lid, turned(kAt, lid, p), qkv[vAt + lid]);
    }
  }
  workgroupBarrier(); // all of q

  // the newest key does not come from the cache: another workgroup may be about to write it, and it may be rounded there
  var top = -1e30;
  for (var i = 0u; i < (count + WG - 1u) / WG; i++) {
    let c = i * WG + lid;
    if (c < count) {
      var score = 0.0;
      if (first + c < p) {
        for (var d = 0u; d < D; d++) { score += dot(q[d], loadK(base + (first + c) * D + d)); }
      } else {
        for (var d = 0u; d < D; d++) { score += dot(q[d], turned(kAt, d, p)); }
      }
      scores[c] = score;
      top = max(top, score);
    }
  }
  parts[lid] = top;
  workgroupBarrier(); // all maxima
  for (var i = 0u; i < WG; i++) { top = max(top, parts[i]); }
  workgroupBarrier(); // maxima are read: sums take their place
  var sum = 0.0;
  for (var i = 0u; i < (count + WG - 1u) / WG; i++) {
    let c = i * WG + lid;
    if (c < count) {
      let w = exp2(scores[c] - top);
      scores[c] = w;
      sum += w;
    }
  }
  parts[lid] = sum;
  workgroupBarrier(); // all weights

  let d = lid % D;
  let g = lid / D;
  var o = vec4f();
  if (g < G) {
    for (var i = 0u; i < (count + G - 1u) / G; i++) {
      let c = i * G + g;
      if (c < count && first + c < p) { o += scores[c] * loadV(base + (first + c) * D + d); }
      if (c < count && first + c == p) { o += scores[c] * qkv[vAt + d]; }
    }
  }
  mixed[lid] = o;
  workgroupBarrier(); // all groups
  if (lid < D) {
    for (var i = 1u; i < G; i++) { o += mixed[i * D + lid]; }
    work[id * (D + 1u) + lid] = o;
  }
  if (lid == 0u) {
    var total = 0.0;
    for (var i = 0u; i < WG; i++) { total += parts[i]; }
    work[id * (D + 1u) + D] = vec4f(top, total, 0.0, 0.0);
  }
}

@compute @workgroup_size(WG)
fn merge(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) nwg: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * nwg.x + wid.x) * WG + lid;
  if (i >= params.B * params.NH * D) { return; }
  let row = i / D; // head of a sequence
  let d = i % D;
  let p = min(state[16u * (row / params.NH) + POS], params.TMAX - 1u);
  let chunks = (params.TMAX + CHUNK - 1u) / CHUNK;
  let at = row * chunks * (D + 1u);
  var m = -1e30;
  var l = 0.0;
  var o = vec4f();
  for (var c = 0u; c < p / CHUNK + 1u; c++) {
    let chunk = at + c * (D + 1u);
    let part = work[chunk + D];
    let top = max(m, part.x);
    let old = exp2(m - top);
    let fresh = exp2(part.x - top);
    m = top;
    l = l * old + part.y * fresh;
    o = o * old + work[chunk + d] * fresh;
  }
  var factor = 1.0 / l;
  if (GATE) { factor *= gate[row % params.NH]; }
  out[i] = o * factor;
}
