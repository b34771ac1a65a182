// top_n / direct
// Of each row the N ≤ 64 largest logits in descending order, lowest index first of equals, with probabilities exp(x − top)/Σ exp(x − top).
// An invocation reads a row once, four a step, and keeps (top, Σ) and a sorted list of the best so far; most vec4 are
// below its last entry and cost one comparison.
// Wins on software adapters: no barrier, one sweep.

struct Params { R: u32, V: u32, N: u32 }

const MOST: u32 = 64u;

@group(0) @binding(0) var<storage, read>       logits: array<vec4f>;    // (R V)
@group(0) @binding(1) var<storage, read_write> ids: array<u32>;         // (R N)
@group(0) @binding(2) var<storage, read_write> probs: array<f32>;       // (R N)
@group(0) @binding(4) var<uniform>             params: Params;

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

var<private> values: array<f32, MOST>;
var<private> tokens: array<u32, MOST>;

@compute @workgroup_size(1)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) nwg: vec3u) {
  let row = wid.y * nwg.x + wid.x;
  if (row >= params.R) { return; }
  beginRow(row);
  for (var n = 0u; n < params.N; n++) { values[n] = NOTHING; }
  var gate = NOTHING; // the list's last value: only what is larger gets in, so that equals stay in index order
  var top = NOTHING;
  var total = 0.0;
  for (var b = 0u; b < (vectors + 63u) / 64u; b++) {
    var part = vec4f(); // sums of 256 are summed: a running sum over everything would lose digits
    let end = min(b * 64u + 64u, vectors);
    for (var i = b * 64u; i < end; i++) {
      let x = load4(i);
      let high = max(max(x.x, x.y), max(x.z, x.w));
      if (high > top) {
        total *= exp(top - high);
        part *= exp(top - high);
        top = high;
      }
      part += exp(x - top);
      if (high > gate) {
        for (var j = 0u; j < 4u; j++) {
          if (x[j] > gate) {
            var place = params.N - 1u;
            for (; place > 0u && values[max(place, 1u) - 1u] < x[j]; place--) {
              values[place] = values[place - 1u];
              tokens[place] = tokens[place - 1u];
            }
            values[place] = x[j];
            tokens[place] = tokens4(i)[j];
            gate = values[params.N - 1u];
          }
        }
      }
    }
    total += (part.x + part.y) + (part.z + part.w);
  }
  for (var n = 0u; n < params.N; n++) {
    ids[row * params.N + n] = tokens[n];
    probs[row * params.N + n] = exp(values[n] - top) / total;
  }
}
