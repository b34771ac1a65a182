// layernorm_bwd / naive
// x̂ = (inp − mean)·rstd, g = dout·weight: dinp = rstd·(g − mean_c g − x̂·mean_c(g·x̂)) + residual (RMS: without mean_c g);
// dweight = Σ_r dout·x̂, dbias = Σ_r dout.
// One dispatch, two kinds of invocations: the first workgroups make a row of dinp each, the others a column of dweight, dbias.
// Fallback and teaching text.

struct Params { R: u32, C: u32 }

const RMS: bool = false; // option
const BIAS: bool = true; // option
const RESIDUAL: bool = false; // option
const PARAMS: bool = true; // option
const ACCUM: bool = false; // option
override WG: u32 = 64u; // knob

@group(0) @binding(0) var<storage, read>       inp: array<f32>;         // (R C)
@group(0) @binding(1) var<storage, read>       weight: array<f32>;      // (C)
@group(0) @binding(2) var<storage, read>       stats: array<f32>;       // (R 2) mean, rstd
@group(0) @binding(3) var<storage, read>       dout: array<f32>;        // (R C)
@group(0) @binding(4) var<storage, read>       residual: array<f32>;    // (R C)
@group(0) @binding(5) var<storage, read_write> dinp: array<f32>;        // (R C)
@group(0) @binding(6) var<storage, read_write> dweight: array<f32>;     // (C)
@group(0) @binding(7) var<storage, read_write> dbias: array<f32>;       // (C)
@group(0) @binding(9) var<uniform>             params: Params;

fn makeRow(r: u32) {
  let at = r * params.C;
  let mean = stats[2u * r];
  let rstd = stats[2u * r + 1u];
  var sumG = 0.0;
  var sumGx = 0.0;
  for (var c = 0u; c < params.C; c++) {
    let g = dout[at + c] * weight[c];
    sumG += g;
    sumGx += g * ((inp[at + c] - mean) * rstd);
  }
  let meanG = select(sumG / f32(params.C), 0.0, RMS);
  let meanGx = sumGx / f32(params.C);
  for (var c = 0u; c < params.C; c++) {
    let x = (inp[at + c] - mean) * rstd;
    var dx = rstd * (dout[at + c] * weight[c] - meanG - x * meanGx);
    if (RESIDUAL) { dx += residual[at + c]; }
    dinp[at + c] = dx;
  }
}

// sums of 32 rows are summed: a running sum over all rows would lose digits
fn makeColumn(c: u32) {
  var sumW = 0.0;
  var sumB = 0.0;
  let blocks = (params.R + 31u) / 32u;
  for (var b = 0u; b < blocks; b++) {
    var partW = 0.0;
    var partB = 0.0;
    let end = min(b * 32u + 32u, params.R);
    for (var r = b * 32u; r < end; r++) {
      let d = dout[r * params.C + c];
      partW += d * ((inp[r * params.C + c] - stats[2u * r]) * stats[2u * r + 1u]);
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
    if (c < params.C) { makeColumn(c); }
  }
}
