// last_row / vec4
// out[c] = inp[state.LENGTH − 1, c].
// An invocation copies four numbers. Needs C divisible by 4. A quarter of the invocations of naive.

struct Params { T: u32, C: u32 }

override WG: u32 = 64u; // knob

@group(0) @binding(0) var<storage, read>       state: array<u32>;  // (16)
@group(0) @binding(1) var<storage, read>       inp: array<vec4f>;  // (T C)
@group(0) @binding(2) var<storage, read_write> out: array<vec4f>;  // (1 C)
@group(0) @binding(4) var<uniform>             params: Params;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) nwg: vec3u, @builtin(local_invocation_index) lid: u32) {
  let c = (wid.y * nwg.x + wid.x) * WG + lid;
  if (c >= params.C / 4u) { return; }
  out[c] = inp[(state[7] - 1u) * (params.C / 4u) + c]; // word 7 is LENGTH
}
