// silu_mul / naive
// out[r,c] = gate·sigmoid(gate)·up; a row of inp holds C gates, then C ups.
// An invocation makes one element.
// Fallback and teaching text; its 4-byte loads make it slow.

struct Params { R: u32, C: u32 }

override WG: u32 = 64u; // knob

@group(0) @binding(0) var<storage, read>       inp: array<f32>;    // (R 2·C)
@group(0) @binding(1) var<storage, read_write> out: array<f32>;    // (R C)
@group(0) @binding(3) var<uniform>             params: Params;

//> sigmoid
// exp(80) is still finite; 1/(1 + exp(80)) is 2e-35
fn sigmoid(x: f32) -> f32 {
  return 1.0 / (1.0 + exp(min(-x, 80.0)));
}
//< sigmoid

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) nwg: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * nwg.x + wid.x) * WG + lid;
  if (i >= params.R * params.C) { return; }
  let at = (i / params.C) * 2u * params.C + i % params.C;
  let gate = inp[at];
  out[i] = gate * sigmoid(gate) * inp[at + params.C];
}
