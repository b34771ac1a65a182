// sample / direct
// Of each row a token from softmax(logits/temperature) among the TOP_K largest and, of those, the smallest set with mass ≥ TOP_P; u =
// hash(seed, position) runs along the kept ones by index. Temperature 0: the largest, lowest index first. NaN, +∞ or only −∞: NO_TOKEN.
// An invocation makes a row, four logits a step. A sorted list of the 32 or TOP_K ≤ 64 largest usually holds the cut: one sweep. Else
// histograms of 64 bins over the orders find it, each within the bin of the one before.
// Wins on software adapters: no barrier, few sweeps.

struct Params { R: u32, V: u32, H: u32 }

const MOST: u32 = 64u;

@group(0) @binding(0) var<storage, read>       logits: array<vec4f>;    // (R V)
@group(0) @binding(1) var<storage, read_write> state: array<u32>;       // (R 16) src/plan/state.ts
@group(0) @binding(2) var<storage, read_write> history: array<u32>;     // (R H)
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

//> load4
const LOWEST: f32 = -3.3e38; // stands for −∞, so that differences stay numbers
const NOTHING: f32 = -3.4e38; // below every logit
// whole vec4 from the one in which the row begins to the one in which it ends; what lies before the row counts as below 0
var<private> first: u32;
var<private> vectors: u32;
var<private> skew: u32;
fn beginRow(row: u32) {
  let start = row * params.V;
  first = start / 4u;
  skew = 4u * first - start;
  vectors = (start + params.V + 3u) / 4u - first;
}
// tokens of vec4 i; beyond the row's ends none below V
fn tokens4(i: u32) -> vec4u {
  return vec4u(4u * i + skew) + vec4u(0u, 1u, 2u, 3u);
}
// their logits; NOTHING beyond the row's ends
fn load4(i: u32) -> vec4f {
  return select(vec4f(NOTHING), max(logits[first + i], vec4f(LOWEST)), tokens4(i) < vec4u(params.V));
}
//< load4

var<private> largest: vec4u; // exponent and fraction, of neighbouring rows too: from 0x7f800000 on no finite number
var<private> top: f32;
var<private> temperature: f32;
// kept is what lies above `least`, and the first `ties` of what equals it
var<private> least: f32;
var<private> ties: f32;
var<private> best: array<f32, MOST>; // the largest logits in falling order; later the masses in bins
var<private> counts: array<f32, MOST>; // of the bins

fn massOf(x: f32) -> f32 {
  return exp((x - top) / temperature);
}

// Fills `best` with the n largest, and `largest`.
fn gather(n: u32) {
  for (var i = 0u; i < n; i++) { best[i] = NOTHING; }
  var gate = NOTHING;
  for (var i = 0u; i < vectors; i++) {
    largest = max(largest, bitcast<vec4u>(logits[first + i]) & vec4u(0x7fffffffu));
    let x = load4(i);
    if (any(x > vec4f(gate))) {
      for (var j = 0u; j < 4u; j++) {
        if (x[j] > gate) {
          var place = n - 1u;
          for (; place > 0u && best[max(place, 1u) - 1u] < x[j]; place--) { best[place] = best[place - 1u]; }
          best[place] = x[j];
          gate = best[n - 1u];
        }
      }
    }
  }
}

// Moves the cut up until what is kept just reaches `need`, which counts tokens, or their mass.
fn narrow(need: f32, byMass: bool) {
  var low = orderOf(least);
  var high = orderOf(top);
  var left = need;
  for (var level = 0u; level < 6u; level++) {
    let shift = max(32u - countLeadingZeros(high - low), 6u) - 6u;
    for (var b = 0u; b < MOST; b++) {
      counts[b] = 0.0;
      best[b] = 0.0;
    }
    let lowest = vec4f(valueOf(low));
    let highest = vec4f(valueOf(high));
    for (var i = 0u; i < vectors; i++) {
      let x = load4(i);
      if (any((x >= lowest) & (x <= highest))) {
        for (var j = 0u; j < 4u; j++) {
          let order = orderOf(x[j]);
          // at first what equals the old cut stands aside
          if (order >= low && order <= high && x[j] > least) {
            let b = (order - low) >> shift;
            counts[b] += 1.0;
            best[b] += massOf(x[j]);
          }
        }
      }
    }
    // from the highest bin down to the one that reaches `left`, or else the lowest that holds a token
    var bin = 0u;
    var above = 0.0;
    var sum = 0.0;
    for (var k = 0u; k < MOST; k++) {
      let b = MOST - 1u - k;
      if (counts[b] > 0.0 && sum < left) {
        bin = b;
        above = sum;
        sum += select(counts[b], best[b], byMass);
      }
    }
    if (level == 0u && sum < left && ties > 0.0) { // all that lies above the old cut is not enough
      ties = clamp(ceil((left - sum) / max(massOf(least), 1e-30)), 1.0, ties);
      break;
    }
    left -= above;
    low += bin << shift;
    high = min(high, low + (1u << shift) - 1u);
    let count = counts[bin];
    if (shift == 0u || count <= 1.0) { // a single order, or a single token, which reaches `low` or lies above it
      least = valueOf(low);
      ties = clamp(ceil(left / max(select(1.0, best[bin] / max(count, 1.0), byMass), 1e-30)), 1.0, max(count, 1.0));
      break;
    }
  }
}

