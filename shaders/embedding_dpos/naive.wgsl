// embedding_dpos / naive
// dwpe[t] = Σ_b dout[b,t] for t < T, 0 beyond (+ dwpe[t] with ACCUM).
// An invocation makes one element.
// Fallback and teaching text; its 4-byte loads make it slow.

struct Params { B: u32, T: u32, C: u32, TMAX: u32 }

const ACCUM: bool = false; // option
override WG: u32 = 64u; // knob

@group(0) @binding(0) var<storage, read>       dout: array<f32>;    // (B T C)
@group(0) @binding(1) var<storage, read_write> dwpe: array<f32>;    // (TMAX C)
@group(0) @binding(3) var<uniform>             params: Params;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) nwg: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * nwg.x + wid.x) * WG + lid;
  if (i >= params.TMAX * params.C) { return; }
  let within = i < params.T * params.C;
  if (ACCUM && !within) { return; }
  var total = 0.0;
  if (within) {
    for (var b = 0u; b < params.B; b++) { total += dout[b * params.T * params.C + i]; }
  }
  if (ACCUM) { total += dwpe[i]; }
  dwpe[i] = total;
}
