// sum / tree
// out = Σ inp (+ out with ACCUM), in a fixed order.
// Pass partial: each of up to PARTS workgroups halves WG sums down to one. Pass finish: one workgroup adds those up.
// Wins on GPUs: every access coalesced, PARTS workgroups fill the device.

struct Params { N: u32 }

const ACCUM: bool = false; // option
const WG: u32 = 256u; // knob
const PARTS: u32 = 256u; // knob
const LANES: u32 = WG;

@group(0) @binding(0) var<storage, read>       inp: array<f32>;      // (N)
@group(0) @binding(1) var<storage, read_write> out: array<f32>;      // (1)
@group(0) @binding(2) var<storage, read_write> parts: array<f32>;    // (PARTS)
@group(0) @binding(3) var<uniform>             params: Params;

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
  for (var k = 0u; k < sweeps; k++) {
    let i = k * stride + wid.x * WG + lid;
    if (i < params.N) { sum += inp[i]; }
  }
  let total = lanesSum(lid, sum);
  if (lid == 0u) { parts[wid.x] = total; }
}

@compute @workgroup_size(WG)
fn finish(@builtin(local_invocation_index) lid: u32) {
  var sum = 0.0;
  for (var k = 0u; k < (PARTS + WG - 1u) / WG; k++) {
    if (k * WG + lid < partsOf()) { sum += parts[k * WG + lid]; }
  }
  var total = lanesSum(lid, sum);
  if (lid == 0u) {
    if (ACCUM) { total += out[0]; }
    out[0] = total;
  }
}
