// attention_dqkv / naive
// With p = exp(score − lse) and D = Σ dout·out: ds = p·(dout·vᵀ − D), dq = ds·k/√HS, dk = dsᵀ·q/√HS, dv = pᵀ·dout.
// The first invocations make one query row of dq each, the others one key's dk and dv, straight into dqkv; the sums are never stored
// elsewhere, and every p is recomputed from lse. The text to read first; any HS.

struct Params { B: u32, T: u32, S: u32, NH: u32, NKV: u32, HS: u32 }

const MASK: u32 = 1u; // option
const PADDED: bool = false; // option
const CROSS: bool = false; // option
override WG: u32 = 32u; // knob

@group(0) @binding(0) var<storage, read>       qkv: array<f32>;   // (B T NH*HS+2*NKV*HS) or, CROSS, (B T NH*HS)
@group(0) @binding(1) var<storage, read>       kv: array<f32>;    // (B S 2*NKV*HS)
@group(0) @binding(2) var<storage, read>       spans: array<u32>; // (B 2)
@group(0) @binding(3) var<storage, read>       out: array<f32>;   // (B T NH*HS)
@group(0) @binding(4) var<storage, read>       dout: array<f32>;  // (B T NH*HS)
@group(0) @binding(5) var<storage, read>       lse: array<f32>;   // (B NH T)
@group(0) @binding(6) var<storage, read_write> dqkv: array<f32>;  // (B T NH*HS+2*NKV*HS) or, CROSS, (B T NH*HS)
@group(0) @binding(7) var<storage, read_write> dkv: array<f32>;   // (B S 2*NKV*HS)
@group(0) @binding(9) var<uniform>             params: Params;

fn loadKv(i: u32) -> f32 {
  if (CROSS) { return kv[i]; }
  return qkv[i];
}

fn setKv(i: u32, x: f32) {
  if (CROSS) { dkv[i] = x; } else { dqkv[i] = x; }
}

fn addKv(i: u32, x: f32) {
  if (CROSS) { dkv[i] += x; } else { dqkv[i] += x; }
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

fn qWidth() -> u32 { return select((params.NH + 2u * params.NKV) * params.HS, params.NH * params.HS, CROSS); }
fn kvWidth() -> u32 { return select(qWidth(), 2u * params.NKV * params.HS, CROSS); }
fn queryAt(b: u32, t: u32, h: u32) -> u32 { return (b * params.T + t) * qWidth() + h * params.HS; }
fn outAt(b: u32, t: u32, h: u32) -> u32 { return ((b * params.T + t) * params.NH + h) * params.HS; }
// The value of a key lies NKV·HS further on.
fn keyAt(b: u32, s: u32, head: u32) -> u32 {
  return (b * params.S + s) * kvWidth() + select(params.NH * params.HS, 0u, CROSS) + head * params.HS;
}

// p and ds of one query row with one key.
fn weight(b: u32, h: u32, t: u32, s: u32) -> vec2f {
  let q = queryAt(b, t, h);
  let o = outAt(b, t, h);
  let k = keyAt(b, s, h * params.NKV / params.NH);
  var score = 0.0;
  var dp = 0.0;
  for (var i = 0u; i < params.HS; i++) {
    score += qkv[q + i] * loadKv(k + i);
    dp += dout[o + i] * (loadKv(k + params.NKV * params.HS + i) - out[o + i]); // dout·v − D
  }
  let p = exp(score / sqrt(f32(params.HS)) - lse[(b * params.NH + h) * params.T + t]);
  return vec2f(p, p * dp);
}

fn queryRow(b: u32, h: u32, t: u32) {
  let to = queryAt(b, t, h);
  for (var i = 0u; i < params.HS; i++) { dqkv[to + i] = 0.0; }
  let count = visible(b, t);
  for (var s = 0u; s < count; s++) {
    let ds = weight(b, h, t, s).y / sqrt(f32(params.HS));
    let k = keyAt(b, s, h * params.NKV / params.NH);
    for (var i = 0u; i < params.HS; i++) { dqkv[to + i] += ds * loadKv(k + i); }
  }
}

fn keyRow(b: u32, head: u32, s: u32) {
  let k = keyAt(b, s, head);
  let v = k + params.NKV * params.HS;
  for (var i = 0u; i < params.HS; i++) {
    setKv(k + i, 0.0);
    setKv(v + i, 0.0);
  }
  for (var h = 0u; h < params.NH; h++) {
    if (h * params.NKV / params.NH != head) { continue; }
    for (var t = 0u; t < params.T; t++) {
      if (s >= visible(b, t)) { continue; }
      let w = weight(b, h, t, s);
      let ds = w.y / sqrt(f32(params.HS));
      let q = queryAt(b, t, h);
      let o = outAt(b, t, h);
      for (var i = 0u; i < params.HS; i++) {
        addKv(k + i, ds * qkv[q + i]);
        addKv(v + i, w.x * dout[o + i]);
      }
    }
  }
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) nwg: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * nwg.x + wid.x) * WG + lid;
  let queries = params.B * params.NH * params.T;
  if (i < queries) {
    queryRow(i / params.T / params.NH, i / params.T % params.NH, i % params.T);
  } else if (i - queries < params.B * params.NKV * params.S) {
    let j = i - queries;
    keyRow(j / params.S / params.NKV, j / params.S % params.NKV, j % params.S);
  }
}
