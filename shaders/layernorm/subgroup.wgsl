// layernorm / subgroup
// out = (inp − mean)·rstd·weight + bias, rstd = 1/√(var + eps), per row; RMS: mean is 0, var is mean(inp²).
// A subgroup of any size makes a row; an invocation holds the first PER of its vec4 in registers, the rest is read again.
// Needs subgroups and C a multiple of 4.
// Wins on GPUs: one read and one write for rows up to 4·PER·size, no barrier.
enable subgroups;

struct Params { R: u32, C: u32, eps: f32 }

const RMS: bool = false; // option
const BIAS: bool = true; // option
const SAVE: bool = false; // option
const WG: u32 = 128u; // knob
const PER: u32 = 8u; // knob

@group(0) @binding(0) var<storage, read>       inp: array<vec4f>;       // (R C)
@group(0) @binding(1) var<storage, read>       weight: array<vec4f>;    // (C)
@group(0) @binding(2) var<storage, read>       bias: array<vec4f>;      // (C)
@group(0) @binding(3) var<storage, read_write> out: array<vec4f>;       // (R C)
@group(0) @binding(4) var<storage, read_write> stats: array<f32>;       // (R 2) mean, rstd
@group(0) @binding(6) var<uniform>             params: Params;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) nwg: vec3u, @builtin(local_invocation_index) lid: u32,
        @builtin(subgroup_size) size: u32, @builtin(subgroup_invocation_id) lane: u32) {
  // the smallest index in a subgroup names it, whatever order its invocations have
  let r = (wid.y * nwg.x + wid.x) * (WG / size) + subgroupMin(lid) / size;
  let columns = params.C / 4u;
  let at = min(r, params.R - 1u) * columns; // a row past the end computes the last one again and does not write it
  let sweeps = (columns + size - 1u) / size;
  // everything is taken about the mean of the row's first four elements: sums of what is left keep their digits when |mean| ≫ σ
  var shift = 0.0;
  if (!RMS) { shift = dot(inp[at], vec4f(0.25)); }
  var x: array<vec4f, PER>;
  var sum = vec4f();
  for (var p = 0u; p < PER; p++) {
    let c = p * size + lane;
    x[p] = vec4f();
    if (c < columns) { x[p] = inp[at + c] - shift; }
    sum += x[p];
  }
  for (var p = PER; p < sweeps; p++) {
    let c = p * size + lane;
    if (c < columns) { sum += inp[at + c] - shift; }
  }
  var off = 0.0;
  if (!RMS) { off = subgroupAdd((sum.x + sum.y) + (sum.z + sum.w)) / f32(params.C); }
  var squares = vec4f();
  for (var p = 0u; p < PER; p++) {
    if (p * size + lane < columns) {
      x[p] -= off;
      squares += x[p] * x[p];
    }
  }
  for (var p = PER; p < sweeps; p++) {
    let c = p * size + lane;
    if (c < columns) {
      let d = inp[at + c] - shift - off;
      squares += d * d;
    }
  }
  let rstd = inverseSqrt(subgroupAdd((squares.x + squares.y) + (squares.z + squares.w)) / f32(params.C) + params.eps);
  if (r >= params.R) { return; }
  for (var p = 0u; p < PER; p++) {
    let c = p * size + lane;
    if (c < columns) {
      var y = x[p] * rstd * weight[c];
      if (BIAS) { y += bias[c]; }
      out[at + c] = y;
    }
  }
  for (var p = PER; p < sweeps; p++) {
    let c = p * size + lane;
    if (c < columns) {
      var y = (inp[at + c] - shift - off) * rstd * weight[c];
      if (BIAS) { y += bias[c]; }
      out[at + c] = y;
    }
  }
  if (SAVE && lane == 0u) {
    stats[2u * r] = shift + off;
    stats[2u * r + 1u] = rstd;
  }
}
