// last_row / naive
// out[b] = inp[b, state[b].LENGTH − 1]: the only row of a prefill that predicts something new.
// A workgroup copies WG numbers, an invocation one.
// B·C numbers in all: nothing to gain.

struct Params { B: u32, T: u32, C: u32 }

override WG: u32 = 64u; // knob
const LENGTH: u32 = 7u; // STATE.LENGTH of src/plan/state.ts

@group(0) @binding(0) var<storage, read>       state: array<u32>; // (B 16)
@group(0) @binding(1) var<storage, read>       inp: array<f32>;   // (B T C)
@group(0) @binding(2) var<storage, read_write> out: array<f32>;   // (B C)
@group(0) @binding(4) var<uniform>             params: Params;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) nwg: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * nwg.x + wid.x) * WG + lid;
  if (i >= params.B * params.C) { return; }
  let b = i / params.C;
  let row = b * params.T + clamp(state[16u * b + LENGTH], 1u, params.T) - 1u;
  out[i] = inp[row * params.C + i % params.C];
}
