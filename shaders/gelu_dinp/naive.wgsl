// gelu_dinp / naive
// dinp[i] = dout[i]·gelu′(inp[i]); tanh form, or erf form with ERF.
// An invocation makes one element.
// Fallback and teaching text; its 4-byte loads make it slow.

struct Params { N: u32 }

const ERF: bool = false; // option
override WG: u32 = 64u; // knob

@group(0) @binding(0) var<storage, read>       inp: array<f32>;     // (N)
@group(0) @binding(1) var<storage, read>       dout: array<f32>;    // (N)
@group(0) @binding(2) var<storage, read_write> dinp: array<f32>;    // (N)
@group(0) @binding(4) var<uniform>             params: Params;

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

//> gelu-slope
// Derivatives of geluTanh and geluErf. (1 + tanh u)/2 is the sigmoid of 2u, and e = exp(−2|u|) keeps the digits that 1 − tanh² loses.
fn geluTanhSlope(x: f32) -> f32 {
  let u = 0.7978845608 * (x + 0.044715 * x * x * x);
  let e = exp(-2.0 * abs(u));
  let s = select(e, 1.0, u >= 0.0) / (1.0 + e);
  return s + 2.0 * x * (e / ((1.0 + e) * (1.0 + e))) * 0.7978845608 * (1.0 + 0.134145 * x * x);
}
fn geluErfSlope(x: f32) -> f32 {
  return 0.5 * (1.0 + erf(0.7071067812 * x)) + 0.3989422804 * x * exp(-0.5 * x * x);
}
//< gelu-slope

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) nwg: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * nwg.x + wid.x) * WG + lid;
  if (i >= params.N) { return; }
  if (ERF) { dinp[i] = dout[i] * geluErfSlope(inp[i]); } else { dinp[i] = dout[i] * geluTanhSlope(inp[i]); }
}
