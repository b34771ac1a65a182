// softmax_dinp / naive
// dinp[r,c] = out[r,c]·(dout[r,c] − Σ_c dout·out).
// An invocation makes a row: one sweep for the sum, one for the result.
// Fallback and teaching text: neighbouring invocations read C elements apart.

struct Params { R: u32, C: u32 }

override WG: u32 = 64u; // knob

@group(0) @binding(0) var<storage, read>       out: array<f32>;     // (R C)
@group(0) @binding(1) var<storage, read>       dout: array<f32>;    // (R C)
@group(0) @binding(2) var<storage, read_write> dinp: array<f32>;    // (R C)
@group(0) @binding(4) var<uniform>             params: Params;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) nwg: vec3u, @builtin(local_invocation_index) lid: u32) {
  let r = (wid.y * nwg.x + wid.x) * WG + lid;
  if (r >= params.R) { return; }
  let at = r * params.C;
  var dot = 0.0;
  for (var c = 0u; c < params.C; c++) { dot += dout[at + c] * out[at + c]; }
  for (var c = 0u; c < params.C; c++) { dinp[at + c] = out[at + c] * (dout[at + c] - dot); }
}
