// sum / direct
// out = Σ inp (+ out with ACCUM), in a fixed order.
// Pass partial: each of PARTS invocations adds up its stretch, four vec4 a step. Pass finish: one invocation adds those sums and
// the up to 15 elements left over.
// Wins on software adapters: no barrier.

struct Params { N: u32 }

const ACCUM: bool = false; // option
const PARTS: u32 = 64u; // knob

@group(0) @binding(0) var<storage, read>       inp: array<vec4f>;    // (N)
@group(0) @binding(1) var<storage, read_write> out: array<f32>;      // (1)
@group(0) @binding(2) var<storage, read_write> parts: array<f32>;    // (PARTS)
@group(0) @binding(3) var<uniform>             params: Params;

@compute @workgroup_size(8)
fn partial(@builtin(global_invocation_id) gid: vec3u) {
  if (gid.x >= PARTS) { return; }
  let blocks = params.N / 16u;
  let per = (blocks + PARTS - 1u) / PARTS;
  let end = min(gid.x * per + per, blocks);
  var sum = vec4f();
  for (var b = gid.x * per; b < end; b++) {
    let i = b * 4u;
    sum += (inp[i] + inp[i + 1u]) + (inp[i + 2u] + inp[i + 3u]);
  }
  parts[gid.x] = (sum.x + sum.y) + (sum.z + sum.w);
}

@compute @workgroup_size(1)
fn finish() {
  var total = 0.0;
  for (var p = 0u; p < PARTS; p++) { total += parts[p]; }
  for (var i = params.N / 16u * 16u; i < params.N; i++) { total += inp[i / 4u][i % 4u]; }
  if (ACCUM) { total += out[0]; }
  out[0] = total;
}
