// last_row / vec4
// out[b,c] = inp[b, state[b].LENGTH − 1, c].
// An invocation copies four numbers. Needs C divisible by 4. A quarter of the invocations of naive.

struct Params { B: u32, T: u32, C: u32 }

override WG: u32 = 64u; // knob
const LENGTH: u32 = 7u; // STATE.LENGTH of src/plan/state.ts

@group(0) @binding(0) var<storage, read>       state: array<u32>;  // (B 16)
@group(0) @binding(1) var<storage, read>       inp: array<vec4f>;  // (B T C)
@group(0) @binding(2) var<storage, read_write> out: array<vec4f>;  // (B C)
@group(0) @binding(4) var<uniform>             params: Params;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) nwg: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * nwg.x + wid.x) * WG + lid;
  let columns = params.C / 4u;
  if (i >= params.B * columns) { return; }
  let b = i / columns;
  let row = b * params.T + clamp(state[16u * b + LENGTH], 1u, params.T) - 1u;
  out[i] = inp[row * columns + i % columns];
}
