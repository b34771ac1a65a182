// grad_norm / tree
// norm[0] = √Σ grads² in a fixed order; norm[1] = 1 if a gradient (or that sum) is infinite or not a number, else 0;
// norm[2] = norm[3] = 0.
// Pass partial: each of up to PARTS workgroups halves WG sums down to one, and a count of bad ones likewise.
// Pass finish: one workgroup adds those up.
// Wins on GPUs: every access coalesced, PARTS workgroups fill the device.

struct Params { N: u32 }

const WG: u32 = 256u; // knob
const PARTS: u32 = 256u; // knob
const LANES: u32 = WG;

@group(0) @binding(0) var<storage, read>       grads: array<f32>;    // (N)
@group(0) @binding(1) var<storage, read_write> norm: array<f32>;     // (4)
@group(0) @binding(2) var<storage, read_write> parts: array<f32>;    // (2 PARTS) sums, then 1 where something was bad
@group(0) @binding(3) var<uniform>             params: Params;

//> finite
// by its bits: compilers may assume that infinity and NaN do not occur
fn isBad(x: f32) -> bool {
  return (bitcast<u32>(x) & 0x7fffffffu) >= 0x7f800000u;
}
//< finite

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

// workgroups of the first pass: none with less than four elements for each invocation, if it can be avoided
fn partsOf() -> u32 {
  return clamp(params.N / (4u * WG), 1u, PARTS);
}

@compute @workgroup_size(WG)
fn partial(@builtin(workgroup_id) wid: vec3u, @builtin(local_invocation_index) lid: u32) {
  let stride = WG * partsOf();
  let sweeps = (params.N + stride - 1u) / stride;
  var sum = 0.0;
  var bad = 0.0;
  for (var k = 0u; k < sweeps; k++) {
    let i = k * stride + wid.x * WG + lid;
    if (i < params.N) {
      let g = grads[i];
      sum += g * g;
      if (isBad(g)) { bad = 1.0; }
    }
  }
  let total = lanesSum(lid, sum);
  let found = lanesSum(lid, bad);
  if (lid == 0u) {
    parts[wid.x] = total;
    parts[PARTS + wid.x] = found;
  }
}

@compute @workgroup_size(WG)
fn finish(@builtin(local_invocation_index) lid: u32) {
  var sum = 0.0;
  var count = 0.0;
  for (var k = 0u; k < (PARTS + WG - 1u) / WG; k++) {
    let p = k * WG + lid;
    if (p < partsOf()) {
      sum += parts[p];
      count += parts[PARTS + p];
    }
  }
  let total = lanesSum(lid, sum);
  let bad = lanesSum(lid, count) > 0.0;
  if (lid > 0u) { return; }
  norm[0] = sqrt(total);
  norm[1] = select(0.0, 1.0, bad || isBad(total));
  norm[2] = 0.0;
  norm[3] = 0.0;
}
