// layernorm / workgroup
// out = (inp − mean)·rstd·weight + bias, rstd = 1/√(var + eps), per row; RMS: mean is 0, var is mean(inp²).
// A workgroup makes WG / LANES rows; an invocation holds PER vec4 of its row in registers, so mean and the variance around it
// take one read.
// Needs C a multiple of 4.
// Wins on GPUs without subgroups.

struct Params { R: u32, C: u32, eps: f32 }

const RMS: bool = false; // option
const BIAS: bool = true; // option
const SAVE: bool = false; // option
const WG: u32 = 256u; // knob
const LANES: u32 = 32u; // knob
const C: u32 = 1024u; // dim
const PER: u32 = (C / 4u + LANES - 1u) / LANES;

@group(0) @binding(0) var<storage, read>       inp: array<vec4f>;       // (R C)
@group(0) @binding(1) var<storage, read>       weight: array<vec4f>;    // (C)
@group(0) @binding(2) var<storage, read>       bias: array<vec4f>;      // (C)
@group(0) @binding(3) var<storage, read_write> out: array<vec4f>;       // (R C)
@group(0) @binding(4) var<storage, read_write> stats: array<f32>;       // (R 2) mean, rstd
@group(0) @binding(6) var<uniform>             params: Params;

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
  let lane = lid % LANES;
  let columns = C / 4u;
  let at = min(r, params.R - 1u) * columns; // a row past the end computes the last one again and does not write it
  // everything is taken about the mean of the row's first four elements: sums of what is left keep their digits when |mean| ≫ σ
  var shift = 0.0;
  if (!RMS) { shift = dot(inp[at], vec4f(0.25)); }
  var x: array<vec4f, PER>;
  var sum = vec4f();
  for (var p = 0u; p < PER; p++) {
    let c = p * LANES + lane;
    x[p] = vec4f();
    if (c < columns) { x[p] = inp[at + c] - shift; }
    sum += x[p];
  }
  var off = 0.0;
  if (!RMS) { off = lanesSum(lid, (sum.x + sum.y) + (sum.z + sum.w)) / f32(C); }
  var squares = vec4f();
  for (var p = 0u; p < PER; p++) {
    if (p * LANES + lane < columns) {
      x[p] -= off;
      squares += x[p] * x[p];
    }
  }
  let rstd = inverseSqrt(lanesSum(lid, (squares.x + squares.y) + (squares.z + squares.w)) / f32(C) + params.eps);
  if (r >= params.R) { return; }
  for (var p = 0u; p < PER; p++) {
    let c = p * LANES + lane;
    if (c < columns) {
      var y = x[p] * rstd * weight[c];
      if (BIAS) { y += bias[c]; }
      out[at + c] = y;
    }
  }
  if (SAVE && lane == 0u) {
    stats[2u * r] = shift + off;
    stats[2u * r + 1u] = rstd;
  }
}
