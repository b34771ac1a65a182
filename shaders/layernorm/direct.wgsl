// layernorm / direct
// out = (inp − mean)·rstd·weight + bias, rstd = 1/√(var + eps), per row; RMS: mean is 0, var is mean(inp²).
// An invocation makes a row: one sweep for both moments, one for the result.
// Needs C a multiple of 4.
// Wins on software adapters when rows are few: no barrier.

struct Params { R: u32, C: u32, eps: f32 }

const RMS: bool = false; // option
const BIAS: bool = true; // option
const SAVE: bool = false; // option
override WG: u32 = 8u; // knob

@group(0) @binding(0) var<storage, read>       inp: array<vec4f>;       // (R C)
@group(0) @binding(1) var<storage, read>       weight: array<vec4f>;    // (C)
@group(0) @binding(2) var<storage, read>       bias: array<vec4f>;      // (C)
@group(0) @binding(3) var<storage, read_write> out: array<vec4f>;       // (R C)
@group(0) @binding(4) var<storage, read_write> stats: array<f32>;       // (R 2) mean, rstd
@group(0) @binding(6) var<uniform>             params: Params;

//> moments
// (shift, off, rstd) of the row at `at` in one sweep; the mean is shift + off, kept apart because |mean| may be ≫ σ.
// Sums are taken about `shift`, the mean of the row's first 16 elements: then E[x²] − E[x]² loses at most a factor 1 + C/16
// of precision, whatever the row holds, because (shift − mean)² ≤ var·C/16.
fn moments(at: u32, columns: u32) -> vec3f {
  var shift = 0.0;
  if (!RMS) {
    let first = min(4u, columns);
    for (var j = at; j < at + first; j++) { shift += dot(inp[j], vec4f(1.0)); }
    shift /= 4.0 * f32(first);
  }
  var sum = vec4f();
  var squares = vec4f();
  let blocks = columns / 4u;
  for (var b = 0u; b < blocks; b++) {
    let j = at + b * 4u;
    let x0 = inp[j] - shift;
    let x1 = inp[j + 1u] - shift;
    let x2 = inp[j + 2u] - shift;
    let x3 = inp[j + 3u] - shift;
    if (!RMS) { sum += (x0 + x1) + (x2 + x3); }
    squares += (x0 * x0 + x1 * x1) + (x2 * x2 + x3 * x3);
  }
  for (var j = at + blocks * 4u; j < at + columns; j++) {
    let x = inp[j] - shift;
    if (!RMS) { sum += x; }
    squares += x * x;
  }
  let count = f32(params.C);
  let off = dot(sum, vec4f(1.0)) / count;
  let rstd = inverseSqrt(max(dot(squares, vec4f(1.0)) / count - off * off, 0.0) + params.eps);
  return vec3f(shift, off, rstd);
}
//< moments

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) nwg: vec3u, @builtin(local_invocation_index) lid: u32) {
  let r = (wid.y * nwg.x + wid.x) * WG + lid;
  if (r >= params.R) { return; }
  let columns = params.C / 4u;
  let at = r * columns;
  let m = moments(at, columns);
  for (var c = 0u; c < columns; c++) {
    var y = (inp[at + c] - m.x - m.y) * m.z * weight[c];
    if (BIAS) { y += bias[c]; }
    out[at + c] = y;
  }
  if (SAVE) {
    stats[2u * r] = m.x + m.y;
    stats[2u * r + 1u] = m.z;
  }
}
