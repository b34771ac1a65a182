// sample / workgroup
// Of each row a token from softmax(logits/temperature) among the TOP_K largest and, of those, the smallest set with mass ≥ TOP_P; u =
// hash(seed, position) runs along the kept ones by index. Temperature 0: the largest, lowest index first. NaN, +∞ or only −∞: NO_TOKEN.
// A workgroup makes a row. The cut is found without sorting: eight bits of the order at a time, from histograms of counts or of mass in
// fixed point; sums of integers are exact, so the order of the atomic additions does not matter.
// Wins on GPUs: nine sweeps over V at most, all coalesced but the last two, and the token never leaves the GPU.

struct Params { R: u32, V: u32, H: u32 }

const WG: u32 = 256u; // as many invocations as a histogram has bins
const LANES: u32 = WG;
const HUGE: f32 = 0x1.fffffep+127; // stands for what is broken, −HUGE for −∞: no sane logit is the last of all floats

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

//> lanes-sum
var<workgroup> lanes: array<f32, WG>;
// Σ x over each group of LANES neighbouring invocations, halving: a fixed order, the same sum for all of them.
// The last barrier keeps the next call from overwriting lanes[first] before everybody has read it.
fn lanesSum(lid: u32, x: f32) -> f32 {
  let lane = lid % LANES;
  lanes[lid] = x;
  workgroupBarrier();
  for (var i = 1u; (LANES >> i) > 0u; i++) {
    if (lane < (LANES >> i)) { lanes[lid] += lanes[lid + (LANES >> i)]; }
    workgroupBarrier();
  }
  let total = lanes[lid - lane];
  workgroupBarrier();
  return total;
}
//< lanes-sum

//> lanes-max
fn lanesMax(lid: u32, x: f32) -> f32 {
  let lane = lid % LANES;
  lanes[lid] = x;
  workgroupBarrier();
  for (var i = 1u; (LANES >> i) > 0u; i++) {
    if (lane < (LANES >> i)) { lanes[lid] = max(lanes[lid], lanes[lid + (LANES >> i)]); }
    workgroupBarrier();
  }
  let top = lanes[lid - lane];
  workgroupBarrier();
  return top;
}
//< lanes-max

//> scan
var<workgroup> running: array<u32, WG>;
// Σ x over this invocation and those before it
fn scan(lid: u32, x: u32) -> u32 {
  var total = x;
  for (var i = 0u; i < 8u; i++) {
    running[lid] = total;
    workgroupBarrier();
    if (lid >= (1u << i)) { total += running[lid - (1u << i)]; }
    workgroupBarrier();
  }
  return total;
}
//< scan

var<workgroup> amounts: array<atomic<u32>, WG>;
var<workgroup> counts: array<atomic<u32>, WG>;
var<workgroup> found: vec4u; // bin, amount in the bins above it, its amount, its count; or WG and the whole amount: no bin reaches
var<workgroup> wish: vec4u; // temperature, TOP_K, TOP_P, u; the floats as bits
var<workgroup> first: atomic<u32>;

var<private> start: u32; // of the row

fn logit(v: u32) -> f32 { return logits[start + v]; }

fn massOf(x: f32, top: f32, temperature: f32) -> f32 {
  return exp((x - top) / temperature);
}

// One mass as a share of `whole` with 31 bits; rounded, so that errors cancel in a sum.
fn fixedOf(x: f32, top: f32, temperature: f32, whole: f32) -> u32 {
  return u32(massOf(x, top, temperature) / whole * 0x1p31 + 0.5);
}

