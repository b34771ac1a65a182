// last_row / naive
// out = inp[state.LENGTH − 1]: the only row of a prefill that predicts something new.
// A workgroup copies WG numbers, an invocation one.
// C numbers in all: nothing to win.

struct Params { T: u32, C: u32 }

override WG: u32 = 64u; // knob
const LENGTH: u32 = 7u; // STATE.LENGTH of src/plan/state.ts

@group(0) @binding(0) var<storage, read>       state: array<u32>; // (16)
@group(0) @binding(1) var<storage, read>       inp: array<f32>;   // (T C)
@group(0) @binding(2) var<storage, read_write> out: array<f32>;   // (1 C)
@group(0) @binding(4) var<uniform>             params: Params;

@compute @workgroup_size(WG)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= params.C) { return; }
  let row = clamp(state[LENGTH], 1u, params.T) - 1u;
  out[id.x] = inp[row * params.C + id.x];
}
