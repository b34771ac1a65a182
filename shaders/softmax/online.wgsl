// softmax / online
// out[r,c] = exp(inp[r,c] − top) / Σ_c exp(inp[r,c] − top), top = max_c inp[r,c].
// A workgroup makes a row: one sweep keeps (top, total) side by side and rescales total when top grows, one sweep writes.
// Wins on GPUs for rows that no workgroup can hold (C > 8192): two reads and one write instead of three reads.
// Milakov & Gimelshein 2018, "Online normalizer calculation for softmax".

struct Params { R: u32, C: u32 }

const WG: u32 = 256u; // knob
const LANES: u32 = WG;

@group(0) @binding(0) var<storage, read>       inp: array<f32>;    // (R C)
@group(0) @binding(1) var<storage, read_write> out: array<f32>;    // (R C)
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

// four elements a step, WG apart: four loads in flight, and one rescaling for four exponentials
fn load4(at: u32, c: u32) -> vec4f {
  let last = params.C - 1u;
  let x = vec4f(inp[at + min(c, last)], inp[at + min(c + WG, last)], inp[at + min(c + 2u * WG, last)], inp[at + min(c + 3u * WG, last)]);
  return select(vec4f(-1e30), x, vec4u(c, c + WG, c + 2u * WG, c + 3u * WG) < vec4u(params.C));
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) nwg: vec3u, @builtin(local_invocation_index) lid: u32) {
  let r = wid.y * nwg.x + wid.x;
  if (r >= params.R) { return; }
  let at = r * params.C;
  let sweeps = (params.C + 4u * WG - 1u) / (4u * WG);
  var top = -1e30;
  var total = 0.0;
  for (var k = 0u; k < sweeps; k++) {
    let x = load4(at, k * 4u * WG + lid);
    let high = max(top, max(max(x.x, x.y), max(x.z, x.w)));
    let e = exp(x - high);
    total = total * exp(top - high) + ((e.x + e.y) + (e.z + e.w));
    top = high;
  }
  // an invocation without any column counted exp(−1e30 − (−1e30)) = 1 four times: exp(top − rowTop) = 0 takes that away
  let rowTop = lanesMax(lid, top);
  let share = 1.0 / lanesSum(lid, total * exp(top - rowTop));
  for (var k = 0u; k < sweeps; k++) {
    let c = k * 4u * WG + lid;
    let y = exp(load4(at, c) - rowTop) * share;
    for (var i = 0u; i < 4u; i++) {
      if (c + i * WG < params.C) { out[at + c + i * WG] = y[i]; }
    }
  }
}
