// softmax / tiled
// out[r,c] = exp(inp[r,c] − top) / Σ_c exp(inp[r,c] − top), top = max_c inp[r,c].
// A workgroup makes a row; an invocation owns the columns lid, lid + WG, … The row waits in workgroup memory between the
// three sweeps; what lies beyond CACHE columns is read again.
// Wins over naive on GPUs: neighbours read neighbouring elements, and memory is read once. Loses to registers (blocked).

struct Params { R: u32, C: u32 }

const WG: u32 = 128u; // knob
const CACHE: u32 = 2048u;
const LANES: u32 = WG;

@group(0) @binding(0) var<storage, read>       inp: array<f32>;    // (R C)
@group(0) @binding(1) var<storage, read_write> out: array<f32>;    // (R C)
@group(0) @binding(3) var<uniform>             params: Params;

var<workgroup> row: array<f32, CACHE>;

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
  let r = wid.y * nwg.x + wid.x;
  if (r >= params.R) { return; }
  let at = r * params.C;
  let sweeps = (params.C + WG - 1u) / WG;
  var top = -1e30;
  for (var k = 0u; k < sweeps; k++) {
    let c = k * WG + lid;
    if (c < params.C) {
      let x = inp[at + c];
      if (c < CACHE) { row[c] = x; } // read back only by the invocation that wrote it: no barrier needed
      top = max(top, x);
    }
  }
  top = lanesMax(lid, top);
  var total = 0.0;
  for (var k = 0u; k < sweeps; k++) {
    let c = k * WG + lid;
    if (c < params.C) {
      if (c < CACHE) {
        let e = exp(row[c] - top);
        row[c] = e;
        total += e;
      } else {
        total += exp(inp[at + c] - top);
      }
    }
  }
  let share = 1.0 / lanesSum(lid, total);
  for (var k = 0u; k < sweeps; k++) {
    let c = k * WG + lid;
    if (c < params.C) {
      if (c < CACHE) { out[at + c] = row[c] * share; } else { out[at + c] = exp(inp[at + c] - top) * share; }
    }
  }
}
