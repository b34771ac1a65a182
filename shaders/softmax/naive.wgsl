// softmax / naive
// out[r,c] = exp(inp[r,c] − top) / Σ_c exp(inp[r,c] − top), top = max_c inp[r,c].
// An invocation makes a row and reads it three times: for the largest element, for the sum, for the result.
// Fallback and teaching text: neighbouring invocations read C elements apart, so a GPU fetches far more than it uses.

struct Params { R: u32, C: u32 }

override WG: u32 = 64u; // knob

@group(0) @binding(0) var<storage, read>       inp: array<f32>;    // (R C)
@group(0) @binding(1) var<storage, read_write> out: array<f32>;    // (R C)
@group(0) @binding(3) var<uniform>             params: Params;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) nwg: vec3u, @builtin(local_invocation_index) lid: u32) {
  let r = (wid.y * nwg.x + wid.x) * WG + lid;
  if (r >= params.R) { return; }
  let at = r * params.C;
  var top = -1e30;
  for (var c = 0u; c < params.C; c++) { top = max(top, inp[at + c]); }
  var total = 0.0;
  for (var c = 0u; c < params.C; c++) { total += exp(inp[at + c] - top); }
  let share = 1.0 / total;
  for (var c = 0u; c < params.C; c++) { out[at + c] = exp(inp[at + c] - top) * share; }
}
