// layernorm_bwd / direct
// x̂ = (inp − mean)·rstd, g = dout·weight: dinp = rstd·(g − mean_c g − x̂·mean_c(g·x̂)) + residual (RMS: without mean_c g);
// dweight = Σ_r dout·x̂, dbias = Σ_r dout.
// The invocations of the first workgroups make a row of dinp each, the others four columns of dweight and dbias over all rows.
// Needs C a multiple of 4.
// Wins on software adapters: no barrier.

struct Params { R: u32, C: u32 }

const RMS: bool = false; // option
const BIAS: bool = true; // option
const RESIDUAL: bool = false; // option
const PARAMS: bool = true; // option
const ACCUM: bool = false; // option
override WG: u32 = 8u; // knob

@group(0) @binding(0) var<storage, read>       inp: array<vec4f>;         // (R C)
@group(0) @binding(1) var<storage, read>       weight: array<vec4f>;      // (C)
@group(0) @binding(2) var<storage, read>       stats: array<f32>;         // (R 2) mean, rstd
@group(0) @binding(3) var<storage, read>       dout: array<vec4f>;        // (R C)
@group(0) @binding(4) var<storage, read>       residual: array<vec4f>;    // (R C)
@group(0) @binding(5) var<storage, read_write> dinp: array<vec4f>;        // (R C)
@group(0) @binding(6) var<storage, read_write> dweight: array<vec4f>;     // (C)
@group(0) @binding(7) var<storage, read_write> dbias: array<vec4f>;       // (C)
@group(0) @binding(9) var<uniform>             params: Params;

fn makeRow(r: u32) {
  let columns = params.C / 4u;
  let at = r * columns;
  let mean = stats[2u * r];
  let rstd = stats[2u * r + 1u];
  var sumG = vec4f();
  var sumGx = vec4f();
  for (var c = 0u; c < columns; c++) {
    let g = dout[at + c] * weight[c];
    sumG += g;
    sumGx += g * (inp[at + c] - mean);
  }
  let scale = rstd / f32(params.C);
  let meanG = select(dot(sumG, vec4f(1.0)) / f32(params.C), 0.0, RMS);
  let meanGx = dot(sumGx, vec4f(1.0)) * scale;
  // rstd·(g − meanG − x̂·meanGx) with x̂ = (inp − mean)·rstd
  for (var c = 0u; c < columns; c++) {
    var dx = rstd * (dout[at + c] * weight[c] - meanG - (inp[at + c] - mean) * (rstd * meanGx));
    if (RESIDUAL) { dx += residual[at + c]; }
    dinp[at + c] = dx;
  }
}

// sums of 32 rows are summed: a running sum over all rows would lose digits
fn makeColumns(c: u32) {
  let columns = params.C / 4u;
  var sumW = vec4f();
  var sumB = vec4f();
  let blocks = (params.R + 31u) / 32u;
  for (var b = 0u; b < blocks; b++) {
    var partW = vec4f();
    var partB = vec4f();
    let end = min(b * 32u + 32u, params.R);
    for (var r = b * 32u; r < end; r++) {
      let d = dout[r * columns + c];
      partW += d * ((inp[r * columns + c] - stats[2u * r]) * stats[2u * r + 1u]);
      partB += d;
    }
    sumW += partW;
    sumB += partB;
  }
  if (ACCUM) { sumW += dweight[c]; }
  dweight[c] = sumW;
  if (BIAS) {
    if (ACCUM) { sumB += dbias[c]; }
    dbias[c] = sumB;
  }
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) nwg: vec3u, @builtin(local_invocation_index) lid: u32) {
  let group = wid.y * nwg.x + wid.x;
  let rowGroups = (params.R + WG - 1u) / WG;
  if (group < rowGroups) {
    let r = group * WG + lid;
    if (r < params.R) { makeRow(r); }
  } else if (PARAMS) {
    let c = (group - rowGroups) * WG + lid;
    if (c < params.C / 4u) { makeColumns(c); }
  }
}
