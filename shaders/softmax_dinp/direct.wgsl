// softmax_dinp / direct
// dinp[r,c] = out[r,c]·(dout[r,c] − Σ_c dout·out).
// An invocation makes a row, two vec4 a step.
// Needs C a multiple of 4.
// Wins on software adapters: no barrier, few loop steps.

struct Params { R: u32, C: u32 }

override WG: u32 = 8u; // knob

@group(0) @binding(0) var<storage, read>       out: array<vec4f>;     // (R C)
@group(0) @binding(1) var<storage, read>       dout: array<vec4f>;    // (R C)
@group(0) @binding(2) var<storage, read_write> dinp: array<vec4f>;    // (R C)
@group(0) @binding(4) var<uniform>             params: Params;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) nwg: vec3u, @builtin(local_invocation_index) lid: u32) {
  let r = (wid.y * nwg.x + wid.x) * WG + lid;
  if (r >= params.R) { return; }
  let columns = params.C / 4u;
  let at = r * columns;
  let pairs = columns / 2u;
  var part = vec4f();
  for (var p = 0u; p < pairs; p++) {
    let j = at + p * 2u;
    part += dout[j] * out[j] + dout[j + 1u] * out[j + 1u];
  }
  let last = at + columns - 1u;
  let odd = columns % 2u == 1u;
  if (odd) { part += dout[last] * out[last]; }
  let dot = (part.x + part.y) + (part.z + part.w);
  for (var p = 0u; p < pairs; p++) {
    let j = at + p * 2u;
    dinp[j] = out[j] * (dout[j] - dot);
    dinp[j + 1u] = out[j + 1u] * (dout[j + 1u] - dot);
  }
  if (odd) { dinp[last] = out[last] * (dout[last] - dot); }
}
