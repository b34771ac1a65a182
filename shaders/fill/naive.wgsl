// fill / naive
// out[i] = value.
// An invocation makes one element.
// Fallback and teaching text; its 4-byte loads make it slow.

struct Params { N: u32, value: f32 }

override WG: u32 = 64u; // knob

@group(0) @binding(0) var<storage, read_write> out: array<f32>;    // (N)
@group(0) @binding(2) var<uniform>             params: Params;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) nwg: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * nwg.x + wid.x) * WG + lid;
  if (i >= params.N) { return; }
  out[i] = params.value;
}
