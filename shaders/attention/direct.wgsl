// attention / direct
// out = softmax(q·kᵀ/√HS + mask)·v · gate[head], online over blocks of 8 keys; lse = log Σ exp(scores).
// An invocation makes 4 rows of one head, their q and sums in its own arrays; a workgroup 4·WG rows. No workgroup memory, no barrier:
// keys and values come straight from memory as 4×4 matrices of 4 keys × 4 dims. HALF needs no shader-f16. HS divisible by 4.
// Wins on software adapters: a barrier is expensive there and all memory is equally near.
// Online softmax: Milakov & Gimelshein 2018; sums are rescaled only when a maximum has moved by more than 2⁸: FlashAttention-4.

struct Params { B: u32, T: u32, S: u32, NH: u32, NKV: u32, HS: u32 }

const MASK: u32 = 1u; // option
const PADDED: bool = false; // option
const CROSS: bool = false; // option
const GATE: bool = false; // option
const SAVE_LSE: bool = false; // option
const HALF: bool = false; // option
const HS: u32 = 64u; // dim
override WG: u32 = 8u; // knob

const D: u32 = HS / 4u; // vec4s in a head
const LOG2E: f32 = 1.4426950408889634;
const LN2: f32 = 0.6931471805599453;

@group(0) @binding(0) var<storage, read>       qkv: array<vec4u>;  // (B T NH*HS+2*NKV*HS) or, CROSS, (B T NH*HS)
@group(0) @binding(1) var<storage, read>       kv: array<vec4u>;   // (B S 2*NKV*HS)
@group(0) @binding(2) var<storage, read>       spans: array<u32>;  // (B 2)
@group(0) @binding(3) var<storage, read>       gate: array<f32>;   // (NH)
@group(0) @binding(4) var<storage, read_write> out: array<vec2u>;  // (B T NH*HS)
@group(0) @binding(5) var<storage, read_write> lse: array<f32>;    // (B NH T)
@group(0) @binding(7) var<uniform>             params: Params;

// Four numbers: bits of f32, or with HALF one half of eight.
fn unpack(word: vec4u, i: u32) -> vec4f {
  if (HALF) {
    let w = select(word.xy, word.zw, (i & 1u) == 1u);
    return vec4f(unpack2x16float(w.x), unpack2x16float(w.y));
  }
  return bitcast<vec4f>(word);
}

fn loadQ(i: u32) -> vec4f {
  return unpack(qkv[select(i, i / 2u, HALF)], i);
}

fn loadKv(i: u32) -> vec4f {
  if (CROSS) { return unpack(kv[select(i, i / 2u, HALF)], i); }
  return loadQ(i);
}

