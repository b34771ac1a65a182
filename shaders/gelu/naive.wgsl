// gelu / naive
// out[i] = x·Φ(x), x = inp[i]; tanh form, or erf form with ERF.
// A workgroup makes WG elements, an invocation one.
// Fallback and teaching text; memory bound, so only its 4-byte loads make it slow.

struct Params { N: u32 }

const ERF: bool = false; // option
override WG: u32 = 64u; // knob

@group(0) @binding(0) var<storage, read>       inp: array<f32>;    // (N)
@group(0) @binding(1) var<storage, read_write> out: array<f32>;    // (N)
@group(0) @binding(3) var<uniform>             params: Params;

//> gelu
// Abramowitz & Stegun 7.1.26, |error| ≤ 1.5e-7
fn erf(x: f32) -> f32 {
  let t = 1.0 / (1.0 + 0.3275911 * abs(x));
  let y = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  return sign(x) * (1.0 - y * exp(-x * x));
}
// tanh overflows on some compilers beyond ±44, so its argument is clamped; at ±15 it is ±1 in f32
fn geluTanh(x: f32) -> f32 {
  return 0.5 * x * (1.0 + tanh(clamp(0.7978845608 * (x + 0.044715 * x * x * x), -15.0, 15.0)));
}
fn geluErf(x: f32) -> f32 {
  return 0.5 * x * (1.0 + erf(0.7071067812 * x));
}
//< gelu

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) nwg: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * nwg.x + wid.x) * WG + lid;
  if (i >= params.N) { return; }
  if (ERF) { out[i] = geluErf(inp[i]); } else { out[i] = geluTanh(inp[i]); }
}
