// copy / vec4
// out[n] = inp[n].
// A workgroup makes 4·PER·WG elements, an invocation PER vec4 that lie WG apart: neighbours access neighbouring memory.
// Needs N a multiple of 4. Wins on GPUs: one 16-byte load and store per invocation and step, coalesced.

struct Params { N: u32 }

const PER: u32 = 4u; // knob
override WG: u32 = 256u; // knob

@group(0) @binding(0) var<storage, read>       inp: array<vec4f>;    // (N)
@group(0) @binding(1) var<storage, read_write> out: array<vec4f>;    // (N)
@group(0) @binding(3) var<uniform>             params: Params;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) nwg: vec3u, @builtin(local_invocation_index) lid: u32) {
  let first = (wid.y * nwg.x + wid.x) * (WG * PER) + lid;
  for (var k = 0u; k < PER; k++) {
    let n = first + k * WG;
    if (n < params.N / 4u) { out[n] = inp[n]; }
  }
}
