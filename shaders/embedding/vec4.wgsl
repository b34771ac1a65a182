// embedding / vec4
// out[r] = wte[tokens[r]] (+ wpe[r mod T] with POS); DECODE: a row's token and position are in its state.
// An invocation makes four neighbouring elements; wte arrives as pairs of words: two floats, or (B16) four halves.
// Needs C a multiple of 4.
// Wins everywhere: 16-byte loads on GPUs, few invocations and no barrier on software adapters.

struct Params { R: u32, T: u32, C: u32, V: u32, TMAX: u32 }

const POS: bool = false; // option
const DECODE: bool = false; // option
const B16: bool = false; // option
override WG: u32 = 64u; // knob

@group(0) @binding(0) var<storage, read>       state: array<u32>;     // (R 16) word 0 position, word 1 token
@group(0) @binding(1) var<storage, read>       tokens: array<u32>;    // (R)
@group(0) @binding(2) var<storage, read>       wte: array<vec2u>;     // (V C) words: floats, or halves with B16
@group(0) @binding(3) var<storage, read>       wpe: array<vec4f>;     // (TMAX C)
@group(0) @binding(4) var<storage, read_write> out: array<vec4f>;     // (R C)
@group(0) @binding(6) var<uniform>             params: Params;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) nwg: vec3u, @builtin(local_invocation_index) lid: u32) {
  let columns = params.C / 4u;
  let i = (wid.y * nwg.x + wid.x) * WG + lid;
  if (i >= params.R * columns) { return; }
  let r = i / columns;
  let c = i % columns;
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
  let j = token * columns + c;
  var x = vec4f();
  if (B16) {
    let words = wte[j];
    x = vec4f(unpack2x16float(words.x), unpack2x16float(words.y));
  } else {
    x = bitcast<vec4f>(vec4u(wte[2u * j], wte[2u * j + 1u]));
  }
  if (POS) { x += wpe[position * columns + c]; }
  out[i] = x;
}
