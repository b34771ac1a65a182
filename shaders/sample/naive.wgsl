// sample / naive
// Of each row a token from softmax(logits/temperature) among the TOP_K largest and, of those, the smallest set with mass ≥ TOP_P; u =
// hash(seed, position) runs along the kept ones by index. Temperature 0: the largest, lowest index first. NaN, +∞ or only −∞: NO_TOKEN.
// An invocation makes a row. The cut is found bit by bit: the largest order that enough tokens, or enough mass, reach.
// Teaching text, and fallback where 256 invocations are too many.

struct Params { R: u32, V: u32, H: u32 }

@group(0) @binding(0) var<storage, read>       logits: array<f32>;     // (R V)
@group(0) @binding(1) var<storage, read_write> state: array<u32>;      // (R 16) src/plan/state.ts
@group(0) @binding(2) var<storage, read_write> history: array<u32>;    // (R H)
@group(0) @binding(4) var<uniform>             params: Params;

//> hash
// one round of PCG-RXS-M-XS (src/sample/hash.ts)
fn pcg(x: u32) -> u32 {
  let state = x * 747796405u + 2891336453u;
  let word = ((state >> ((state >> 28u) + 4u)) ^ state) * 277803737u;
  return (word >> 22u) ^ word;
}
// a number in [0, 1) with 24 bits, from a word and the hash of the words before it
fn uniformOf(before: u32, index: u32) -> f32 {
  return f32(pcg(index ^ before) >> 8u) * 0x1p-24;
}
//< hash

//> order
// an integer that orders tokens as their logits do; −0 and 0 are one
fn orderOf(x: f32) -> u32 {
  let bits = bitcast<u32>(x);
  if (bits == 0x80000000u) { return bits; }
  return select(bits | 0x80000000u, ~bits, bits >= 0x80000000u);
}
//< order

//> value
// the logit that has this order
fn valueOf(order: u32) -> f32 {
  return bitcast<f32>(select(~order, order & 0x7fffffffu, order >= 0x80000000u));
}
//< value

//> advance
const NO_TOKEN: u32 = 0xffffffffu; // src/plan/state.ts
// the token is fed next: words 0 position, 1 token, 2 count of the row's state
fn advance(row: u32, token: u32) {
  let words = 16u * row;
  history[row * params.H + state[words + 2u] % params.H] = token;
  state[words + 2u] += 1u;
  state[words] += 1u;
  state[words + 1u] = select(token, 0u, token == NO_TOKEN);
}
//< advance

//> broken
// NaN or +∞, by the bits: compilers may take floats to be finite
fn isBroken(x: f32) -> bool {
  let bits = bitcast<u32>(x);
  return bits == 0x7f800000u || (bits & 0x7fffffffu) > 0x7f800000u;
}
//< broken

var<private> start: u32; // of the row

fn logit(v: u32) -> f32 { return logits[start + v]; }

fn countFrom(least: u32) -> u32 {
  var count = 0u;
  for (var v = 0u; v < params.V; v++) {
    if (orderOf(logit(v)) >= least) { count++; }
  }
  return count;
}

fn massOf(x: f32, top: f32, temperature: f32) -> f32 {
  return exp((x - top) / temperature);
}

// sums of 256 are summed: a running sum over everything would lose digits
fn massFrom(least: u32, top: f32, temperature: f32) -> f32 {
  var total = 0.0;
  for (var b = 0u; b < (params.V + 255u) / 256u; b++) {
    var part = 0.0;
    let end = min(b * 256u + 256u, params.V);
    for (var v = b * 256u; v < end; v++) {
      if (orderOf(logit(v)) >= least) { part += massOf(logit(v), top, temperature); }
    }
    total += part;
  }
  return total;
}

fn draw(top: f32, temperature: f32, topK: u32, topP: f32, u: f32) -> u32 {
  // kept is what lies above `least`, and the first `ties` of what equals it
  var least = 0u;
  var ties = 0u;
  if (topK > 0u && topK < params.V) {
    for (var i = 0u; i < 32u; i++) {
      let trial = least | (0x80000000u >> i);
      if (countFrom(trial) >= topK) { least = trial; }
    }
    ties = topK - countFrom(least + 1u);
  }
  if (topP < 1.0) {
    var all = massFrom(least + 1u, top, temperature);
    if (ties > 0u) { all += f32(ties) * massOf(valueOf(least), top, temperature); }
    let need = max(topP * all, 1e-30); // the largest has mass 1 and always stays
    var cut = 0u;
    for (var i = 0u; i < 32u; i++) {
      let trial = cut | (0x80000000u >> i);
      if (trial <= least || massFrom(trial, top, temperature) >= need) { cut = trial; }
    }
    if (cut != least) { ties = countFrom(cut) - countFrom(cut + 1u); }
    least = cut;
    let each = max(massOf(valueOf(cut), top, temperature), 1e-30);
    let rest = ceil((need - massFrom(cut + 1u, top, temperature)) / each);
    ties = u32(clamp(rest, 1.0, f32(ties)));
  }
  var total = massFrom(least + 1u, top, temperature);
  if (ties > 0u) { total += f32(ties) * massOf(valueOf(least), top, temperature); }
  var before = 0.0;
  var token = 0u;
  for (var b = 0u; b < (params.V + 255u) / 256u; b++) {
    var part = 0.0;
    let end = min(b * 256u + 256u, params.V);
    for (var v = b * 256u; v < end; v++) {
      let order = orderOf(logit(v));
      let tied = order == least && ties > 0u;
      if (tied) { ties--; }
      if (order > least || tied) {
        let mass = massOf(logit(v), top, temperature);
        if (mass > 0.0) { token = v; } // the last of them, should rounding leave the sum below u·total
        part += mass;
        if (before + part > u * total) { return v; }
      }
    }
    before += part;
  }
  return token;
}

@compute @workgroup_size(1)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) nwg: vec3u) {
  let row = wid.y * nwg.x + wid.x;
  if (row >= params.R) { return; }
  start = row * params.V;
  var token = 0u;
  var broken = false;
  for (var v = 0u; v < params.V; v++) {
    broken = broken || isBroken(logit(v));
    if (logit(v) > logit(token)) { token = v; }
  }
  if (broken || bitcast<u32>(logit(token)) == 0xff800000u) {
    advance(row, NO_TOKEN);
    return;
  }
  let words = 16u * row;
  let temperature = bitcast<f32>(state[words + 4u]);
  if (temperature > 0.0) {
    // words 3 seed, 0 position; salt and index are 0
    let u = uniformOf(pcg(pcg(state[words] ^ pcg(state[words + 3u]))), 0u);
    token = draw(logit(token), temperature, state[words + 5u], bitcast<f32>(state[words + 6u]), u);
  }
  advance(row, token);
}
