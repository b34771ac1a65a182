// attention_decode / quad
// out = softmax(q·kᵀ/√HS)·v · gate[head] over keys 0 … p, p = state.POS; k and v of p come from qkv and go to the cache.
// A quad makes one head: lane i holds every fourth 32-bit word of q and of the sums (with HALF a word is two numbers), so the quad reads
// 16 bytes side by side and adds its parts of a score by quad swaps. A workgroup makes HEADS heads. No barrier, no workgroup memory.
//   word of a key    0  1  2  3 | 4  5  6  7 | …      one load of the quad between the bars
//   lane             0  1  2  3 | 0  1  2  3 | …      each sums q·k over its own words, for 4 keys at once
//   + swapX          01 01 23 23                      the sums of a pair,
//   + swapY          the whole score, in every lane   of both pairs: then each goes on with its own words of v
// Needs subgroups of 4 or more with lanes in order; HS divisible by 4 (HALF: 8).
// Wins on software adapters: words side by side are one SIMD load there, everything else is one load a lane.

enable subgroups;

struct Params { B: u32, NH: u32, NKV: u32, HS: u32, TMAX: u32 }

const ROPE: u32 = 0u; // option
const GATE: bool = false; // option
const HALF: bool = false; // option
const HS: u32 = 64u; // dim
const HEADS: u32 = 2u; // knob

const PER: u32 = select(1u, 2u, HALF); // numbers in a word
const W: u32 = HS / PER; // words in a head
const N: u32 = W / 4u; // of them, a lane's
const POS: u32 = 0u; // STATE.POS of src/plan/state.ts
const LOG2E: f32 = 1.4426950408889634;

@group(0) @binding(0) var<storage, read>       state: array<u32>;     // (B 16)
@group(0) @binding(1) var<storage, read>       qkv: array<vec4f>;     // (B NH*HS+2*NKV*HS)
@group(0) @binding(2) var<storage, read>       rope: array<vec2f>;    // (TMAX HS) as cos, sin of each pair
@group(0) @binding(3) var<storage, read>       gate: array<f32>;      // (NH)
@group(0) @binding(4) var<storage, read_write> cache_k: array<u32>;   // (B NKV TMAX HS)
@group(0) @binding(5) var<storage, read_write> cache_v: array<u32>;   // (B NKV TMAX HS)
@group(0) @binding(6) var<storage, read_write> out: array<f32>;       // (B NH*HS)
@group(0) @binding(8) var<uniform>             params: Params;

// The numbers of four words: one each in the first column, or with HALF two.
fn numbers(words: vec4u) -> mat2x4f {
  if (HALF) {
    return transpose(mat4x2f(unpack2x16float(words.x), unpack2x16float(words.y), unpack2x16float(words.z), unpack2x16float(words.w)));
  }
  return mat2x4f(bitcast<vec4f>(words), vec4f());
}

