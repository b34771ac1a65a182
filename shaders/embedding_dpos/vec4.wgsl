// embedding_dpos / vec4
// dwpe[t] = Σ_b dout[b,t] for t < T, 0 beyond (+ dwpe[t] with ACCUM).
// An invocation makes four neighbouring elements.
// Needs C a multiple of 4.
// Wins everywhere: 16-byte loads on GPUs, few invocations and no barrier on software adapters.

struct Params { B: u32, T: u32, C: u32, TMAX: u32 }

const ACCUM: bool = false; // option
override WG: u32 = 64u; // knob

@group(0) @binding(0) var<storage, read>       dout: array<vec4f>;    // (B T C)
@group(0) @binding(1) var<storage, read_write> dwpe: array<vec4f>;    // (TMAX C)
@group(0) @binding(3) var<uniform>             params: Params;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) nwg: vec3u, @builtin(local_invocation_index) lid: u32) {
  let columns = params.C / 4u;
  let i = (wid.y * nwg.x + wid.x) * WG + lid;
  if (i >= params.TMAX * columns) { return; }
  let within = i < params.T * columns;
  if (ACCUM && !within) { return; }
  var total = vec4f();
  if (within) {
    for (var b = 0u; b < params.B; b++) { total += dout[b * params.T * columns + i]; }
  }
  if (ACCUM) { total += dwpe[i]; }
  dwpe[i] = total;
}
