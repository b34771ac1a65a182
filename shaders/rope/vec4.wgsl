// rope / vec4
// (x, y) → (x·cos − y·sin, x·sin + y·cos) for each pair of each q and k head, in place; BACKWARD turns by −θ.
// An invocation turns 4 pairs: two neighbouring vec4s with ROPE 1, two half a head apart with ROPE 2. HS divisible by 8.
// Bandwidth bound: a read and a write of q and k, 16 bytes at a time. RoFormer (Su et al. 2021).

struct Params { B: u32, T: u32, NH: u32, NKV: u32, HS: u32, TMAX: u32 }

const ROPE: u32 = 1u; // option
const BACKWARD: bool = false; // option
override WG: u32 = 64u; // knob

@group(0) @binding(0) var<storage, read>       rope: array<vec4f>;  // (TMAX HS), cos and sin of pair i side by side
@group(0) @binding(1) var<storage, read_write> qkv: array<vec4f>;   // (B T NH*HS+2*NKV*HS)
@group(0) @binding(3) var<uniform>             params: Params;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) nwg: vec3u, @builtin(local_invocation_index) lid: u32) {
  let D = params.HS / 4u; // vec4s in a head
  let units = D / 2u;
  let heads = params.NH + params.NKV; // the k heads follow the q heads
  let n = (wid.y * nwg.x + wid.x) * WG + lid;
  if (n >= params.B * params.T * heads * units) { return; }
  let i = n % units;
  let h = n / units % heads;
  let row = n / units / heads;
  let head = (row * (params.NH + 2u * params.NKV) + h) * D;
  let a = rope[row % params.T * D + 2u * i]; // cos, sin of two pairs; b: of the next two
  let b = rope[row % params.T * D + 2u * i + 1u];
  let turn = select(1.0, -1.0, BACKWARD);
  if (ROPE == 1u) {
    let x = qkv[head + 2u * i];
    let y = qkv[head + 2u * i + 1u];
    qkv[head + 2u * i] = x * a.xxzz + vec4f(-x.y, x.x, -x.w, x.z) * turn * a.yyww;
    qkv[head + 2u * i + 1u] = y * b.xxzz + vec4f(-y.y, y.x, -y.w, y.z) * turn * b.yyww;
  } else {
    let c = vec4f(a.xz, b.xz);
    let s = turn * vec4f(a.yw, b.yw);
    let x = qkv[head + i];
    let y = qkv[head + units + i];
    qkv[head + i] = x * c - y * s;
    qkv[head + units + i] = x * s + y * c;
  }
}
