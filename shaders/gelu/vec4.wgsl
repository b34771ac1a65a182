// gelu / vec4
// out[i] = x·Φ(x), x = inp[i]; tanh form, or erf form with ERF.
// A workgroup makes 4·PER·WG elements, an invocation PER vec4 that lie WG apart, so neighbours access neighbouring memory.
// Needs N a multiple of 4.
// Wins everywhere: 16-byte loads on GPUs, few invocations and no barrier on software adapters.

struct Params { N: u32 }

const ERF: bool = false; // option
const PER: u32 = 4u; // knob
override WG: u32 = 64u; // knob

@group(0) @binding(0) var<storage, read>       inp: array<vec4f>;    // (N)
@group(0) @binding(1) var<storage, read_write> out: array<vec4f>;    // (N)
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

fn curve(x: f32) -> f32 {
  if (ERF) { return geluErf(x); }
  return geluTanh(x);
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) nwg: vec3u, @builtin(local_invocation_index) lid: u32) {
  let first = (wid.y * nwg.x + wid.x) * (WG * PER) + lid;
  for (var k = 0u; k < PER; k++) {
    let i = first + k * WG;
    if (i < params.N / 4u) {
      let x = inp[i];
      out[i] = vec4f(curve(x.x), curve(x.y), curve(x.z), curve(x.w));
    }
  }
}
