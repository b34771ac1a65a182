// attention_weights / naive
// out[b,h,t,s] = softmax over s of q·kᵀ/√HS + mask: what the fused kernels never store, for people who want to see it.
// An invocation makes one row (b, h, t): scores into `out`, their maximum and sum, then the quotients. A workgroup makes WG rows.
// CACHED: one query at p = state.POS against the key cache. Any HS; runs only on request.

struct Params { B: u32, T: u32, S: u32, NH: u32, NKV: u32, HS: u32 }

const MASK: u32 = 1u; // option
const PADDED: bool = false; // option
const CROSS: bool = false; // option
const CACHED: bool = false; // option
const ROPE: u32 = 0u; // option
override WG: u32 = 8u; // knob
const POS: u32 = 0u; // STATE.POS of src/plan/state.ts

@group(0) @binding(0) var<storage, read>       state: array<u32>;   // (16)
@group(0) @binding(1) var<storage, read>       qkv: array<f32>;     // (B T NH*HS+2*NKV*HS) or, CROSS, (B T NH*HS)
@group(0) @binding(2) var<storage, read>       kv: array<f32>;      // (B S 2*NKV*HS)
@group(0) @binding(3) var<storage, read>       spans: array<u32>;   // (B 2)
@group(0) @binding(4) var<storage, read>       cache_k: array<f32>; // (NKV S HS)
@group(0) @binding(5) var<storage, read_write> out: array<f32>;     // (B NH T S)
@group(0) @binding(6) var<storage, read>       rope: array<vec2f>;  // (S HS) as cos, sin of each pair
@group(0) @binding(8) var<uniform>             params: Params;

// Number i of the query that begins at `base`, turned by the angle of position p.
fn query(base: u32, i: u32, p: u32) -> f32 {
  let x = qkv[base + i];
  if (ROPE == 0u) { return x; }
  let pairs = params.HS / 2u;
  let pair = select(i % pairs, i / 2u, ROPE == 1u);
  let first = select(i < pairs, i % 2u == 0u, ROPE == 1u);
  let step = select(pairs, 1u, ROPE == 1u);
  let turn = rope[p * pairs + pair];
  if (first) { return x * turn.x - qkv[base + i + step] * turn.y; }
  return qkv[base + i - step] * turn.y + x * turn.x;
}

fn key(at: u32) -> f32 {
  if (CACHED) { return cache_k[at]; }
  if (CROSS) { return kv[at]; }
  return qkv[at];
}

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
  let HS = params.HS;
  let g = h * params.NKV / params.NH;
  let qWidth = select((params.NH + 2u * params.NKV) * HS, params.NH * HS, CROSS);
  let q = (b * params.T + t) * qWidth + h * HS;
  var width = select(qWidth, 2u * params.NKV * HS, CROSS);
  var k = b * params.S * width + select(params.NH * HS, 0u, CROSS) + g * HS;
  var p = 0u;
  if (CACHED) {
    width = HS;
    k = g * params.S * HS;
    p = min(state[POS], params.S - 1u);
  }
  let count = visible(b, t);
  let at = row * params.S;
  let scale = 1.0 / sqrt(f32(HS));
  var top = -1e30;
  for (var s = 0u; s < count; s++) {
    var dot = 0.0;
    for (var i = 0u; i < HS; i++) { dot += query(q, i, p) * key(k + s * width + i); }
    out[at + s] = dot * scale;
    top = max(top, dot * scale);
  }
  var total = 0.0;
  for (var s = 0u; s < count; s++) {
    out[at + s] = exp(out[at + s] - top);
    total += out[at + s];
  }
  for (var s = 0u; s < params.S; s++) {
    if (s < count) { out[at + s] /= total; } else { out[at + s] = 0.0; }
  }
}
