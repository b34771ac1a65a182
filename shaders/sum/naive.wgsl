// sum / naive
// out = Σ inp (+ out with ACCUM), in a fixed order.
// One invocation does it all. Sums of 256 are summed: a running sum over everything would lose digits.
// Teaching text: the rest of the device waits.

struct Params { N: u32 }

const ACCUM: bool = false; // option

@group(0) @binding(0) var<storage, read>       inp: array<f32>;    // (N)
@group(0) @binding(1) var<storage, read_write> out: array<f32>;    // (1)
@group(0) @binding(3) var<uniform>             params: Params;

@compute @workgroup_size(1)
fn main() {
  var total = 0.0;
  let blocks = (params.N + 255u) / 256u;
  for (var b = 0u; b < blocks; b++) {
    var part = 0.0;
    let end = min(b * 256u + 256u, params.N);
    for (var i = b * 256u; i < end; i++) { part += inp[i]; }
    total += part;
  }
  if (ACCUM) { total += out[0]; }
  out[0] = total;
}
