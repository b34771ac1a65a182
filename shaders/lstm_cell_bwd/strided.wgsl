// lstm_cell_bwd / strided
// With i f g o after activation, t = tanh(c) and e = dc + dout·o·(1 − t²): dgates = e·g·i·(1 − i), e·c_prev·f·(1 − f), e·i·(1 − g²),
// dout·t·o·(1 − o); dc_prev = e·f. FIRST: there is no c_prev. Without DC dc is 0.
// A workgroup makes PER·WG elements, an invocation PER that lie WG apart, so neighbours access neighbouring memory.
// Wins where C is not a multiple of 4, which vec4 needs: a quarter of the invocations of naive.

struct Params { R: u32, C: u32 }

const FIRST: bool = false; // option
const DC: bool = true; // option
const PER: u32 = 4u; // knob
override WG: u32 = 64u; // knob

@group(0) @binding(0) var<storage, read>       gates: array<f32>;   // (R 4·C)
@group(0) @binding(1) var<storage, read>       c_prev: array<f32>;  // (R C)
@group(0) @binding(2) var<storage, read>       c: array<f32>;       // (R C)
@group(0) @binding(3) var<storage, read>       dout: array<f32>;    // (R C)
@group(0) @binding(4) var<storage, read>       dc: array<f32>;      // (R C)
@group(0) @binding(5) var<storage, read_write> dgates: array<f32>;  // (R 4·C)
@group(0) @binding(6) var<storage, read_write> dc_prev: array<f32>; // (R C)
@group(0) @binding(8) var<uniform>             params: Params;

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
      let iGate = sigmoid(gates[at]);
      let fGate = sigmoid(gates[at + C]);
      let gGate = tangent(gates[at + 2u * C]);
      let oGate = sigmoid(gates[at + 3u * C]);
      let tanhC = tangent(c[i]);
      var e = dout[i] * oGate * (1.0 - tanhC * tanhC);
      if (DC) { e += dc[i]; }
      dgates[at] = e * gGate * iGate * (1.0 - iGate);
      dgates[at + 2u * C] = e * iGate * (1.0 - gGate * gGate);
      dgates[at + 3u * C] = dout[i] * tanhC * oGate * (1.0 - oGate);
      if (FIRST) {
        dgates[at + C] = 0.0;
      } else {
        dgates[at + C] = e * c_prev[i] * fGate * (1.0 - fGate);
        dc_prev[i] = e * fGate;
      }
    }
  }
}
