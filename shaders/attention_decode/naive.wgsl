// attention_decode / naive
// out = softmax(q·kᵀ/√HS)·v of the token at p = state.POS over keys 0…p; its own k and v go to the cache at p. ROPE turns q and k first.
// An invocation makes one head: scores twice (for the maximum, then for the sums), its sums straight in `out`. The first head of a
// group writes the cache; keys before p come from it, the key of p from qkv.
// f32 cache, any HS. Fallback and teaching text: heads are few, so a GPU idles.

struct Params { NH: u32, NKV: u32, HS: u32, TMAX: u32 }

const ROPE: u32 = 0u; // option
const GATE: bool = false; // option
override WG: u32 = 1u; // knob
const POS: u32 = 0u; // STATE.POS of src/plan/state.ts

@group(0) @binding(0) var<storage, read>       state: array<u32>;   // (16)
@group(0) @binding(1) var<storage, read>       qkv: array<f32>;     // (NH*HS+2*NKV*HS)
@group(0) @binding(2) var<storage, read>       rope: array<vec2f>;  // (TMAX HS) as cos, sin of each pair
@group(0) @binding(3) var<storage, read>       gate: array<f32>;    // (NH)
@group(0) @binding(4) var<storage, read_write> cache_k: array<f32>; // (NKV TMAX HS)
@group(0) @binding(5) var<storage, read_write> cache_v: array<f32>; // (NKV TMAX HS)
@group(0) @binding(6) var<storage, read_write> out: array<f32>;     // (NH*HS)
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

@compute @workgroup_size(WG)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let h = id.x;
  if (h >= params.NH) { return; }
  let HS = params.HS;
  let p = min(state[POS], params.TMAX - 1u);
  let g = h * params.NKV / params.NH;
  let q = h * HS;
  let k = (params.NH + g) * HS;
  let v = (params.NH + params.NKV + g) * HS;
  let cache = g * params.TMAX * HS;
  // the group's first head keeps k and v; no invocation reads the cache at p
  if (h == 0u || (h - 1u) * params.NKV / params.NH != g) {
    for (var i = 0u; i < HS; i++) {
      cache_k[cache + p * HS + i] = turned(k, i, p);
      cache_v[cache + p * HS + i] = qkv[v + i];
    }
  }
  var own = 0.0;
  for (var i = 0u; i < HS; i++) { own += turned(q, i, p) * turned(k, i, p); }
  let scale = 1.0 / sqrt(f32(HS));
  var top = own * scale;
  for (var s = 0u; s < p; s++) {
    var dot = 0.0;
    for (var i = 0u; i < HS; i++) { dot += turned(q, i, p) * cache_k[cache + s * HS + i]; }
    top = max(top, dot * scale);
  }
  let weight = exp(own * scale - top);
  var total = weight;
  for (var i = 0u; i < HS; i++) { out[q + i] = weight * qkv[v + i]; }
  for (var s = 0u; s < p; s++) {
    var dot = 0.0;
    for (var i = 0u; i < HS; i++) { dot += turned(q, i, p) * cache_k[cache + s * HS + i]; }
    let w = exp(dot * scale - top);
    total += w;
    for (var i = 0u; i < HS; i++) { out[q + i] += w * cache_v[cache + s * HS + i]; }
  }
  var factor = 1.0 / total;
  if (GATE) { factor *= gate[h]; }
  for (var i = 0u; i < HS; i++) { out[q + i] *= factor; }
}