// The kept mass; `ties` becomes what there is of them. Sums of 256 are summed, to keep their digits.
fn weigh() -> f32 {
  var total = 0.0;
  var equal = vec4f();
  for (var b = 0u; b < (vectors + 63u) / 64u; b++) {
    var mass = vec4f();
    let end = min(b * 64u + 64u, vectors);
    for (var i = b * 64u; i < end; i++) {
      let x = load4(i);
      mass += select(vec4f(), exp((x - top) / temperature), x > vec4f(least));
      equal += select(vec4f(), vec4f(1.0), x == vec4f(least));
    }
    total += (mass.x + mass.y) + (mass.z + mass.w);
  }
  ties = min(ties, (equal.x + equal.y) + (equal.z + equal.w));
  if (ties > 0.0) { total += ties * massOf(least); }
  return total;
}

// Whether a logit is NaN or +∞.
fn isBroken() -> bool {
  for (var i = 0u; i < vectors; i++) {
    let bits = bitcast<vec4u>(logits[first + i]);
    let broken = (bits == vec4u(0x7f800000u)) | ((bits & vec4u(0x7fffffffu)) > vec4u(0x7f800000u));
    if (any(broken & (tokens4(i) < vec4u(params.V)))) { return true; }
  }
  return false;
}

fn draw(topK: u32, topP: f32, u: f32) -> u32 {
  // a longer list for top-p would find its cut more often, but what it costs grows with the square
  var length = select(select(1u, 32u, topP < 1.0), min(topK, MOST), topK > 0u);
  length = min(length, params.V);
  gather(length);
  top = best[0];
  if (top <= LOWEST || (any(largest >= vec4u(0x7f800000u)) && isBroken())) { return NO_TOKEN; }
  least = NOTHING;
  ties = 0.0;
  var total = 0.0;
  var listed = false; // the first `length` of the list are all that is kept
  var need = select(0.0, f32(topK), topK < params.V);
  for (var round = 0u; round < 2u; round++) {
    if (need > 0.0) {
      var n = 0u;
      var reached = 0.0;
      var mass = 0.0;
      for (var i = 0u; i < length; i++) {
        if (reached < need) {
          n = i + 1u;
          mass += massOf(best[i]);
          reached = select(f32(n), mass, round == 1u);
        }
      }
      listed = listed || reached >= need;
      if (listed) {
        least = best[n - 1u];
        ties = 0.0;
        for (var i = 0u; i < n; i++) { ties += select(0.0, 1.0, best[i] == least); }
        total = mass;
        length = n;
      } else {
        narrow(need, round == 1u);
        length = 0u; // the list is gone
      }
    }
    if (!listed) { total = weigh(); }
    need = select(0.0, max(topP * total, 1e-30), topP < 1.0); // the largest has mass 1 and always stays
  }
  let goal = u * total;
  var before = 0.0; // whole blocks of 256
  var part = 0.0;
  var token = 0u;
  var found = false; // a return from within the loops would compile a fifth longer
  for (var i = 0u; i < vectors; i++) {
    if (i % 64u == 0u) {
      before += part;
      part = 0.0;
    }
    let x = load4(i);
    if (any(x >= vec4f(least))) {
      for (var j = 0u; j < 4u; j++) {
        if (!found && (x[j] > least || (x[j] == least && ties > 0.0))) {
          if (x[j] == least) { ties -= 1.0; }
          let mass = massOf(x[j]);
          if (mass > 0.0) { token = tokens4(i)[j]; } // the last of them, should rounding leave the sum below the goal
          part += mass;
          found = before + part > goal;
        }
      }
      if (found) { break; }
    }
  }
  return token;
}

@compute @workgroup_size(1)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) nwg: vec3u) {
  let row = wid.y * nwg.x + wid.x;
  if (row >= params.R) { return; }
  beginRow(row);
  let words = 16u * row;
  temperature = bitcast<f32>(state[words + 4u]);
  // words 3 seed, 0 position; salt and index are 0
  var u = uniformOf(pcg(pcg(state[words] ^ pcg(state[words + 3u]))), 0u);
  var topK = state[words + 5u];
  if (temperature <= 0.0) { // the largest is the first that is kept of the one largest
    temperature = 1.0;
    topK = 1u;
    u = 0.0;
  }
  advance(row, draw(topK, bitcast<f32>(state[words + 6u]), u));
}
