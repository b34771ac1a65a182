// copy / runs
// out[n] = inp[n].
// An invocation copies RUN consecutive vec4, eight of them per step through named registers.
// Needs N a multiple of 4·RUN. Wins on software adapters, where an invocation is a loop on a CPU core and a lane's own
// run of memory is a stream; on a GPU its loads do not coalesce.

struct Params { N: u32 }

const RUN: u32 = 64u; // knob
override WG: u32 = 8u; // knob

@group(0) @binding(0) var<storage, read>       inp: array<vec4f>;    // (N)
@group(0) @binding(1) var<storage, read_write> out: array<vec4f>;    // (N)
@group(0) @binding(3) var<uniform>             params: Params;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) nwg: vec3u, @builtin(local_invocation_index) lid: u32) {
  let run = (wid.y * nwg.x + wid.x) * WG + lid;
  if (run >= params.N / (4u * RUN)) { return; }
  for (var k = 0u; k < RUN / 8u; k++) {
    let at = run * RUN + k * 8u;
    let x0 = inp[at]; let x1 = inp[at + 1u]; let x2 = inp[at + 2u]; let x3 = inp[at + 3u];
    let x4 = inp[at + 4u]; let x5 = inp[at + 5u]; let x6 = inp[at + 6u]; let x7 = inp[at + 7u];
    out[at] = x0; out[at + 1u] = x1; out[at + 2u] = x2; out[at + 3u] = x3;
    out[at + 4u] = x4; out[at + 5u] = x5; out[at + 6u] = x6; out[at + 7u] = x7;
  }
}
