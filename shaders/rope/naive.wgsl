// rope / naive
// Each pair (x, y) of q and k of row t turns by the angle of its position: (x·c − y·s, x·s + y·c); BACKWARD by the negative angle.
// A workgroup turns WG pairs, an invocation one, in place. Pairs are (2i, 2i+1) with ROPE 1, (i, i + HS/2) with ROPE 2.
// Memory bound; the table avoids sin and cos, which WGSL only promises to 2⁻¹¹.
// RoFormer: Su et al. 2021.

struct Params { B: u32, T: u32, NH: u32, NKV: u32, HS: u32, TMAX: u32 }

const ROPE: u32 = 1u; // option
const BACKWARD: bool = false; // option
override WG: u32 = 64u; // knob

@group(0) @binding(0) var<storage, read>       rope: array<vec2f>; // (TMAX HS) as cos, sin of each pair
@group(0) @binding(1) var<storage, read_write> qkv: array<f32>;    // (B T NH*HS+2*NKV*HS)
@group(0) @binding(3) var<uniform>             params: Params;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) nwg: vec3u, @builtin(local_invocation_index) lid: u32) {
  let id = (wid.y * nwg.x + wid.x) * WG + lid;
  let pairs = params.HS / 2u;
  let heads = params.NH + params.NKV; // keys lie behind the queries
  if (id >= params.B * params.T * heads * pairs) { return; }
  let i = id % pairs;
  let head = id / pairs % heads;
  let row = id / pairs / heads;
  let base = row * (params.NH + 2u * params.NKV) * params.HS + head * params.HS;
  let x = base + select(i, 2u * i, ROPE == 1u);
  let y = x + select(pairs, 1u, ROPE == 1u);
  let turn = rope[row % params.T * pairs + i];
  let c = turn.x;
  let s = select(turn.y, -turn.y, BACKWARD);
  let a = qkv[x];
  let b = qkv[y];
  qkv[x] = a * c - b * s;
  qkv[y] = a * s + b * c;
}
