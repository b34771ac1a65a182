// attention / naive
// scores = q·kᵀ/√HS + mask; weights = softmax(scores); out = weights·v · gate[head]: the equation, one dispatch a line.
// An invocation makes one score, one row of weights, one element of out. The workspace holds all B·NH·T·S weights.
// The text to read first; the fused variants exist because this one writes that workspace twice and reads it HS + 3 times.

struct Params { B: u32, T: u32, S: u32, NH: u32, NKV: u32, HS: u32 }

const MASK: u32 = 1u; // option
const PADDED: bool = false; // option
const CROSS: bool = false; // option
const GATE: bool = false; // option
const SAVE_LSE: bool = false; // option
override WG: u32 = 64u; // knob
alias elem = f32; // elem

@group(0) @binding(0) var<storage, read>       qkv: array<elem>;     // (B T NH*HS+2*NKV*HS) or, CROSS, (B T NH*HS)
@group(0) @binding(1) var<storage, read>       kv: array<elem>;      // (B S 2*NKV*HS)
@group(0) @binding(2) var<storage, read>       spans: array<u32>;    // (B 2)
@group(0) @binding(3) var<storage, read>       gate: array<f32>;     // (NH)
@group(0) @binding(4) var<storage, read_write> out: array<elem>;     // (B T NH*HS)
@group(0) @binding(5) var<storage, read_write> lse: array<f32>;      // (B NH T)
@group(0) @binding(6) var<storage, read_write> weights: array<f32>;  // (B NH T S)
@group(0) @binding(7) var<uniform>             params: Params;

fn qWidth() -> u32 { return select((params.NH + 2u * params.NKV) * params.HS, params.NH * params.HS, CROSS); }
fn kvWidth() -> u32 { return select(qWidth(), 2u * params.NKV * params.HS, CROSS); }

// Where row s of sequence b keeps the key of head h; its value lies NKV·HS further on.
fn keyAt(b: u32, h: u32, s: u32) -> u32 {
  return (b * params.S + s) * kvWidth() + select(params.NH * params.HS, 0u, CROSS) + h * params.NKV / params.NH * params.HS;
}

fn loadKv(i: u32) -> f32 {
  if (CROSS) { return f32(kv[i]); }
  return f32(qkv[i]);
}

//> visible
// Query t of sequence b sees keys 0 … visible − 1: no mask we have leaves a gap.
fn visible(b: u32, t: u32) -> u32 {
  var n = params.S;
  if (MASK == 1u) { n = t + 1u; }
  if (MASK == 2u) { n = max(t + 1u, spans[2u * b]); }
  if (PADDED) { n = min(n, spans[2u * b + 1u]); }
  return min(n, params.S);
}
//< visible

@compute @workgroup_size(WG)
fn scores(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) nwg: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * nwg.x + wid.x) * WG + lid;
  if (i >= params.B * params.NH * params.T * params.S) { return; }
  let s = i % params.S;
  let t = i / params.S % params.T;
  let h = i / params.S / params.T % params.NH;
  let b = i / params.S / params.T / params.NH;
  if (s >= visible(b, t)) {
    weights[i] = -1e30; // a finite stand-in for −∞: exp of it is 0, and nothing turns into NaN
    return;
  }
  let q = (b * params.T + t) * qWidth() + h * params.HS;
  let k = keyAt(b, h, s);
  var sum = 0.0;
  for (var d = 0u; d < params.HS; d++) { sum += f32(qkv[q + d]) * loadKv(k + d); }
  weights[i] = sum / sqrt(f32(params.HS));
}

@compute @workgroup_size(WG)
fn softmax(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) nwg: vec3u, @builtin(local_invocation_index) lid: u32) {
  let row = (wid.y * nwg.x + wid.x) * WG + lid;
  if (row >= params.B * params.NH * params.T) { return; }
  let at = row * params.S;
  var top = -1e30;
  for (var s = 0u; s < params.S; s++) { top = max(top, weights[at + s]); }
  var sum = 0.0;
  for (var s = 0u; s < params.S; s++) { sum += exp(weights[at + s] - top); }
  for (var s = 0u; s < params.S; s++) { weights[at + s] = exp(weights[at + s] - top) / sum; }
  if (SAVE_LSE) { lse[row] = top + log(sum); }
}

@compute @workgroup_size(WG)
fn mix(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) nwg: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * nwg.x + wid.x) * WG + lid;
  if (i >= params.B * params.T * params.NH * params.HS) { return; }
  let d = i % params.HS;
  let h = i / params.HS % params.NH;
  let t = i / params.HS / params.NH % params.T;
  let b = i / params.HS / params.NH / params.T;
  let w = ((b * params.NH + h) * params.T + t) * params.S;
  let count = visible(b, t);
  var sum = 0.0;
  for (var s = 0u; s < count; s++) {
    sum += weights[w + s] * loadKv(keyAt(b, h, s) + params.NKV * params.HS + d);
  }
  if (GATE) { sum *= gate[h]; }
  out[i] = elem(sum);
}
