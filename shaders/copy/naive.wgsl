// copy / naive
// out[n] = inp[n].
// A workgroup makes WG elements, an invocation makes one.
// The plain text; its 4-byte loads keep it below the roof.

struct Params { N: u32 }

override WG: u32 = 64u; // knob

@group(0) @binding(0) var<storage, read>       inp: array<f32>;    // (N)
@group(0) @binding(1) var<storage, read_write> out: array<f32>;    // (N)
@group(0) @binding(3) var<uniform>             params: Params;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) nwg: vec3u, @builtin(local_invocation_index) lid: u32) {
  let n = (wid.y * nwg.x + wid.x) * WG + lid;
  if (n >= params.N) { return; }
  out[n] = inp[n];
}
