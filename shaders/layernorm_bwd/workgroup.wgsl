// layernorm_bwd / workgroup
// x̂ = (inp − mean)·rstd, g = dout·weight: dinp = rstd·(g − mean_c g − x̂·mean_c(g·x̂)) + residual (RMS: without mean_c g);
// dweight = Σ_r dout·x̂, dbias = Σ_r dout.
// The first workgroups make WG / LANES rows of dinp each, LANES invocations a row. The others make 16 columns of dweight and dbias
// over all rows: WG / 16 groups of rows, added up in workgroup memory in a fixed order.
// Wins on GPUs: dinp and the parameters' gradients share one launch and what lies in cache. llm.c layernorm_backward.cu.

struct Params { R: u32, C: u32 }

const RMS: bool = false; // option
const BIAS: bool = true; // option
const RESIDUAL: bool = false; // option
const PARAMS: bool = true; // option
const ACCUM: bool = false; // option
const WG: u32 = 256u; // knob
const LANES: u32 = 32u; // knob
const GROUPS: u32 = WG / 16u;

@group(0) @binding(0) var<storage, read>       inp: array<f32>;         // (R C)
@group(0) @binding(1) var<storage, read>       weight: array<f32>;      // (C)
@group(0) @binding(2) var<storage, read>       stats: array<f32>;       // (R 2) mean, rstd
@group(0) @binding(3) var<storage, read>       dout: array<f32>;        // (R C)
@group(0) @binding(4) var<storage, read>       residual: array<f32>;    // (R C)
@group(0) @binding(5) var<storage, read_write> dinp: array<f32>;        // (R C)
@group(0) @binding(6) var<storage, read_write> dweight: array<f32>;     // (C)
@group(0) @binding(7) var<storage, read_write> dbias: array<f32>;       // (C)
@group(0) @binding(9) var<uniform>             params: Params;

var<workgroup> ones: array<f32, WG>;
var<workgroup> others: array<f32, WG>;

// both sums over `count` invocations that lie `step` apart, by halving: in the first of them
fn addUp(lid: u32, member: u32, count: u32, step: u32) {
  workgroupBarrier();
  for (var half = count / 2u; half > 0u; half /= 2u) {
    if (member < half) {
      ones[lid] += ones[lid + half * step];
      others[lid] += others[lid + half * step];
    }
    workgroupBarrier();
  }
}

fn makeRows(group: u32, lid: u32) {
  let r = group * (WG / LANES) + lid / LANES;
  let row = min(r, params.R - 1u); // a row past the end computes the last one again and does not write it
  let at = row * params.C;
  let mean = stats[2u * row];
  let rstd = stats[2u * row + 1u];
  let sweeps = (params.C + LANES - 1u) / LANES;
  var sumG = 0.0;
  var sumGx = 0.0;
  for (var k = 0u; k < sweeps; k++) {
    let c = k * LANES + lid % LANES;
    if (c < params.C) {
      let g = dout[at + c] * weight[c];
      sumG += g;
      sumGx += g * ((inp[at + c] - mean) * rstd);
    }
  }
  ones[lid] = sumG;
  others[lid] = sumGx;
  addUp(lid, lid % LANES, LANES, 1u);
  let first = lid / LANES * LANES;
  let meanG = select(ones[first] / f32(params.C), 0.0, RMS);
  let meanGx = others[first] / f32(params.C);
  for (var k = 0u; k < sweeps; k++) {
    let c = k * LANES + lid % LANES;
    if (c < params.C && r < params.R) {
      let x = (inp[at + c] - mean) * rstd;
      var dx = rstd * (dout[at + c] * weight[c] - meanG - x * meanGx);
      if (RESIDUAL) { dx += residual[at + c]; }
      dinp[at + c] = dx;
    }
  }
}

fn makeColumns(block: u32, lid: u32) {
  let c = block * 16u + lid % 16u;
  let column = min(c, params.C - 1u);
  let sweeps = (params.R + GROUPS - 1u) / GROUPS;
  var sumW = 0.0;
  var sumB = 0.0;
  for (var k = 0u; k < sweeps; k++) {
    let r = k * GROUPS + lid / 16u;
    if (r < params.R) {
      let d = dout[r * params.C + column];
      sumW += d * ((inp[r * params.C + column] - stats[2u * r]) * stats[2u * r + 1u]);
      sumB += d;
    }
  }
  ones[lid] = sumW;
  others[lid] = sumB;
  addUp(lid, lid / 16u, GROUPS, 16u);
  if (lid < 16u && c < params.C) {
    var w = ones[lid];
    if (ACCUM) { w += dweight[c]; }
    dweight[c] = w;
    if (BIAS) {
      var b = others[lid];
      if (ACCUM) { b += dbias[c]; }
      dbias[c] = b;
    }
  }
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) nwg: vec3u, @builtin(local_invocation_index) lid: u32) {
  let group = wid.y * nwg.x + wid.x;
  let rowGroups = (params.R + WG / LANES - 1u) / (WG / LANES);
  if (group < rowGroups) {
    makeRows(group, lid);
  } else if (PARAMS && (group - rowGroups) * 16u < params.C) {
    makeColumns(group - rowGroups, lid);
  }
}
