// embedding / naive
// out[r] = wte[tokens[r]] (+ wpe[r mod T] with POS); DECODE: a row's token and position are in its state.
// An invocation makes one element; wte arrives as words, which hold one f32 or (B16) two halves.
// Fallback and teaching text; its 4-byte loads make it slow.

struct Params { R: u32, T: u32, C: u32, V: u32, TMAX: u32 }

const POS: bool = false; // option
const DECODE: bool = false; // option
const B16: bool = false; // option
override WG: u32 = 64u; // knob

@group(0) @binding(0) var<storage, read>       state: array<u32>;     // (R 16) word 0 position, word 1 token
@group(0) @binding(1) var<storage, read>       tokens: array<u32>;    // (R)
@group(0) @binding(2) var<storage, read>       wte: array<u32>;       // (V C) words: floats, or halves with B16
@group(0) @binding(3) var<storage, read>       wpe: array<f32>;       // (TMAX C)
@group(0) @binding(4) var<storage, read_write> out: array<f32>;       // (R C)
@group(0) @binding(6) var<uniform>             params: Params;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) nwg: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * nwg.x + wid.x) * WG + lid;
  if (i >= params.R * params.C) { return; }
  let r = i / params.C;
  let c = i % params.C;
  var token = 0u;
  var position = 0u;
  if (DECODE) {
    token = state[16u * r + 1u];
    position = state[16u * r];
  } else {
    token = tokens[r];
    position = r % params.T;
  }
  token = min(token, params.V - 1u);
  position = min(position, params.TMAX - 1u);
  let j = token * params.C + c;
  var x = 0.0;
  if (B16) { x = unpack2x16float(wte[j / 2u])[j % 2u]; } else { x = bitcast<f32>(wte[j]); }
  if (POS) { x += wpe[position * params.C + c]; }
  out[i] = x;
}
