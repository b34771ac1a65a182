// adamw / naive
// g = grads·min(1, MAX_NORM/(norm + 1e-6)); m ← β1·m + (1−β1)·g; v ← β2·v + (1−β2)·g²;
// params ← params − lr·(m·CORRECTION1/(√(v·CORRECTION2) + eps) + decay·params), decay for the first ND; norm[1] ≠ 0: no change.
// An invocation makes one parameter; one dispatch makes them all. Loshchilov & Hutter 2019.
// Fallback and teaching text; its 4-byte loads make it slow.

struct Params { N: u32, ND: u32 }

override WG: u32 = 64u; // knob

@group(0) @binding(0) var<storage, read>       grads: array<f32>;      // (N)
@group(0) @binding(1) var<storage, read>       norm: array<f32>;       // (4)
@group(0) @binding(2) var<storage, read>       hyper: array<f32>;      // (8) src/plan/state.ts HYPER
@group(0) @binding(3) var<storage, read_write> weights: array<f32>;    // (N) the port `params`
@group(0) @binding(4) var<storage, read_write> m: array<f32>;          // (N)
@group(0) @binding(5) var<storage, read_write> v: array<f32>;          // (N)
@group(0) @binding(7) var<uniform>             params: Params;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) nwg: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * nwg.x + wid.x) * WG + lid;
  if (i >= params.N || norm[1] != 0.0) { return; }
  let lr = hyper[0];
  let beta1 = hyper[1];
  let beta2 = hyper[2];
  let eps = hyper[3];
  let decay = hyper[4];
  let correction1 = hyper[5];
  let correction2 = hyper[6];
  let maxNorm = hyper[7];
  var clip = 1.0;
  if (maxNorm > 0.0) { clip = min(1.0, maxNorm / (norm[0] + 1e-6)); }
  let g = grads[i] * clip;
  let mi = beta1 * m[i] + (1.0 - beta1) * g;
  let vi = beta2 * v[i] + (1.0 - beta2) * g * g;
  m[i] = mi;
  v[i] = vi;
  let w = weights[i];
  var step = mi * correction1 / (sqrt(vi * correction2) + eps);
  if (i < params.ND) { step += decay * w; }
  weights[i] = w - lr * step;
}
