// layernorm / direct4
// out = (inp − mean)·rstd·weight + bias, rstd = 1/√(var + eps), per row; RMS: mean is 0, var is mean(inp²).
// An invocation makes four rows: one sweep each for both moments, then one over the columns, which reads weight and bias once
// for the four.
// Needs C a multiple of 4.
// Wins on software adapters when rows are many: there every vec4 load costs, cached or not.

struct Params { R: u32, C: u32, eps: f32 }

const RMS: bool = false; // option
const BIAS: bool = true; // option
const SAVE: bool = false; // option
override WG: u32 = 4u; // knob

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
  let r = ((wid.y * nwg.x + wid.x) * WG + lid) * 4u;
  if (r >= params.R) { return; }
  let columns = params.C / 4u;
  let last = params.R - 1u; // rows past the end are the last row again: the same invocation writes it more than once
  let r0 = r;
  let r1 = min(r + 1u, last);
  let r2 = min(r + 2u, last);
  let r3 = min(r + 3u, last);
  let at0 = r0 * columns;
  let at1 = r1 * columns;
  let at2 = r2 * columns;
  let at3 = r3 * columns;
  var m: array<vec3f, 4>;
  for (var i = 0u; i < 4u; i++) { m[i] = moments(min(r + i, last) * columns, columns); }
  for (var c = 0u; c < columns; c++) {
    let w = weight[c];
    var b = vec4f();
    if (BIAS) { b = bias[c]; }
    out[at0 + c] = (inp[at0 + c] - m[0].x - m[0].y) * m[0].z * w + b;
    out[at1 + c] = (inp[at1 + c] - m[1].x - m[1].y) * m[1].z * w + b;
    out[at2 + c] = (inp[at2 + c] - m[2].x - m[2].y) * m[2].z * w + b;
    out[at3 + c] = (inp[at3 + c] - m[3].x - m[3].y) * m[3].z * w + b;
  }
  if (SAVE) {
    stats[2u * r0] = m[0].x + m[0].y;
    stats[2u * r0 + 1u] = m[0].z;
    stats[2u * r1] = m[1].x + m[1].y;
    stats[2u * r1 + 1u] = m[1].z;
    stats[2u * r2] = m[2].x + m[2].y;
    stats[2u * r2 + 1u] = m[2].z;
    stats[2u * r3] = m[3].x + m[3].y;
    stats[2u * r3 + 1u] = m[3].z;
  }
}
