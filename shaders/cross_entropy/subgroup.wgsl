// cross_entropy / subgroup
// losses[r] = weights[r]·(log Σ_v exp(logits[r,v]) − logits[r,target]);
// GRAD: logits[r,v] ← scale·weights[r]·(softmax(logits)[r,v] − [v = target]). A target ≥ V: loss and gradient are 0.
// A subgroup of any size makes a row: a sweep for the largest logit, one for the sum, one for the gradient; the row stays in cache.
// Needs subgroups.
// Wins on GPUs for small vocabularies, where a whole workgroup on one row would mostly idle.
enable subgroups;

struct Params { R: u32, V: u32, scale: f32 }

const GRAD: bool = false; // option
const WG: u32 = 128u; // knob

@group(0) @binding(0) var<storage, read>       targets: array<u32>;    // (R)
@group(0) @binding(1) var<storage, read>       weights: array<f32>;    // (R)
@group(0) @binding(2) var<storage, read_write> logits: array<f32>;     // (R V)
@group(0) @binding(3) var<storage, read_write> losses: array<f32>;     // (R)
@group(0) @binding(5) var<uniform>             params: Params;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) nwg: vec3u, @builtin(local_invocation_index) lid: u32,
        @builtin(subgroup_size) size: u32, @builtin(subgroup_invocation_id) lane: u32) {
  // the smallest index in a subgroup names it, whatever order its invocations have
  let r = (wid.y * nwg.x + wid.x) * (WG / size) + subgroupMin(lid) / size;
  let row = min(r, params.R - 1u); // a row past the end computes the last one again and does not write it
  let at = row * params.V;
  let sweeps = (params.V + size - 1u) / size;
  let goal = targets[row];
  let counts = goal < params.V;
  var top = -1e30;
  for (var k = 0u; k < sweeps; k++) {
    let v = k * size + lane;
    if (v < params.V) { top = max(top, logits[at + v]); }
  }
  top = subgroupMax(top);
  var total = 0.0;
  for (var k = 0u; k < sweeps; k++) {
    let v = k * size + lane;
    if (v < params.V) { total += exp(logits[at + v] - top); }
  }
  total = subgroupAdd(total);
  // every invocation reads it before the first one overwrites a logit: what it returns depends on all of them
  let hit = subgroupMax(logits[at + min(goal, params.V - 1u)]);
  if (r >= params.R) { return; }
  if (lane == 0u) {
    var loss = 0.0;
    if (counts) { loss = weights[r] * (log(total) + (top - hit)); }
    losses[r] = loss;
  }
  if (GRAD) {
    let factor = params.scale * weights[r];
    let share = 1.0 / total;
    for (var k = 0u; k < sweeps; k++) {
      let v = k * size + lane;
      if (v < params.V) {
        var d = 0.0;
        if (counts) {
          let p = exp(logits[at + v] - top) * share;
          d = factor * select(p, p - 1.0, v == goal);
        }
        logits[at + v] = d;
      }
    }
  }
}
