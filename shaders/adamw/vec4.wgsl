// adamw / vec4
// g = grads·min(1, MAX_NORM/(norm + 1e-6)); m ← β1·m + (1−β1)·g; v ← β2·v + (1−β2)·g²;
// params ← params − lr·(m·CORRECTION1/(√(v·CORRECTION2) + eps) + decay·params), decay for the first ND; norm[1] ≠ 0: no change.
// A workgroup makes 4·PER·WG parameters, an invocation PER vec4 that lie WG apart; one dispatch makes them all. The vec4 that
// N cuts is written element by element; ND may cut one too. Loshchilov & Hutter 2019.
// Wins everywhere: 28 bytes a parameter is all there is, and they move 16 at a time.

struct Params { N: u32, ND: u32 }

const PER: u32 = 4u; // knob
override WG: u32 = 64u; // knob

@group(0) @binding(0) var<storage, read>       grads: array<vec4f>;      // (N)
@group(0) @binding(1) var<storage, read>       norm: array<f32>;         // (4)
@group(0) @binding(2) var<storage, read>       hyper: array<f32>;        // (8) src/plan/state.ts HYPER
@group(0) @binding(3) var<storage, read_write> weights: array<vec4f>;    // (N) the port `params`
@group(0) @binding(4) var<storage, read_write> m: array<vec4f>;          // (N)
@group(0) @binding(5) var<storage, read_write> v: array<vec4f>;          // (N)
@group(0) @binding(7) var<uniform>             params: Params;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) nwg: vec3u, @builtin(local_invocation_index) lid: u32) {
  if (norm[1] != 0.0) { return; }
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
  let first = (wid.y * nwg.x + wid.x) * (WG * PER) + lid;
  for (var k = 0u; k < PER; k++) {
    let i = first + k * WG;
    let e = 4u * i;
    if (e < params.N) {
      let g = grads[i] * clip;
      let mi = beta1 * m[i] + (1.0 - beta1) * g;
      let vi = beta2 * v[i] + (1.0 - beta2) * g * g;
      let w = weights[i];
      let decays = select(vec4f(), vec4f(decay), vec4u(e, e + 1u, e + 2u, e + 3u) < vec4u(params.ND));
      let wi = w - lr * (mi * correction1 / (sqrt(vi * correction2) + eps) + decays * w);
      if (e + 3u < params.N) {
        m[i] = mi;
        v[i] = vi;
        weights[i] = wi;
      } else {
        for (var j = 0u; j < params.N - e; j++) {
          m[i][j] = mi[j];
          v[i][j] = vi[j];
          weights[i][j] = wi[j];
        }
      }
    }
  }
}
