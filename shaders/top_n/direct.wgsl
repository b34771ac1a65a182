// top_n / direct
// Of each row the N ≤ 64 largest logits in falling order, lowest index first of equals, with probabilities exp(x − top)/Σ exp(x − top).
// An invocation reads a row once, four a step, and keeps (top, Σ) and a sorted list of the best so far; most vec4 are
// below its last entry and cost one comparison.
// Wins where a CPU plays the GPU: no barrier, one sweep.

struct Params { R: u32, V: u32, N: u32 }

const MOST: u32 = 64u;

@group(0) @binding(0) var<storage, read>       logits: array<vec4f>;    // (R V)
@group(0) @binding(1) var<storage, read_write> ids: array<u32>;         // (R N)
@group(0) @binding(2) var<storage, read_write> probs: array<f32>;       // (R N)
@group(0) @binding(4) var<uniform>             params: Params;

//> load4
const LOWEST: f32 = -3.3e38; // stands for −∞, so that differences stay numbers
const NOTHING: f32 = -3.4e38; // below every logit
var<private> start: u32; // of the row
// four logits as they are; a row need not begin at a whole vec4
fn raw4(i: u32) -> vec4f {
  let at = start / 4u + i;
  let x = logits[at];
  let shift = start % 4u;
  if (shift == 0u) { return x; }
  let y = logits[at + 1u];
  if (shift == 1u) { return vec4f(x.yzw, y.x); }
  if (shift == 2u) { return vec4f(x.zw, y.xy); }
  return vec4f(x.w, y.xyz);
}
fn within(i: u32) -> vec4<bool> {
  return vec4u(4u * i, 4u * i + 1u, 4u * i + 2u, 4u * i + 3u) < vec4u(params.V);
}
// four logits; NOTHING beyond the last
fn load4(i: u32) -> vec4f {
  return select(vec4f(NOTHING), max(raw4(i), vec4f(LOWEST)), within(i));
}
//< load4

var<private> values: array<f32, MOST>;
var<private> tokens: array<u32, MOST>;

@compute @workgroup_size(1)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) nwg: vec3u) {
  let row = wid.y * nwg.x + wid.x;
  if (row >= params.R) { return; }
  start = row * params.V;
  for (var n = 0u; n < params.N; n++) { values[n] = NOTHING; }
  var gate = NOTHING; // the list's last value: only what is larger gets in, so that equals stay in index order
  var top = NOTHING;
  var total = 0.0;
  let vectors = (params.V + 3u) / 4u;
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
            tokens[place] = 4u * i + j;
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
