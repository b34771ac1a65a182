// grad_norm / direct
// norm[0] = √Σ grads² in a fixed order; norm[1] = 1 if a gradient (or that sum) is infinite or not a number, else 0;
// norm[2] = norm[3] = 0.
// Pass partial: each of PARTS invocations adds up its stretch, two vec4 a step. Pass finish: one invocation adds those sums and
// the up to 7 gradients left over.
// Wins on software adapters: no barrier.

struct Params { N: u32 }

const PARTS: u32 = 64u; // knob

@group(0) @binding(0) var<storage, read>       grads: array<vec4f>;    // (N)
@group(0) @binding(1) var<storage, read_write> norm: array<f32>;       // (4)
@group(0) @binding(2) var<storage, read_write> parts: array<f32>;      // (2 PARTS) sums, then 1 where something was bad
@group(0) @binding(3) var<uniform>             params: Params;

//> finite
// by its bits: compilers may assume that infinity and NaN do not occur
fn isBad(x: f32) -> bool {
  return (bitcast<u32>(x) & 0x7fffffffu) >= 0x7f800000u;
}
//< finite

@compute @workgroup_size(8)
fn partial(@builtin(global_invocation_id) gid: vec3u) {
  if (gid.x >= PARTS) { return; }
  let blocks = params.N / 8u;
  let per = (blocks + PARTS - 1u) / PARTS;
  let end = min(gid.x * per + per, blocks);
  var sum = vec4f();
  var largest = vec4u();
  for (var b = gid.x * per; b < end; b++) {
    let g0 = grads[2u * b];
    let g1 = grads[2u * b + 1u];
    sum += g0 * g0 + g1 * g1;
    // bits without the sign grow with the magnitude, and infinity and NaN lie above all numbers
    largest = max(largest, max(bitcast<vec4u>(g0) & vec4u(0x7fffffffu), bitcast<vec4u>(g1) & vec4u(0x7fffffffu)));
  }
  parts[gid.x] = (sum.x + sum.y) + (sum.z + sum.w);
  let bad = max(max(largest.x, largest.y), max(largest.z, largest.w)) >= 0x7f800000u;
  parts[PARTS + gid.x] = select(0.0, 1.0, bad);
}

@compute @workgroup_size(1)
fn finish() {
  var total = 0.0;
  var bad = false;
  for (var p = 0u; p < PARTS; p++) {
    total += parts[p];
    bad = bad || parts[PARTS + p] > 0.0;
  }
  for (var i = params.N / 8u * 8u; i < params.N; i++) {
    let g = grads[i / 4u][i % 4u];
    total += g * g;
    bad = bad || isBad(g);
  }
  norm[0] = sqrt(total);
  norm[1] = select(0.0, 1.0, bad || isBad(total));
  norm[2] = 0.0;
  norm[3] = 0.0;
}
