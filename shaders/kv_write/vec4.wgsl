// kv_write / vec4
// cache_k[h,t] = k of row t and head h of qkv, cache_v likewise, for t < T.
// A workgroup copies WG vec4s of keys and of values, an invocation one of each.
// f32 cache, HS divisible by 4. Memory bound: wins by 16-byte loads and stores.

struct Params { T: u32, NH: u32, NKV: u32, HS: u32, TMAX: u32 }

override WG: u32 = 64u; // knob

@group(0) @binding(0) var<storage, read>       qkv: array<vec4f>;     // (T NH*HS+2*NKV*HS)
@group(0) @binding(1) var<storage, read_write> cache_k: array<vec4f>; // (NKV TMAX HS)
@group(0) @binding(2) var<storage, read_write> cache_v: array<vec4f>; // (NKV TMAX HS)
@group(0) @binding(4) var<uniform>             params: Params;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) nwg: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * nwg.x + wid.x) * WG + lid;
  let D = params.HS / 4u;
  if (i >= params.T * params.NKV * D) { return; }
  let h = i / D % params.NKV;
  let t = i / D / params.NKV;
  let row = t * (params.NH + 2u * params.NKV) * D + i % D;
  let at = (h * params.TMAX + t) * D + i % D;
  cache_k[at] = qkv[row + (params.NH + h) * D];
  cache_v[at] = qkv[row + (params.NH + params.NKV + h) * D];
}