fn word(x: vec2f) -> u32 {
  if (HALF) { return pack2x16float(x); }
  return bitcast<u32>(x.x);
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

// Word w of a head of qkv, before it is packed.
fn own(base: u32, w: u32, p: u32, turns: bool) -> vec2f {
  let i = w * PER;
  if (turns && ROPE != 0u) {
    let x = turned(base, i / 4u, p);
    return vec2f(x[i % 4u], x[(i + 1u) % 4u]);
  }
  var x = vec2f(qkv[base + i / 4u][i % 4u], 0.0);
  if (HALF) { x.y = qkv[base + i / 4u][(i + 1u) % 4u]; }
  return x;
}

@compute @workgroup_size(4 * HEADS)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) nwg: vec3u, @builtin(local_invocation_index) lid: u32) {
  let group = wid.y * nwg.x + wid.x;
  let groups = (params.NH + HEADS - 1u) / HEADS; // workgroups of a sequence
  let b = min(group / groups, params.B - 1u);
  // a quad past the last head makes that head again and stores nothing: all lanes take part in the swaps
  let id = group % groups * HEADS + lid / 4u;
  let h = min(id, params.NH - 1u);
  let stores = group / groups < params.B && id < params.NH;
  let lane = lid % 4u;
  let p = min(state[16u * b + POS], params.TMAX - 1u);
  let head = h * params.NKV / params.NH; // its keys and values
  let base = (b * params.NKV + head) * params.TMAX * W + lane;
  let qAt = b * (params.NH + 2u * params.NKV) * (HS / 4u);
  let kAt = qAt + (params.NH + head) * (HS / 4u);
  let vAt = kAt + params.NKV * (HS / 4u);
  let keeps = stores && h * params.NKV % params.NH < params.NKV; // the first of the heads that share these keys

  // loops over words end at what params say: a compiler that knows the count unrolls them, which takes it seconds
  let n = params.HS / PER / 4u;
  let scale = LOG2E / sqrt(f32(HS));
  // two arrays of numbers, not one of pairs: only HALF has second numbers, and each access is expensive
  var q: array<f32, N>; // words lane, lane + 4, …
  var q2: array<f32, N>;
  var o: array<f32, N>; // sums of weights·v, likewise
  var o2: array<f32, N>;
  // the newest key does not come from the cache: another workgroup may be about to write it, and it may be rounded there
  var m = 0.0; // what the exponents are relative to
  for (var i = 0u; i < n; i++) {
    let w = 4u * i + lane;
    let k = own(kAt, w, p, true);
    let v = own(vAt, w, p, false);
    let x = scale * own(qAt + h * (HS / 4u), w, p, true);
    q[i] = x.x;
    o[i] = v.x;
    m += x.x * k.x;
    if (HALF) {
      q2[i] = x.y;
      o2[i] = v.y;
      m += x.y * k.y;
    }
    if (keeps) {
      cache_k[base + p * W + 4u * i] = word(k);
      cache_v[base + p * W + 4u * i] = word(v);
    }
  }
  m += quadSwapX(m);
  m += quadSwapY(m);
  var l = 1.0;
  for (var j = 0u; j < (p + 3u) / 4u; j++) {
    let key = 4u * j + vec4u(0u, 1u, 2u, 3u);
    // keys from p on are not read: what lies there may be anything
    let at = base + min(key, vec4u(p - 1u)) * W;
    var s = vec4f();
    for (var i = 0u; i < n; i++) {
      let c = at + 4u * i;
      let k = numbers(vec4u(cache_k[c.x], cache_k[c.y], cache_k[c.z], cache_k[c.w]));
      s = fma(k[0], vec4f(q[i]), s);
      if (HALF) { s = fma(k[1], vec4f(q2[i]), s); }
    }
    s += quadSwapX(s);
    s += quadSwapY(s);
    s = select(vec4f(-1e30), s, key < vec4u(p));
    let top = max(max(s.x, s.y), max(s.z, s.w));
    if (top > m + 8.0) { // rescaling can wait until an exponential would be over 2⁸
      let shrink = exp2(m - top);
      m = top;
      l *= shrink;
      for (var i = 0u; i < n; i++) {
        o[i] *= shrink;
        if (HALF) { o2[i] *= shrink; }
      }
    }
    let weights = exp2(s - m);
    l += weights.x + weights.y + weights.z + weights.w;
    for (var i = 0u; i < n; i++) {
      let c = at + 4u * i;
      let v = numbers(vec4u(cache_v[c.x], cache_v[c.y], cache_v[c.z], cache_v[c.w]));
      o[i] += dot(v[0], weights);
      if (HALF) { o2[i] += dot(v[1], weights); }
    }
  }
  var factor = 1.0 / l;
  if (GATE) { factor *= gate[h]; }
  if (stores) {
    for (var i = 0u; i < n; i++) {
      let at = (b * params.NH + h) * HS + (4u * i + lane) * PER;
      out[at] = o[i] * factor;
      if (HALF) { out[at + 1u] = o2[i] * factor; }
    }
  }
}
