// layernorm / naive
// out = (inp − mean)·rstd·weight + bias, rstd = 1/√(var + eps), per row; RMS: mean is 0, var is mean(inp²).
// An invocation makes a row and reads it three times: mean, variance around that mean, result.
// The first mean is off by the rounding of a long sum, which matters when |mean| ≫ σ: the second sweep finds that rest, `off`.
// Fallback and teaching text: neighbouring invocations read C elements apart.

struct Params { R: u32, C: u32, eps: f32 }

const RMS: bool = false; // option
const BIAS: bool = true; // option
const SAVE: bool = false; // option
override WG: u32 = 64u; // knob

@group(0) @binding(0) var<storage, read>       inp: array<f32>;       // (R C)
@group(0) @binding(1) var<storage, read>       weight: array<f32>;    // (C)
@group(0) @binding(2) var<storage, read>       bias: array<f32>;      // (C)
@group(0) @binding(3) var<storage, read_write> out: array<f32>;       // (R C)
@group(0) @binding(4) var<storage, read_write> stats: array<f32>;     // (R 2) mean, rstd
@group(0) @binding(6) var<uniform>             params: Params;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) nwg: vec3u, @builtin(local_invocation_index) lid: u32) {
  let r = (wid.y * nwg.x + wid.x) * WG + lid;
  if (r >= params.R) { return; }
  let at = r * params.C;
  var mean = 0.0;
  if (!RMS) {
    for (var c = 0u; c < params.C; c++) { mean += inp[at + c]; }
    mean /= f32(params.C);
  }
  var off = 0.0;
  var squares = 0.0;
  for (var c = 0u; c < params.C; c++) {
    let x = inp[at + c] - mean;
    if (!RMS) { off += x; }
    squares += x * x;
  }
  off /= f32(params.C);
  let rstd = inverseSqrt(squares / f32(params.C) - off * off + params.eps);
  for (var c = 0u; c < params.C; c++) {
    var y = (inp[at + c] - mean - off) * rstd * weight[c];
    if (BIAS) { y += bias[c]; }
    out[at + c] = y;
  }
  if (SAVE) {
    stats[2u * r] = mean + off;
    stats[2u * r + 1u] = rstd;
  }
}
