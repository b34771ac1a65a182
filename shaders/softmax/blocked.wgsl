// softmax / blocked
// out[r,c] = exp(inp[r,c] − top) / Σ_c exp(inp[r,c] − top), top = max_c inp[r,c].
// A workgroup makes WG / LANES rows; an invocation holds PER vec4 of its row in registers: one read, one write.
// Needs C a multiple of 4. With elem = f16 it is the variant f16: stored in halves, summed in f32.
// Wins on GPUs without subgroups: short rows share a workgroup, no element is read twice.

struct Params { R: u32, C: u32 }

alias elem = f32; // elem
const WG: u32 = 256u; // knob
const LANES: u32 = 32u; // knob
const C: u32 = 1024u; // dim
const PER: u32 = (C / 4u + LANES - 1u) / LANES;

@group(0) @binding(0) var<storage, read>       inp: array<vec4<elem>>;    // (R C)
@group(0) @binding(1) var<storage, read_write> out: array<vec4<elem>>;    // (R C)
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

//> lanes-max
fn lanesMax(lid: u32, x: f32) -> f32 {
  let lane = lid % LANES;
  lanes[lid] = x;
  workgroupBarrier();
  for (var i = 1u; (LANES >> i) > 0u; i++) {
    if (lane < (LANES >> i)) { lanes[lid] = max(lanes[lid], lanes[lid + (LANES >> i)]); }
    workgroupBarrier();
  }
  let top = lanes[lid - lane];
  workgroupBarrier();
  return top;
}
//< lanes-max

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) nwg: vec3u, @builtin(local_invocation_index) lid: u32) {
  let r = (wid.y * nwg.x + wid.x) * (WG / LANES) + lid / LANES;
  let lane = lid % LANES;
  let columns = C / 4u;
  // a row past the end computes the last one again and does not write it: barriers want everybody
  let at = min(r, params.R - 1u) * columns;
  var x: array<vec4f, PER>;
  var top4 = vec4f(-1e30);
  for (var p = 0u; p < PER; p++) {
    let c = p * LANES + lane;
    x[p] = vec4f(-1e30);
    if (c < columns) { x[p] = vec4f(inp[at + c]); }
    top4 = max(top4, x[p]);
  }
  let top = lanesMax(lid, max(max(top4.x, top4.y), max(top4.z, top4.w)));
  var total = vec4f();
  for (var p = 0u; p < PER; p++) {
    x[p] = exp(x[p] - top); // 0 where there is no column
    total += x[p];
  }
  let share = 1.0 / lanesSum(lid, (total.x + total.y) + (total.z + total.w));
  for (var p = 0u; p < PER; p++) {
    let c = p * LANES + lane;
    if (c < columns && r < params.R) { out[at + c] = vec4<elem>(x[p] * share); }
  }
}
