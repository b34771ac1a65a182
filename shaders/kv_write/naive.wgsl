// kv_write / naive
// cache_k[h,t] = k of row t and head h of qkv, cache_v likewise, for t < T.
// A workgroup copies WG pairs of neighbouring numbers of keys and of values, an invocation one pair of each.
// HALF packs the pair into one word and needs no shader-f16. HS even.

struct Params { T: u32, NH: u32, NKV: u32, HS: u32, TMAX: u32 }

const HALF: bool = false; // option
override WG: u32 = 64u; // knob

@group(0) @binding(0) var<storage, read>       qkv: array<vec2f>;   // (T NH*HS+2*NKV*HS)
@group(0) @binding(1) var<storage, read_write> cache_k: array<u32>; // (NKV TMAX HS)
@group(0) @binding(2) var<storage, read_write> cache_v: array<u32>; // (NKV TMAX HS)
@group(0) @binding(4) var<uniform>             params: Params;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) nwg: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * nwg.x + wid.x) * WG + lid;
  let pairs = params.HS / 2u;
  if (i >= params.T * params.NKV * pairs) { return; }
  let p = i % pairs;
  let h = i / pairs % params.NKV;
  let t = i / pairs / params.NKV;
  let row = t * (params.NH + 2u * params.NKV) * pairs;
  let k = qkv[row + (params.NH + h) * pairs + p];
  let v = qkv[row + (params.NH + params.NKV + h) * pairs + p];
  let at = (h * params.TMAX + t) * pairs + p;
  if (HALF) {
    cache_k[at] = pack2x16float(k);
    cache_v[at] = pack2x16float(v);
  } else {
    cache_k[2u * at] = bitcast<u32>(k.x);
    cache_k[2u * at + 1u] = bitcast<u32>(k.y);
    cache_v[2u * at] = bitcast<u32>(v.x);
    cache_v[2u * at + 1u] = bitcast<u32>(v.y);
  }
}
