// sum_rows / naive
// out[c] = Σ_r inp[r,c] (+ out[c] with ACCUM).
// An invocation makes a column. Sums of 32 rows are summed: a running sum over all rows would lose digits.
// Fallback and teaching text: C invocations are few for a GPU.

struct Params { R: u32, C: u32 }

const ACCUM: bool = false; // option
override WG: u32 = 64u; // knob

@group(0) @binding(0) var<storage, read>       inp: array<f32>;    // (R C)
@group(0) @binding(1) var<storage, read_write> out: array<f32>;    // (C)
@group(0) @binding(3) var<uniform>             params: Params;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) nwg: vec3u, @builtin(local_invocation_index) lid: u32) {
  let c = (wid.y * nwg.x + wid.x) * WG + lid;
  if (c >= params.C) { return; }
  var total = 0.0;
  let blocks = (params.R + 31u) / 32u;
  for (var b = 0u; b < blocks; b++) {
    var part = 0.0;
    let end = min(b * 32u + 32u, params.R);
    for (var r = b * 32u; r < end; r++) { part += inp[r * params.C + c]; }
    total += part;
  }
  if (ACCUM) { total += out[c]; }
  out[c] = total;
}
