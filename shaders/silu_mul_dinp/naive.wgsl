// silu_mul_dinp / naive
// s = sigmoid(gate): dgate = dout·up·s·(1 + gate·(1 − s)), dup = dout·gate·s; a row of inp and dinp holds C gates, then C ups.
// An invocation makes one dgate and its dup.
// Fallback and teaching text; its 4-byte loads make it slow.

struct Params { R: u32, C: u32 }

override WG: u32 = 64u; // knob

@group(0) @binding(0) var<storage, read>       inp: array<f32>;     // (R 2·C)
@group(0) @binding(1) var<storage, read>       dout: array<f32>;    // (R C)
@group(0) @binding(2) var<storage, read_write> dinp: array<f32>;    // (R 2·C)
@group(0) @binding(4) var<uniform>             params: Params;

//> sigmoid
// exp(80) is still finite; 1/(1 + exp(80)) is 2e-35
fn sigmoid(x: f32) -> f32 {
  return 1.0 / (1.0 + exp(min(-x, 80.0)));
}
//< sigmoid

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) nwg: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * nwg.x + wid.x) * WG + lid;
  if (i >= params.R * params.C) { return; }
  let at = (i / params.C) * 2u * params.C + i % params.C;
  let gate = inp[at];
  let s = sigmoid(gate);
  dinp[at] = dout[i] * inp[at + params.C] * s * (1.0 + gate * (1.0 - s));
  dinp[at + params.C] = dout[i] * gate * s;
}
