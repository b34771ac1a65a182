// top_n / naive
// Of each row the N largest logits in descending order, lowest index first of equals, with probabilities exp(x − top)/Σ exp(x − top).
// An invocation makes a row: it searches N times for the next one after the last it found. Sums of 256 are summed, to keep their digits.
// Teaching text, for any N.

struct Params { R: u32, V: u32, N: u32 }

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

var<private> start: u32; // of the row

fn logit(v: u32) -> f32 { return logits[start + v]; }

@compute @workgroup_size(1)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) nwg: vec3u) {
  let row = wid.y * nwg.x + wid.x;
  if (row >= params.R) { return; }
  start = row * params.V;
  var top = logit(0u);
  for (var v = 0u; v < params.V; v++) { top = max(top, logit(v)); }
  var total = 0.0;
  for (var b = 0u; b < (params.V + 255u) / 256u; b++) {
    var part = 0.0;
    let end = min(b * 256u + 256u, params.V);
    for (var v = b * 256u; v < end; v++) { part += exp(logit(v) - top); }
    total += part;
  }
  var last = 0xffffffffu; // order and index of the one found last
  var lastId = 0u;
  for (var n = 0u; n < params.N; n++) {
    var next = 0u;
    var id = 0u;
    for (var v = 0u; v < params.V; v++) {
      let order = orderOf(logit(v));
      let after = order < last || (order == last && v > lastId);
      if (after && order > next) {
        next = order;
        id = v;
      }
    }
    ids[row * params.N + n] = id;
    probs[row * params.N + n] = exp(logit(id) - top) / total;
    last = next;
    lastId = id;
  }
}
