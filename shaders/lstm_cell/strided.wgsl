// lstm_cell / strided
// c = σ(f)·c_prev + σ(i)·tanh(g), out = σ(o)·tanh(c); a row of gates holds C of i, f, g and o each. FIRST: c_prev is 0.
// A workgroup makes PER·WG elements, an invocation PER that lie WG apart, so neighbours access neighbouring memory.
// Wins where C is not a multiple of 4, which vec4 needs: a quarter of the invocations of naive.

struct Params { R: u32, C: u32 }

const FIRST: bool = false; // option
const PER: u32 = 4u; // knob
override WG: u32 = 64u; // knob

@group(0) @binding(0) var<storage, read>       gates: array<f32>;  // (R 4·C)
@group(0) @binding(1) var<storage, read>       c_prev: array<f32>; // (R C)
@group(0) @binding(2) var<storage, read_write> c: array<f32>;      // (R C)
@group(0) @binding(3) var<storage, read_write> out: array<f32>;    // (R C)
@group(0) @binding(5) var<uniform>             params: Params;

//> sigmoid
// exp(80) is still finite; 1/(1 + exp(80)) is 2e-35
fn sigmoid(x: f32) -> f32 {
  return 1.0 / (1.0 + exp(min(-x, 80.0)));
}
//< sigmoid

//> tangent
// tanh; the one of WGSL overflows on some devices beyond 44
fn tangent(x: f32) -> f32 {
  return 2.0 * sigmoid(2.0 * x) - 1.0;
}
//< tangent

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) nwg: vec3u, @builtin(local_invocation_index) lid: u32) {
  let C = params.C;
  let first = (wid.y * nwg.x + wid.x) * (WG * PER) + lid;
  for (var k = 0u; k < PER; k++) {
    let i = first + k * WG;
    if (i < params.R * C) {
      let at = i / C * 4u * C + i % C;
      var cell = sigmoid(gates[at]) * tangent(gates[at + 2u * C]);
      if (!FIRST) { cell += sigmoid(gates[at + C]) * c_prev[i]; }
      c[i] = cell;
      out[i] = sigmoid(gates[at + 3u * C]) * tangent(cell);
    }
  }
}
