// cross_entropy / workgroup
// losses[r] = weights[r]·(log Σ_v exp(logits[r,v]) − logits[r,target]);
// GRAD: logits[r,v] ← scale·weights[r]·(softmax(logits)[r,v] − [v = target]). A target ≥ V: loss and gradient are 0.
// A workgroup makes a row: one sweep keeps (top, total) and rescales when top grows, one overwrites the logits.
// Wins on GPUs: two reads and one write of the largest buffer of a training step, for a V of any length. llm.c fused_classifier.cuh.

struct Params { R: u32, V: u32, scale: f32 }

const GRAD: bool = false; // option
const WG: u32 = 256u; // knob
const LANES: u32 = WG;

@group(0) @binding(0) var<storage, read>       targets: array<u32>;    // (R)
@group(0) @binding(1) var<storage, read>       weights: array<f32>;    // (R)
@group(0) @binding(2) var<storage, read_write> logits: array<f32>;     // (R V)
@group(0) @binding(3) var<storage, read_write> losses: array<f32>;     // (R)
@group(0) @binding(5) var<uniform>             params: Params;

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

// four logits a step, WG apart: four loads in flight, and one rescaling for four exponentials
fn load4(at: u32, v: u32) -> vec4f {
  let last = params.V - 1u;
  let x = vec4f(logits[at + min(v, last)], logits[at + min(v + WG, last)],
                logits[at + min(v + 2u * WG, last)], logits[at + min(v + 3u * WG, last)]);
  return select(vec4f(-1e30), x, vec4u(v, v + WG, v + 2u * WG, v + 3u * WG) < vec4u(params.V));
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) nwg: vec3u, @builtin(local_invocation_index) lid: u32) {
  let r = wid.y * nwg.x + wid.x;
  if (r >= params.R) { return; }
  let at = r * params.V;
  let sweeps = (params.V + 4u * WG - 1u) / (4u * WG);
  let goal = targets[r];
  if (goal >= params.V) {
    if (lid == 0u) { losses[r] = 0.0; }
    if (GRAD) {
      for (var k = 0u; k < 4u * sweeps; k++) {
        if (k * WG + lid < params.V) { logits[at + k * WG + lid] = 0.0; }
      }
    }
    return;
  }
  var top = -1e30;
  var total = 0.0;
  for (var k = 0u; k < sweeps; k++) {
    let x = load4(at, k * 4u * WG + lid);
    let high = max(top, max(max(x.x, x.y), max(x.z, x.w)));
    let e = exp(x - high);
    total = total * exp(top - high) + ((e.x + e.y) + (e.z + e.w));
    top = high;
  }
  // an invocation without any column counted exp(0) = 1 four times: exp(−1e30 − rowTop) = 0 takes that away
  let rowTop = lanesMax(lid, top);
  let rowTotal = lanesSum(lid, total * exp(top - rowTop));
  if (lid == 0u) { losses[r] = weights[r] * (log(rowTotal) + (rowTop - logits[at + goal])); }
  if (GRAD) {
    storageBarrier(); // invocation 0 has read the target's logit before another one overwrites it
    let factor = params.scale * weights[r];
    let share = 1.0 / rowTotal;
    for (var k = 0u; k < sweeps; k++) {
      let v = k * 4u * WG + lid;
      let p = exp(load4(at, v) - rowTop) * share;
      for (var i = 0u; i < 4u; i++) {
        let u = v + i * WG;
        if (u < params.V) { logits[at + u] = factor * select(p[i], p[i] - 1.0, u == goal); }
      }
    }
  }
}
