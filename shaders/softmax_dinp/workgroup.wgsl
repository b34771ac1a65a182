// softmax_dinp / workgroup
// dinp[r,c] = out[r,c]·(dout[r,c] − Σ_c dout·out).
// A workgroup makes WG / LANES rows; an invocation owns the columns lane, lane + LANES, … and reads them twice, the second
// time from cache.
// Wins on GPUs: neighbours read neighbouring elements.

struct Params { R: u32, C: u32 }

const WG: u32 = 256u; // knob
const LANES: u32 = 64u; // knob

@group(0) @binding(0) var<storage, read>       out: array<f32>;     // (R C)
@group(0) @binding(1) var<storage, read>       dout: array<f32>;    // (R C)
@group(0) @binding(2) var<storage, read_write> dinp: array<f32>;    // (R C)
@group(0) @binding(4) var<uniform>             params: Params;

//> lanes-sum
var<workgroup> lanes: array<f32, WG>;
// Σ x over each group of LANES neighbouring invocations, halving: a fixed order, the same sum for all of them.
// The last barrier keeps the next call from overwriting lanes[first] before everybody has read it.
fn lanesSum(lid: u32, x: f32) -> f32 {
  let lane = lid % LANES;
  lanes[lid] = x;
  workgroupBarrier();
  for (var i = 1u; (LANES >> i) > 0u; i++) {
    if (lane < (LANES >> i)) { lanes[lid] += lanes[lid + (LANES >> i)]; }
    workgroupBarrier();
  }
  let total = lanes[lid - lane];
  workgroupBarrier();
  return total;
}
//< lanes-sum

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) nwg: vec3u, @builtin(local_invocation_index) lid: u32) {
  let r = (wid.y * nwg.x + wid.x) * (WG / LANES) + lid / LANES;
  let at = min(r, params.R - 1u) * params.C; // a row past the end computes the last one again and does not write it
  let sweeps = (params.C + LANES - 1u) / LANES;
  var part = 0.0;
  for (var k = 0u; k < sweeps; k++) {
    let c = k * LANES + lid % LANES;
    if (c < params.C) { part += dout[at + c] * out[at + c]; }
  }
  let dot = lanesSum(lid, part);
  for (var k = 0u; k < sweeps; k++) {
    let c = k * LANES + lid % LANES;
    if (c < params.C && r < params.R) { dinp[at + c] = out[at + c] * (dout[at + c] - dot); }
  }
}
