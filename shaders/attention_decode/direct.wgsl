// attention_decode / direct
// out = softmax(q·kᵀ/√HS)·v · gate[head] over keys 0 … p, p = state.POS; k and v of p come from qkv and go to the cache.
// A workgroup makes one head; each of its LANES invocations recomputes all scores, 4 keys at a time as a matrix, and sums its own
// share of the vec4s of v. No barrier, no workgroup memory; one dispatch. HALF needs no shader-f16. HS divisible by 4.
// Wins on software adapters: lanes that read the same key cost as much as one, and LANES of them are one SIMD register.

struct Params { B: u32, NH: u32, NKV: u32, HS: u32, TMAX: u32 }

const ROPE: u32 = 0u; // option
const GATE: bool = false; // option
const HALF: bool = false; // option
const HS: u32 = 64u; // dim
const LANES: u32 = 4u; // knob

const D: u32 = HS / 4u; // vec4s in a head
const N: u32 = (D + LANES - 1u) / LANES; // of them, an invocation's
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

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) nwg: vec3u, @builtin(local_invocation_index) lid: u32) {
  let row = wid.y * nwg.x + wid.x; // head h of sequence b
  if (row >= params.B * params.NH) { return; }
  let b = row / params.NH;
  let h = row % params.NH;
  let p = min(state[16u * b + POS], params.TMAX - 1u);
  let head = h * params.NKV / params.NH; // its keys and values
  let base = (b * params.NKV + head) * params.TMAX * D;
  let qAt = b * (params.NH + 2u * params.NKV) * D;
  let kAt = qAt + (params.NH + head) * D;
  let vAt = kAt + params.NKV * D;
  let writes = h * params.NKV % params.NH < params.NKV; // the first of the heads that share these keys

  // loops over dims end at what params say: a compiler that knows the count unrolls them, which takes it seconds
  let dims = params.HS / 4u;
  let parts = (params.HS / 4u + LANES - 1u) / LANES;
  let scale = LOG2E / sqrt(f32(HS));
  var q: array<vec4f, D>;
  var o: array<vec4f, N>; // vec4s lid, lid + LANES, …
  // the newest key does not come from the cache: another workgroup may be about to write it, and it may be rounded there
  var m = 0.0; // what the exponents are relative to
  for (var d = 0u; d < dims; d++) {
    q[d] = scale * turned(qAt + h * D, d, p);
    m += dot(q[d], turned(kAt, d, p));
  }
  var l = 1.0;
  for (var i = 0u; i < parts; i++) {
    let d = min(i * LANES + lid, D - 1u); // past the end the last one is made again and not stored
    o[i] = qkv[vAt + d];
    if (writes && i * LANES + lid < D) { keep(base + p * D + d, turned(kAt, d, p), o[i]); }
  }
  for (var j = 0u; j < (p + 3u) / 4u; j++) {
    let key = 4u * j + vec4u(0u, 1u, 2u, 3u);
    let at = base + min(key, vec4u(p - 1u)) * D;
    var s = vec4f();
    for (var d = 0u; d < dims; d++) {
      let i = at + d;
      s += q[d] * mat4x4f(loadK(i.x), loadK(i.y), loadK(i.z), loadK(i.w));
    }
    s = select(vec4f(-1e30), s, key < vec4u(p));
    let top = max(max(s.x, s.y), max(s.z, s.w));
    if (top > m + 8.0) { // rescaling can wait until an exponential would be over 2⁸
      let shrink = exp2(m - top);
      m = top;
      l *= shrink;
      for (var i = 0u; i < parts; i++) { o[i] *= shrink; }
    }
    let w = exp2(s - m);
    l += w.x + w.y + w.z + w.w;
    for (var i = 0u; i < parts; i++) {
      let c = at + min(i * LANES + lid, D - 1u);
      o[i] += mat4x4f(loadV(c.x), loadV(c.y), loadV(c.z), loadV(c.w)) * w;
    }
  }
  var factor = 1.0 / l;
  if (GATE) { factor *= gate[h]; }
  for (var i = 0u; i < parts; i++) {
    let d = i * LANES + lid;
    if (d < D) { out[row * D + d] = o[i] * factor; }
  }
}
