// top_n / workgroup
// Of each row the N ≤ 64 largest logits in descending order, lowest index first of equals, with probabilities exp(x − top)/Σ exp(x − top).
// A workgroup makes a row. Histograms of counts, eight bits of the order at a time, give the N-th largest; then each invocation collects
// the winners of its stretch of tokens, and a winner's place in the list is the number of winners before it.
// Wins on GPUs: seven sweeps over V, for any N.

struct Params { R: u32, V: u32, N: u32 }

const WG: u32 = 256u; // as many invocations as a histogram has bins
const LANES: u32 = WG;
const MOST: u32 = 64u;

@group(0) @binding(0) var<storage, read>       logits: array<f32>;    // (R V)
@group(0) @binding(1) var<storage, read_write> ids: array<u32>;       // (R N)
@group(0) @binding(2) var<storage, read_write> probs: array<f32>;     // (R N)
@group(0) @binding(4) var<uniform>             params: Params;

//> order
// an integer that orders tokens as their logits do; −0 and 0 are one
fn orderOf(x: f32) -> u32 {
  let bits = bitcast<u32>(x);
  if (bits == 0x80000000u) { return bits; }
  return select(bits | 0x80000000u, ~bits, bits >= 0x80000000u);
}
//< order

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

var<workgroup> counts: array<atomic<u32>, WG>;
var<workgroup> found: vec2u; // bin, count in the bins above it
var<workgroup> orders: array<u32, MOST>;
var<workgroup> tokens: array<u32, MOST>;

var<private> start: u32; // of the row

fn logit(v: u32) -> f32 { return logits[start + v]; }

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) nwg: vec3u, @builtin(local_invocation_index) lid: u32) {
  let row = wid.y * nwg.x + wid.x;
  if (row >= params.R) { return; }
  start = row * params.V;
  let sweeps = (params.V + WG - 1u) / WG;
  var high = -0x1.fffffep+127; // the lowest of all floats
  for (var k = 0u; k < sweeps; k++) {
    let v = k * WG + lid;
    if (v < params.V) { high = max(high, logit(v)); }
  }
  let top = lanesMax(lid, high);
  var part = 0.0;
  for (var k = 0u; k < sweeps; k++) {
    let v = k * WG + lid;
    if (v < params.V) { part += exp(logit(v) - top); }
  }
  let total = lanesSum(lid, part);

  var left = params.N;
  var least = 0u;
  var known = 0u; // bits of `least` that are settled
  for (var i = 0u; i < 4u; i++) {
    let shift = 24u - 8u * i;
    atomicStore(&counts[lid], 0u);
    workgroupBarrier();
    for (var k = 0u; k < sweeps; k++) {
      let v = k * WG + lid;
      if (v < params.V) {
        let order = orderOf(logit(v));
        if ((order & known) == least) { atomicAdd(&counts[(order >> shift) & 255u], 1u); }
      }
    }
    workgroupBarrier();
    // invocation 0 stands for the highest bin
    let mine = atomicLoad(&counts[255u - lid]);
    let reached = scan(lid, mine);
    if (reached >= left && reached - mine < left) { found = vec2u(255u - lid, reached - mine); }
    let bin = workgroupUniformLoad(&found);
    left -= bin.y;
    least |= bin.x << shift;
    known |= 255u << shift;
  }

  // winners are the N − left above `least`, and the first `left` of what equals it
  let begin = min(lid * sweeps, params.V);
  let end = min(begin + sweeps, params.V);
  var above = 0u;
  var tied = 0u;
  for (var v = begin; v < end; v++) {
    let order = orderOf(logit(v));
    if (order > least) { above++; }
    if (order == least) { tied++; }
  }
  var place = scan(lid, above) - above;
  var tiePlace = scan(lid, tied) - tied;
  for (var v = begin; v < end; v++) {
    let order = orderOf(logit(v));
    if (order > least) {
      orders[place] = order;
      tokens[place] = v;
      place++;
    }
    if (order == least) {
      if (tiePlace < left) {
        orders[params.N - left + tiePlace] = order;
        tokens[params.N - left + tiePlace] = v;
      }
      tiePlace++;
    }
  }
  workgroupBarrier();
  if (lid < params.N) {
    let order = orders[lid];
    let token = tokens[lid];
    var rank = 0u;
    for (var i = 0u; i < params.N; i++) {
      if (orders[i] > order || (orders[i] == order && tokens[i] < token)) { rank++; }
    }
    ids[row * params.N + rank] = token;
    probs[row * params.N + rank] = exp(logit(token) - top) / total;
  }
}
