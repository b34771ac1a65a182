// attention_decode / direct
// out = softmax(q·kᵀ/√HS)·v of the token at p = state.POS over keys 0…p; its own k and v go to the cache at p. ROPE turns q and k first.
// An invocation makes one head: q and its sums in registers as vec4s, 4 keys at a time, online softmax. The first head of a group
// writes the cache; keys before p come from it, the key of p from qkv. HALF reads and writes pairs packed in words: no shader-f16 needed.
// HS divisible by 4. Wins where a CPU plays the GPU: no barrier, no workgroup memory, each key and value read once.

struct Params { NH: u32, NKV: u32, HS: u32, TMAX: u32 }

const ROPE: u32 = 0u; // option
const GATE: bool = false; // option
const HALF: bool = false; // option
const HS: u32 = 64u; // dim
override WG: u32 = 1u; // knob
const POS: u32 = 0u; // STATE.POS of src/plan/state.ts
const D: u32 = HS / 4u; // vec4s in a head

@group(0) @binding(0) var<storage, read>       state: array<u32>;     // (16)
@group(0) @binding(1) var<storage, read>       qkv: array<vec4f>;     // (NH*HS+2*NKV*HS)
@group(0) @binding(2) var<storage, read>       rope: array<vec2f>;    // (TMAX HS) as cos, sin of each pair
@group(0) @binding(3) var<storage, read>       gate: array<f32>;      // (NH)
@group(0) @binding(4) var<storage, read_write> cache_k: array<vec2u>; // (NKV TMAX HS)
@group(0) @binding(5) var<storage, read_write> cache_v: array<vec2u>; // (NKV TMAX HS)
@group(0) @binding(6) var<storage, read_write> out: array<vec4f>;     // (NH*HS)
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

@compute @workgroup_size(WG)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let h = id.x;
  if (h >= params.NH) { return; }
  let p = min(state[POS], params.TMAX - 1u);
  let g = h * params.NKV / params.NH;
  let k = (params.NH + g) * D;
  let v = (params.NH + params.NKV + g) * D;
  let cache = g * params.TMAX * D;
  let n = params.HS / 4u; // a bound that the compiler does not know: unrolling takes it seconds
  let scale = 1.0 / sqrt(f32(HS));
  var q: array<vec4f, D>;
  var o: array<vec4f, D>;
  var own = vec4f();
  let first = h == 0u || (h - 1u) * params.NKV / params.NH != g;
  for (var d = 0u; d < n; d++) {
    q[d] = scale * turned(h * D, d, p);
    let key = turned(k, d, p);
    own += q[d] * key;
    o[d] = qkv[v + d];
    if (first) { keep(cache + p * D + d, key, o[d]); }
  }
  var m = own.x + own.y + own.z + own.w;
  var l = 1.0;
  let blocks = (p + 3u) / 4u;
  for (var b = 0u; b < blocks; b++) {
    let s = 4u * b;
    // keys from p on are not read: what lies there may be anything
    let at = cache + min(s + vec4u(0u, 1u, 2u, 3u), vec4u(p - 1u)) * D;
    var dots = mat4x4f();
    for (var d = 0u; d < n; d++) {
      let x = q[d];
      dots[0] += x * loadK(at.x + d);
      dots[1] += x * loadK(at.y + d);
      dots[2] += x * loadK(at.z + d);
      dots[3] += x * loadK(at.w + d);
    }
    let t = transpose(dots);
    let score = select(t[0] + t[1] + t[2] + t[3], vec4f(-1e30), s + vec4u(0u, 1u, 2u, 3u) >= vec4u(p));
    let top = max(max(score.x, score.y), max(score.z, score.w));
    if (top > m) {
      let shrink = exp(m - top);
      m = top;
      l *= shrink;
      for (var d = 0u; d < n; d++) { o[d] *= shrink; }
    }
    let w = exp(score - m);
    l += w.x + w.y + w.z + w.w;
    for (var d = 0u; d < n; d++) {
      o[d] += w.x * loadV(at.x + d) + w.y * loadV(at.y + d) + w.z * loadV(at.z + d) + w.w * loadV(at.w + d);
    }
  }
  var factor = 1.0 / l;
  if (GATE) { factor *= gate[h]; }
  for (var d = 0u; d < n; d++) { out[h * D + d] = factor * o[d]; }
}
