// attention_decode / workgroup
// out = softmax(q·kᵀ/√HS)·v of the token at p = state.POS over keys 0…p; its own k and v go to the cache at p. ROPE turns q and k first.
// A workgroup makes one head. First each invocation scores keys WG apart, then all agree on maximum and sum, then each adds up one
// vec4 of the output over every WG/D-th key; these parts are summed in fixed order. HALF reads pairs packed in words.
// HS divisible by 4, WG divisible by HS/4, scores of TMAX keys fit into workgroup memory. One dispatch: wins for caches up to ~2000 keys.
// Flash-decoding: Dao et al. 2023 (here the split is over invocations of one workgroup).

struct Params { NH: u32, NKV: u32, HS: u32, TMAX: u32 }

const ROPE: u32 = 0u; // option
const GATE: bool = false; // option
const HALF: bool = false; // option
const HS: u32 = 64u; // dim
const TMAX: u32 = 256u; // dim
const WG: u32 = 128u; // knob
const POS: u32 = 0u; // STATE.POS of src/plan/state.ts
const D: u32 = HS / 4u; // vec4s in a head
const PARTS: u32 = WG / D;
const STEPS: u32 = 31u - countLeadingZeros(WG); // WG is a power of two

@group(0) @binding(0) var<storage, read>       state: array<u32>;     // (16)
@group(0) @binding(1) var<storage, read>       qkv: array<vec4f>;     // (NH*HS+2*NKV*HS)
@group(0) @binding(2) var<storage, read>       rope: array<vec2f>;    // (TMAX HS) as cos, sin of each pair
@group(0) @binding(3) var<storage, read>       gate: array<f32>;      // (NH)
@group(0) @binding(4) var<storage, read_write> cache_k: array<vec2u>; // (NKV TMAX HS)
@group(0) @binding(5) var<storage, read_write> cache_v: array<vec2u>; // (NKV TMAX HS)
@group(0) @binding(6) var<storage, read_write> out: array<vec4f>;     // (NH*HS)
@group(0) @binding(8) var<uniform>             params: Params;

var<workgroup> query: array<vec4f, D>;
var<workgroup> key: array<vec4f, D>;
var<workgroup> scores: array<f32, TMAX>;
var<workgroup> parts: array<vec4f, WG>;
var<workgroup> reduced: array<f32, WG>;

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

fn highest(lid: u32, x: f32) -> f32 {
  reduced[lid] = x;
  workgroupBarrier();
  for (var i = 0u; i < STEPS; i++) {
    let y = max(reduced[lid], reduced[lid ^ (1u << i)]);
    workgroupBarrier(); // all have read
    reduced[lid] = y;
    workgroupBarrier(); // all have written
  }
  return reduced[lid];
}

fn total(lid: u32, x: f32) -> f32 {
  reduced[lid] = x;
  workgroupBarrier();
  for (var i = 0u; i < STEPS; i++) {
    let y = reduced[lid] + reduced[lid ^ (1u << i)];
    workgroupBarrier();
    reduced[lid] = y;
    workgroupBarrier();
  }
  return reduced[lid];
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(local_invocation_index) lid: u32) {
  let h = wid.x;
  let p = min(state[POS], TMAX - 1u);
  let g = h * params.NKV / params.NH;
  let v = (params.NH + params.NKV + g) * D;
  let cache = g * TMAX * D;
  let first = h == 0u || (h - 1u) * params.NKV / params.NH != g;
  for (var i = 0u; i < (D + WG - 1u) / WG; i++) {
    let d = i * WG + lid;
    if (d < D) {
      query[d] = turned(h * D, d, p) / sqrt(f32(HS));
      key[d] = turned((params.NH + g) * D, d, p);
      if (first) { keep(cache + p * D + d, key[d], qkv[v + d]); }
    }
  }
  workgroupBarrier(); // query and key are complete; the cache at p is read by nobody

  var top = -1e30;
  let rounds = p / WG + 1u;
  for (var i = 0u; i < rounds; i++) {
    let s = i * WG + lid;
    if (s <= p) {
      var dot = vec4f();
      for (var d = 0u; d < D; d++) {
        if (s == p) { dot += query[d] * key[d]; } else { dot += query[d] * loadK(cache + s * D + d); }
      }
      scores[s] = dot.x + dot.y + dot.z + dot.w;
      top = max(top, scores[s]);
    }
  }
  top = highest(lid, top);
  var sum = 0.0;
  for (var i = 0u; i < rounds; i++) {
    let s = i * WG + lid;
    if (s <= p) {
      scores[s] = exp(scores[s] - top); // each invocation touches its own scores only
      sum += scores[s];
    }
  }
  sum = total(lid, sum); // its barriers also make all weights visible

  // invocation = one vec4 of the head × one residue of keys
  let d = lid % D;
  let part = lid / D;
  var o = vec4f();
  let turns = p / PARTS + 1u;
  for (var i = 0u; i < turns; i++) {
    let s = i * PARTS + part;
    if (s < p) { o += scores[s] * loadV(cache + s * D + d); }
    if (s == p) { o += scores[s] * qkv[v + d]; }
  }
  parts[lid] = o;
  workgroupBarrier();
  if (lid < D) {
    var sums = vec4f();
    for (var i = 0u; i < PARTS; i++) { sums += parts[i * D + lid]; }
    var factor = 1.0 / sum;
    if (GATE) { factor *= gate[h]; }
    out[h * D + lid] = factor * sums;
  }
}
