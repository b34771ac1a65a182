// lstm_cell / vec4
// c = σ(f)·c_prev + σ(i)·tanh(g), out = σ(o)·tanh(c); a row of gates holds C of i, f, g and o each. FIRST: c_prev is 0.
// A workgroup makes 4·PER·WG elements, an invocation PER vec4 that lie WG apart, so neighbours access neighbouring memory.
// Needs C a multiple of 4.
// Wins everywhere: 16-byte loads on GPUs, few invocations and no barrier on software adapters.

struct Params { R: u32, C: u32 }

const FIRST: bool = false; // option
const PER: u32 = 4u; // knob
override WG: u32 = 64u; // knob

@group(0) @binding(0) var<storage, read>       gates: array<vec4f>;  // (R 4·C)
@group(0) @binding(1) var<storage, read>       c_prev: array<vec4f>; // (R C)
@group(0) @binding(2) var<storage, read_write> c: array<vec4f>;      // (R C)
@group(0) @binding(3) var<storage, read_write> out: array<vec4f>;    // (R C)
@group(0) @binding(5) var<uniform>             params: Params;

//> curves4
// exp(80) is still finite; 1/(1 + exp(80)) is 2e-35
fn sigmoid4(x: vec4f) -> vec4f {
  return 1.0 / (1.0 + exp(min(-x, vec4f(80.0))));
}
// tanh; the one of WGSL overflows on some devices beyond 44
fn tangent4(x: vec4f) -> vec4f {
  return 2.0 * sigmoid4(2.0 * x) - 1.0;
}
//< curves4

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) nwg: vec3u, @builtin(local_invocation_index) lid: u32) {
  let C = params.C / 4u;
  let first = (wid.y * nwg.x + wid.x) * (WG * PER) + lid;
  for (var k = 0u; k < PER; k++) {
    let i = first + k * WG;
    if (i < params.R * C) {
      let at = i / C * 4u * C + i % C;
      var cell = sigmoid4(gates[at]) * tangent4(gates[at + 2u * C]);
      if (!FIRST) { cell += sigmoid4(gates[at + C]) * c_prev[i]; }
      c[i] = cell;
      out[i] = sigmoid4(gates[at + 3u * C]) * tangent4(cell);
    }
  }
}
