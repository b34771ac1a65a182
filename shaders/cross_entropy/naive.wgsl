// cross_entropy / naive
// losses[r] = weights[r]·(log Σ_v exp(logits[r,v]) − logits[r,target]);
// GRAD: logits[r,v] ← scale·weights[r]·(softmax(logits)[r,v] − [v = target]). A target ≥ V: loss and gradient are 0.
// An invocation makes a row and reads it three times: largest logit, sum, gradient.
// Fallback and teaching text: neighbouring invocations read V elements apart.

struct Params { R: u32, V: u32, scale: f32 }

const GRAD: bool = false; // option
override WG: u32 = 64u; // knob

@group(0) @binding(0) var<storage, read>       targets: array<u32>;    // (R)
@group(0) @binding(1) var<storage, read>       weights: array<f32>;    // (R)
@group(0) @binding(2) var<storage, read_write> logits: array<f32>;     // (R V)
@group(0) @binding(3) var<storage, read_write> losses: array<f32>;     // (R)
@group(0) @binding(5) var<uniform>             params: Params;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) nwg: vec3u, @builtin(local_invocation_index) lid: u32) {
  let r = (wid.y * nwg.x + wid.x) * WG + lid;
  if (r >= params.R) { return; }
  let at = r * params.V;
  let goal = targets[r];
  if (goal >= params.V) {
    losses[r] = 0.0;
    if (GRAD) {
      for (var v = 0u; v < params.V; v++) { logits[at + v] = 0.0; }
    }
    return;
  }
  var top = -1e30;
  for (var v = 0u; v < params.V; v++) { top = max(top, logits[at + v]); }
  var total = 0.0;
  for (var v = 0u; v < params.V; v++) { total += exp(logits[at + v] - top); }
  losses[r] = weights[r] * (log(total) + (top - logits[at + goal]));
  if (GRAD) {
    let factor = params.scale * weights[r];
    for (var v = 0u; v < params.V; v++) {
      let p = exp(logits[at + v] - top) / total;
      logits[at + v] = factor * select(p, p - 1.0, v == goal);
    }
  }
}
