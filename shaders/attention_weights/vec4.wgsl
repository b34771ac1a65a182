// attention_weights / vec4
// out[b,h,t,s] = softmax over s of q·kᵀ/√HS + mask: what the fused kernels never store, for people who want to see it.
// An invocation makes one row (b, h, t) with its query in registers; a workgroup makes WG rows. No barrier, no workgroup memory.
// CACHED: one query at p = state.POS against the key cache. HS divisible by 4; 16-byte loads make it several times as fast as naive.

struct Params { B: u32, T: u32, S: u32, NH: u32, NKV: u32, HS: u32 }

const MASK: u32 = 1u; // option
const PADDED: bool = false; // option
const CROSS: bool = false; // option
const CACHED: bool = false; // option
const ROPE: u32 = 0u; // option
const HS: u32 = 64u; // dim
override WG: u32 = 8u; // knob
const POS: u32 = 0u; // STATE.POS of src/plan/state.ts
const D: u32 = HS / 4u; // vec4s in a head

@group(0) @binding(0) var<storage, read>       state: array<u32>;     // (16)
@group(0) @binding(1) var<storage, read>       qkv: array<vec4f>;     // (B T NH*HS+2*NKV*HS) or, CROSS, (B T NH*HS)
@group(0) @binding(2) var<storage, read>       kv: array<vec4f>;      // (B S 2*NKV*HS)
@group(0) @binding(3) var<storage, read>       spans: array<u32>;     // (B 2)
@group(0) @binding(4) var<storage, read>       cache_k: array<vec4f>; // (NKV S HS)
@group(0) @binding(5) var<storage, read_write> out: array<f32>;       // (B NH T S)
@group(0) @binding(6) var<storage, read>       rope: array<vec2f>;    // (S HS) as cos, sin of each pair
@group(0) @binding(8) var<uniform>             params: Params;

fn key(at: u32) -> vec4f {
  if (CACHED) { return cache_k[at]; }
  if (CROSS) { return kv[at]; }
  return qkv[at];
}

//> turned_head
// vec4 d of the head that begins at vec4 `base` of qkv, turned by the angles of position p
fn turned(base: u32, d: u32, p: u32) -> vec4f {
  let x = qkv[base + d];
  if (ROPE == 0u) { return x; }
  let at = p * (params.HS / 2u);
  if (ROPE == 1u) {
    let a = rope[at + 2u * d];
    let b = rope[at + 2u * d + 1u];
    return vec4f(x.x * a.x - x.y * a.y, x.x * a.y + x.y * a.x, x.z * b.x - x.w * b.y, x.z * b.y + x.w * b.x);
  }
  // pairs (i, i + HS/2): number by number, since HS/2 need not be divisible by 4
  let half = params.HS / 2u;
  var y = x;
  for (var c = 0u; c < 4u; c++) {
    let i = 4u * d + c;
    let turn = rope[at + i % half];
    let j = select(i - half, i + half, i < half);
    let other = qkv[base + j / 4u][j % 4u];
    y[c] = x[c] * turn.x + select(other, -other, i < half) * turn.y;
  }
  return y;
}
//< turned_head

// Query t of sequence b sees keys 0 … visible − 1.
fn visible(b: u32, t: u32) -> u32 {
  var n = params.S;
  if (CACHED) { return min(state[POS] + 1u, n); }
  if (MASK == 1u) { n = t + 1u; }
  if (MASK == 2u) { n = max(t + 1u, spans[2u * b]); }
  if (PADDED) { n = min(n, spans[2u * b + 1u]); }
  return min(n, params.S);
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) nwg: vec3u, @builtin(local_invocation_index) lid: u32) {
  let row = (wid.y * nwg.x + wid.x) * WG + lid;
  if (row >= params.B * params.NH * params.T) { return; }
  let t = row % params.T;
  let h = row / params.T % params.NH;
  let b = row / params.T / params.NH;
  let g = h * params.NKV / params.NH;
  let qWidth = select((params.NH + 2u * params.NKV) * D, params.NH * D, CROSS);
  var width = select(qWidth, 2u * params.NKV * D, CROSS);
  var k = b * params.S * width + select(params.NH * D, 0u, CROSS) + g * D;
  var p = 0u;
  if (CACHED) {
    width = D;
    k = g * params.S * D;
    p = min(state[POS], params.S - 1u);
  }
  let n = params.HS / 4u; // a bound that the compiler does not know: unrolling takes it seconds
  var q: array<vec4f, D>;
  for (var d = 0u; d < n; d++) { q[d] = turned((b * params.T + t) * qWidth + h * D, d, p) / sqrt(f32(HS)); }
  let count = visible(b, t);
  let at = row * params.S;
  var top = -1e30;
  for (var s = 0u; s < count; s++) {
    var sum = vec4f();
    for (var d = 0u; d < n; d++) { sum += q[d] * key(k + s * width + d); }
    let score = sum.x + sum.y + sum.z + sum.w;
    out[at + s] = score;
    top = max(top, score);
  }
  var total = 0.0;
  for (var s = 0u; s < count; s++) {
    let weight = exp(out[at + s] - top);
    out[at + s] = weight;
    total += weight;
  }
  for (var s = 0u; s < params.S; s++) {
    if (s < count) { out[at + s] /= total; } else { out[at + s] = 0.0; }
  }
}
