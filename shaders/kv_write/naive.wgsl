// kv_write / naive
// cache_k[b,h,t] = k of head h in row t of qkv[b], cache_v[b,h,t] = v, for t < T; the rest of the caches is unchanged.
// An invocation makes one word of each cache: a number, or with HALF two of them (no shader-f16). Where HS is odd a word may hold the end
// of one row and the start of the next: so invocations own words, not rows, and a half that belongs to no new row keeps its bits.
// Any HS. Walks the whole caches, even if T is short: the fallback of head sizes that vec4 cannot handle.

struct Params { B: u32, T: u32, NH: u32, NKV: u32, HS: u32, TMAX: u32 }

const HALF: bool = false; // option
override WG: u32 = 64u; // knob
const STAYS: u32 = 0xffffffffu;

@group(0) @binding(0) var<storage, read>       qkv: array<f32>;     // (B T NH*HS+2*NKV*HS)
@group(0) @binding(1) var<storage, read_write> cache_k: array<u32>; // (B NKV TMAX HS)
@group(0) @binding(2) var<storage, read_write> cache_v: array<u32>; // (B NKV TMAX HS)
@group(0) @binding(4) var<uniform>             params: Params;

// Where number i of the keys comes from in qkv (the values lie NKV·HS further on), or STAYS.
fn source(i: u32) -> u32 {
  let row = i / params.HS;
  let t = row % params.TMAX;
  let h = row / params.TMAX % params.NKV;
  let b = row / params.TMAX / params.NKV;
  if (t >= params.T || b >= params.B) { return STAYS; }
  return ((b * params.T + t) * (params.NH + 2u * params.NKV) + params.NH + h) * params.HS + i % params.HS;
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) nwg: vec3u, @builtin(local_invocation_index) lid: u32) {
  let word = (wid.y * nwg.x + wid.x) * WG + lid;
  let values = params.NKV * params.HS;
  if (HALF) {
    for (var j = 0u; j < 2u; j++) {
      let k = source(2u * word + j);
      if (k == STAYS) { continue; }
      cache_k[word] = insertBits(cache_k[word], pack2x16float(vec2f(qkv[k], 0.0)), 16u * j, 16u);
      cache_v[word] = insertBits(cache_v[word], pack2x16float(vec2f(qkv[k + values], 0.0)), 16u * j, 16u);
    }
  } else {
    let k = source(word);
    if (k == STAYS) { return; }
    cache_k[word] = bitcast<u32>(qkv[k]);
    cache_v[word] = bitcast<u32>(qkv[k + values]);
  }
}
