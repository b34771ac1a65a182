// attention_decode / naive
// out = softmax(q·kᵀ/√HS)·v of the token at p = state.POS over keys 0…p; its own k and v go to the cache at p. ROPE turns q and k first.
// First one invocation stores k and v, because with an f16 cache and an odd HS the rows of two positions share a word; keys before p come
// from the cache, the key of p from qkv. Then an invocation makes one head: scores twice (for the maximum, then for the sums), its sums
// straight in `out`.
// f32 or packed f16 cache (no shader-f16), any HS. Fallback and teaching text: heads are few, so a GPU idles.

struct Params { B: u32, NH: u32, NKV: u32, HS: u32, TMAX: u32 }

const ROPE: u32 = 0u; // option
const GATE: bool = false; // option
const HALF: bool = false; // option
override WG: u32 = 1u; // knob
const POS: u32 = 0u; // STATE.POS of src/plan/state.ts

@group(0) @binding(0) var<storage, read>       state: array<u32>;   // (B 16)
@group(0) @binding(1) var<storage, read>       qkv: array<f32>;     // (B NH*HS+2*NKV*HS)
@group(0) @binding(2) var<storage, read>       rope: array<vec2f>;  // (TMAX HS) as cos, sin of each pair
@group(0) @binding(3) var<storage, read>       gate: array<f32>;    // (NH)
@group(0) @binding(4) var<storage, read_write> cache_k: array<u32>; // (B NKV TMAX HS)
@group(0) @binding(5) var<storage, read_write> cache_v: array<u32>; // (B NKV TMAX HS)
@group(0) @binding(6) var<storage, read_write> out: array<f32>;     // (B NH*HS)
@group(0) @binding(8) var<uniform>             params: Params;

// Number i of the head that begins at `base` of qkv, turned by the angle of position p.
fn turned(base: u32, i: u32, p: u32) -> f32 {
  let x = qkv[base + i];
  if (ROPE == 0u) { return x; }
  let pairs = params.HS / 2u;
  let pair = select(i % pairs, i / 2u, ROPE == 1u);
  let first = select(i < pairs, i % 2u == 0u, ROPE == 1u);
  let step = select(pairs, 1u, ROPE == 1u);
  let turn = rope[p * pairs + pair];
  if (first) { return x * turn.x - qkv[base + i + step] * turn.y; }
  return qkv[base + i - step] * turn.y + x * turn.x;
}

fn half(word: u32, i: u32) -> f32 {
  let pair = unpack2x16float(word);
  return select(pair.x, pair.y, i % 2u == 1u);
}

fn key(i: u32) -> f32 {
  if (HALF) { return half(cache_k[i / 2u], i); }
  return bitcast<f32>(cache_k[i]);
}

fn value(i: u32) -> f32 {
  if (HALF) { return half(cache_v[i / 2u], i); }
  return bitcast<f32>(cache_v[i]);
}

fn position(b: u32) -> u32 { return min(state[16u * b + POS], params.TMAX - 1u); }

// Where the row of sequence b begins in qkv.
fn rowAt(b: u32) -> u32 { return b * (params.NH + 2u * params.NKV) * params.HS; }

@compute @workgroup_size(1)
fn store() {
  for (var j = 0u; j < params.B * params.NKV; j++) {
    let b = j / params.NKV;
    let p = position(b);
    let k = rowAt(b) + (params.NH + j % params.NKV) * params.HS;
    let v = k + params.NKV * params.HS;
    for (var i = 0u; i < params.HS; i++) {
      let to = (j * params.TMAX + p) * params.HS + i;
      let x = turned(k, i, p);
      let y = qkv[v + i];
      if (HALF) {
        let shift = 16u * (to % 2u);
        cache_k[to / 2u] = insertBits(cache_k[to / 2u], pack2x16float(vec2f(x, 0.0)), shift, 16u);
        cache_v[to / 2u] = insertBits(cache_v[to / 2u], pack2x16float(vec2f(y, 0.0)), shift, 16u);
      } else {
        cache_k[to] = bitcast<u32>(x);
        cache_v[to] = bitcast<u32>(y);
      }
    }
  }
}

@compute @workgroup_size(WG)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= params.B * params.NH) { return; }
  let b = id.x / params.NH;
  let h = id.x % params.NH;
  let HS = params.HS;
  let p = position(b);
  let g = h * params.NKV / params.NH;
  let q = rowAt(b) + h * HS;
  let to = id.x * HS;
  let k = rowAt(b) + (params.NH + g) * HS;
  let v = k + params.NKV * HS;
  let cache = (b * params.NKV + g) * params.TMAX * HS;
  var own = 0.0;
  for (var i = 0u; i < HS; i++) { own += turned(q, i, p) * turned(k, i, p); }
  let scale = 1.0 / sqrt(f32(HS));
  var top = own * scale;
  for (var s = 0u; s < p; s++) {
    var dot = 0.0;
    for (var i = 0u; i < HS; i++) { dot += turned(q, i, p) * key(cache + s * HS + i); }
    top = max(top, dot * scale);
  }
  let weight = exp(own * scale - top);
  var total = weight;
  for (var i = 0u; i < HS; i++) { out[to + i] = weight * qkv[v + i]; }
  for (var s = 0u; s < p; s++) {
    var dot = 0.0;
    for (var i = 0u; i < HS; i++) { dot += turned(q, i, p) * key(cache + s * HS + i); }
    let w = exp(dot * scale - top);
    total += w;
    for (var i = 0u; i < HS; i++) { out[to + i] += w * value(cache + s * HS + i); }
  }
  var factor = 1.0 / total;
  if (GATE) { factor *= gate[h]; }
  for (var i = 0u; i < HS; i++) { out[to + i] *= factor; }
}
