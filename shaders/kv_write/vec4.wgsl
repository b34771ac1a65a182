// kv_write / vec4
// cache_k[b,h,t] = k of head h in row t of qkv[b], cache_v[b,h,t] = v; the rest of the caches is unchanged.
// An invocation copies 4 numbers to each cache, with HALF packed in 8 bytes (no shader-f16). Needs HS divisible by 4.
// A bandwidth-bound copy: a quarter of the instructions of naive.

struct Params { B: u32, T: u32, NH: u32, NKV: u32, HS: u32, TMAX: u32 }

const HALF: bool = false; // option
override WG: u32 = 64u; // knob

@group(0) @binding(0) var<storage, read>       qkv: array<vec4f>;      // (B T NH*HS+2*NKV*HS)
@group(0) @binding(1) var<storage, read_write> cache_k: array<vec2u>;  // (B NKV TMAX HS)
@group(0) @binding(2) var<storage, read_write> cache_v: array<vec2u>;  // (B NKV TMAX HS)
@group(0) @binding(4) var<uniform>             params: Params;

fn pack(x: vec4f) -> vec2u { return vec2u(pack2x16float(x.xy), pack2x16float(x.zw)); }

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) nwg: vec3u, @builtin(local_invocation_index) lid: u32) {
  let D = params.HS / 4u;
  let i = (wid.y * nwg.x + wid.x) * WG + lid;
  if (i >= params.B * params.T * params.NKV * D) { return; }
  let d = i % D;
  let h = i / D % params.NKV;
  let t = i / D / params.NKV % params.T;
  let b = i / D / params.NKV / params.T;
  let at = ((b * params.T + t) * (params.NH + 2u * params.NKV) + params.NH + h) * D + d;
  let k = qkv[at];
  let v = qkv[at + params.NKV * D];
  let to = ((b * params.NKV + h) * params.TMAX + t) * D + d;
  if (HALF) {
    cache_k[to] = pack(k);
    cache_v[to] = pack(v);
  } else {
    cache_k[2u * to] = bitcast<vec2u>(k.xy);
    cache_k[2u * to + 1u] = bitcast<vec2u>(k.zw);
    cache_v[2u * to] = bitcast<vec2u>(v.xy);
    cache_v[2u * to + 1u] = bitcast<vec2u>(v.zw);
  }
}
