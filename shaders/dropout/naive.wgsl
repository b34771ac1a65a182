// dropout / naive
// out[i] = inp[i]·keep/(1 − rate) (+ residual[i]), keep = hash(seed, step, SALT, i) ≥ rate.
// An invocation makes one element.
// Fallback and teaching text; its 4-byte loads make it slow.

struct Params { N: u32, SALT: u32, rate: f32 }

const RESIDUAL: bool = false; // option
override WG: u32 = 64u; // knob

@group(0) @binding(0) var<storage, read>       state: array<u32>;       // (16)
@group(0) @binding(1) var<storage, read>       inp: array<f32>;         // (N)
@group(0) @binding(2) var<storage, read>       residual: array<f32>;    // (N)
@group(0) @binding(3) var<storage, read_write> out: array<f32>;         // (N)
@group(0) @binding(5) var<uniform>             params: Params;

//> hash
// one round of PCG-RXS-M-XS (src/sample/hash.ts)
fn pcg(x: u32) -> u32 {
  let state = x * 747796405u + 2891336453u;
  let word = ((state >> ((state >> 28u) + 4u)) ^ state) * 277803737u;
  return (word >> 22u) ^ word;
}
// a number in [0, 1) with 24 bits, from a word and the hash of the words before it
fn uniformOf(before: u32, index: u32) -> f32 {
  return f32(pcg(index ^ before) >> 8u) * 0x1p-24;
}
//< hash

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) nwg: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * nwg.x + wid.x) * WG + lid;
  if (i >= params.N) { return; }
  // words 3 and 8 of the state: seed and training step
  let before = pcg(params.SALT ^ pcg(state[8] ^ pcg(state[3])));
  let scale = 1.0 / (1.0 - params.rate);
  var y = 0.0;
  if (uniformOf(before, i) >= params.rate) { y = inp[i] * scale; }
  if (RESIDUAL) { y += residual[i]; }
  out[i] = y;
}