fn store(i: u32, x: vec4f) {
  if (HALF) {
    out[i] = vec2u(pack2x16float(x.xy), pack2x16float(x.zw));
  } else {
    out[2u * i] = bitcast<vec2u>(x.xy);
    out[2u * i + 1u] = bitcast<vec2u>(x.zw);
  }
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

// 4 dims of 4 keys (or values), one a column.
fn load4(at: vec4u) -> mat4x4f {
  return mat4x4f(loadKv(at.x), loadKv(at.y), loadKv(at.z), loadKv(at.w));
}

// Scores of 4 rows (components) with keys key … key + 3 (columns): a finite stand-in for −∞ where a row does not see a key.
fn hide(s: mat4x4f, key: u32, count: vec4u) -> mat4x4f {
  let no = vec4f(-1e30);
  return mat4x4f(
    select(s[0], no, vec4u(key) >= count),
    select(s[1], no, vec4u(key + 1u) >= count),
    select(s[2], no, vec4u(key + 2u) >= count),
    select(s[3], no, vec4u(key + 3u) >= count),
  );
}

fn largest(s: mat4x4f) -> vec4f {
  return max(max(s[0], s[1]), max(s[2], s[3]));
}

fn exps(s: mat4x4f, m: vec4f) -> mat4x4f {
  return mat4x4f(exp2(s[0] - m), exp2(s[1] - m), exp2(s[2] - m), exp2(s[3] - m));
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) nwg: vec3u, @builtin(local_invocation_index) lid: u32) {
  let tiles = (params.T + 4u * WG - 1u) / (4u * WG);
  let id = wid.y * nwg.x + wid.x;
  if (id >= tiles * params.B * params.NH) { return; }
  let h = id / tiles % params.NH;
  let b = id / tiles / params.NH;
  // the last tiles see the most keys, so they start first; rows past the end repeat the last one and are not stored
  let t0 = ((tiles - 1u - id % tiles) * WG + lid) * 4u;
  let t = min(t0 + vec4u(0u, 1u, 2u, 3u), vec4u(params.T - 1u));
  let qWidth = select((params.NH + 2u * params.NKV) * D, params.NH * D, CROSS);
  let kvWidth = select(qWidth, 2u * params.NKV * D, CROSS);
  let kBase = b * params.S * kvWidth + select(params.NH * D, 0u, CROSS) + h * params.NKV / params.NH * D;
  let vBase = kBase + params.NKV * D;

  // loops over dims end at params.HS, not at D: a compiler that knows the count unrolls them, which takes it seconds
  let n = params.HS / 4u;
  // 1/√HS and the change to base 2 are folded into q
  let scale = LOG2E / sqrt(f32(HS));
  let qAt = (b * params.T + t) * qWidth + h * D;
  var q: array<mat4x4f, D>; // a column is 4 dims of a row
  var o: array<mat4x4f, D>; // sums of weights·v, likewise
  for (var d = 0u; d < n; d++) {
    let i = qAt + d;
    q[d] = scale * mat4x4f(loadQ(i.x), loadQ(i.y), loadQ(i.z), loadQ(i.w));
  }
  let count = vec4u(visible(b, t.x), visible(b, t.y), visible(b, t.z), visible(b, t.w));
  // one end for the 4 invocations of 16 rows: lanes that run together go through the same blocks, none waits masked out
  let end = visible(b, min(t0 | 15u, params.T - 1u));
  var m = vec4f(-1e30); // what the exponents of each row are relative to
  var l = vec4f(0.0);
  let blocks = (end + 7u) / 8u;
  for (var j = 0u; j < blocks; j++) {
    let key = 8u * j;
    // no key behind the last visible one is read: what lies there may be anything
    let at = min(key + vec4u(0u, 1u, 2u, 3u), vec4u(end - 1u)) * kvWidth;
    let at2 = min(key + vec4u(4u, 5u, 6u, 7u), vec4u(end - 1u)) * kvWidth;
    var s = mat4x4f();
    var s2 = mat4x4f();
    for (var d = 0u; d < n; d++) {
      let rows = transpose(q[d]);
      s += rows * load4(kBase + d + at);
      s2 += rows * load4(kBase + d + at2);
    }
    if (key + 7u >= count.x) {
      s = hide(s, key, count);
      s2 = hide(s2, key + 4u, count);
    }
    let top = max(largest(s), largest(s2));
    if (any(top > m + 8.0)) {
      let moved = max(top, m);
      let shrink = exp2(m - moved);
      m = moved;
      l *= shrink;
      for (var d = 0u; d < n; d++) {
        let x = o[d];
        o[d] = mat4x4f(x[0] * shrink.x, x[1] * shrink.y, x[2] * shrink.z, x[3] * shrink.w);
      }
    }
    let p = exps(s, m);
    let p2 = exps(s2, m);
    l += p[0] + p[1] + p[2] + p[3] + p2[0] + p2[1] + p2[2] + p2[3];
    let weights = transpose(p);
    let weights2 = transpose(p2);
    for (var d = 0u; d < n; d++) {
      o[d] += load4(vBase + d + at) * weights + load4(vBase + d + at2) * weights2;
    }
  }

  let live = t0 + vec4u(0u, 1u, 2u, 3u) < vec4u(params.T);
  var factor = 1.0 / l;
  if (GATE) { factor *= gate[h]; }
  let rowWidth = params.NH * D;
  let outAt = (b * params.T + t0) * rowWidth + h * D;
  for (var d = 0u; d < n; d++) {
    let x = o[d];
    let i = outAt + d;
    if (live.x) { store(i, x[0] * factor.x); }
    if (live.y) { store(i + rowWidth, x[1] * factor.y); }
    if (live.z) { store(i + 2u * rowWidth, x[2] * factor.z); }
    if (live.w) { store(i + 3u * rowWidth, x[3] * factor.w); }
  }
  if (SAVE_LSE) {
    let i = (b * params.NH + h) * params.T + t0;
    let value = (m + log2(l)) * LN2;
    if (live.x) { lse[i] = value.x; }
    if (live.y) { lse[i + 1u] = value.y; }
    if (live.z) { lse[i + 2u] = value.z; }
    if (live.w) { lse[i + 3u] = value.w; }
  }
}
