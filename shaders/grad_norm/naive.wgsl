// grad_norm / naive
// norm[0] = √Σ grads² in a fixed order; norm[1] = 1 if a gradient (or that sum) is infinite or not a number, else 0;
// norm[2] = norm[3] = 0.
// One invocation does it all. Sums of 256 are summed: a running sum over everything would lose digits.
// Teaching text: the rest of the device waits.

struct Params { N: u32 }

@group(0) @binding(0) var<storage, read>       grads: array<f32>;    // (N)
@group(0) @binding(1) var<storage, read_write> norm: array<f32>;     // (4)
@group(0) @binding(3) var<uniform>             params: Params;

//> finite
// by its bits: compilers may assume that infinity and NaN do not occur
fn isBad(x: f32) -> bool {
  return (bitcast<u32>(x) & 0x7fffffffu) >= 0x7f800000u;
}
//< finite

@compute @workgroup_size(1)
fn main() {
  var total = 0.0;
  var bad = false;
  let blocks = (params.N + 255u) / 256u;
  for (var b = 0u; b < blocks; b++) {
    var part = 0.0;
    let end = min(b * 256u + 256u, params.N);
    for (var i = b * 256u; i < end; i++) {
      let g = grads[i];
      bad = bad || isBad(g);
      part += g * g;
    }
    total += part;
  }
  norm[0] = sqrt(total);
  norm[1] = select(0.0, 1.0, bad || isBad(total));
  norm[2] = 0.0;
  norm[3] = 0.0;
}