// The cut (least, ties) at or above `base`: what lies above `least` and the first `ties` of what equals it just reach `want`,
// which counts tokens, or with `whole` > 0 their mass in fixed point.
fn narrow(lid: u32, base: vec2u, want: u32, top: f32, temperature: f32, whole: f32) -> vec2u {
  let sweeps = (params.V + WG - 1u) / WG;
  var left = want;
  var prefix = 0u;
  var known = 0u; // bits of `prefix` that are settled
  var bin = vec4u();
  for (var i = 0u; i < 4u; i++) {
    let shift = 24u - 8u * i;
    atomicStore(&amounts[lid], 0u);
    atomicStore(&counts[lid], 0u);
    workgroupBarrier();
    for (var k = 0u; k < sweeps; k++) {
      let v = k * WG + lid;
      if (v < params.V) {
        let x = logit(v);
        let order = orderOf(x);
        if (order > base.x && (order & known) == prefix) {
          let b = (order >> shift) & 255u;
          atomicAdd(&counts[b], 1u);
          if (whole > 0.0) { atomicAdd(&amounts[b], fixedOf(x, top, temperature, whole)); } else { atomicAdd(&amounts[b], 1u); }
        }
      }
    }
    workgroupBarrier();
    // invocation 0 stands for the highest bin
    let mine = atomicLoad(&amounts[255u - lid]);
    let reached = scan(lid, mine);
    if (reached >= left && reached - mine < left) {
      found = vec4u(255u - lid, reached - mine, mine, atomicLoad(&counts[255u - lid]));
    }
    if (lid == WG - 1u && reached < left) { found = vec4u(WG, reached, 0u, 0u); }
    bin = workgroupUniformLoad(&found);
    if (bin.x == WG) { // only in the first round: all that lies above the old cut is not enough
      let each = max(fixedOf(valueOf(base.x), top, temperature, whole), 1u);
      return vec2u(base.x, min(max((left - bin.y + each - 1u) / each, 1u), base.y));
    }
    left -= bin.y;
    prefix |= bin.x << shift;
    known |= 255u << shift;
  }
  let each = bin.z / bin.w;
  return vec2u(prefix, clamp((left + each - 1u) / each, 1u, bin.w));
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) nwg: vec3u, @builtin(local_invocation_index) lid: u32) {
  let row = wid.y * nwg.x + wid.x;
  if (row >= params.R) { return; }
  start = row * params.V;
  let sweeps = (params.V + WG - 1u) / WG;
  var best = -HUGE;
  var at = params.V;
  for (var k = 0u; k < sweeps; k++) {
    let v = k * WG + lid;
    if (v < params.V) {
      let x = select(logit(v), HUGE, isBroken(logit(v)));
      if (x > best) {
        best = x;
        at = v;
      }
    }
  }
  if (lid == 0u) {
    atomicStore(&first, params.V);
    let words = 16u * row;
    // words 3 seed, 0 position; salt and index are 0
    let u = uniformOf(pcg(pcg(state[words] ^ pcg(state[words + 3u]))), 0u);
    wish = vec4u(state[words + 4u], state[words + 5u], state[words + 6u], bitcast<u32>(u));
  }
  let w = workgroupUniformLoad(&wish);
  let top = lanesMax(lid, best);
  if (best == top) { atomicMin(&first, at); }
  workgroupBarrier();
  // nothing to choose: what follows runs on whatever there is, and its result is not taken
  let isSound = abs(top) < HUGE;
  let temperature = bitcast<f32>(w.x);
  if (temperature <= 0.0) {
    if (lid == 0u) { advance(row, select(NO_TOKEN, min(atomicLoad(&first), params.V - 1u), isSound)); }
    return;
  }

  var cut = vec2u(); // kept is what lies above cut.x, and the first cut.y of what equals it
  if (w.y > 0u && w.y < params.V) { cut = narrow(lid, cut, w.y, top, temperature, 0.0); }
  let topP = bitcast<f32>(w.z);
  if (topP < 1.0) {
    var part = 0.0;
    for (var k = 0u; k < sweeps; k++) {
      let v = k * WG + lid;
      if (v < params.V && orderOf(logit(v)) > cut.x) { part += massOf(logit(v), top, temperature); }
    }
    var all = lanesSum(lid, part);
    if (cut.y > 0u) { all += f32(cut.y) * massOf(valueOf(cut.x), top, temperature); }
    cut = narrow(lid, cut, max(u32(topP * 0x1p31), 1u), top, temperature, all);
  }

  // the draw: stretches of neighbours, so that the sums run in index order
  let stretch = (params.V + WG - 1u) / WG;
  let begin = min(lid * stretch, params.V);
  let end = min(begin + stretch, params.V);
  var tied = 0u;
  var above = 0.0;
  for (var v = begin; v < end; v++) {
    let order = orderOf(logit(v));
    if (order > cut.x) { above += massOf(logit(v), top, temperature); }
    if (order == cut.x) { tied++; }
  }
  let tiesBefore = scan(lid, tied) - tied;
  var ties = min(tied, cut.y - min(tiesBefore, cut.y));
  if (ties > 0u) { above += f32(ties) * massOf(valueOf(cut.x), top, temperature); }
  lanes[lid] = above;
  if (lid == 0u) { atomicStore(&first, WG); }
  workgroupBarrier();
  // everybody adds up the stretches before its own in the same order: neighbours' intervals meet exactly
  var low = 0.0;
  var total = 0.0;
  for (var i = 0u; i < WG; i++) {
    if (i == lid) { low = total; }
    total += lanes[i];
  }
  // the factor keeps the goal below the last sum, whatever is rounded; so there is always a stretch that reaches beyond it
  let goal = bitcast<f32>(w.w) * total * 0x1.fffffcp-1;
  if (low + above > goal) { atomicMin(&first, lid); }
  workgroupBarrier();
  if (lid != min(atomicLoad(&first), WG - 1u)) { return; }
  var token = min(begin, params.V - 1u);
  var run = low;
  for (var v = begin; v < end; v++) {
    let order = orderOf(logit(v));
    let isTied = order == cut.x && ties > 0u;
    if (isTied) { ties--; }
    if (order > cut.x || isTied) {
      let mass = massOf(logit(v), top, temperature);
      if (mass > 0.0) { token = v; } // the last of them, should rounding leave the sum below the goal
      run += mass;
      if (run > goal) { break; }
    }
  }
  advance(row, select(NO_TOKEN, token, isSound));
}
