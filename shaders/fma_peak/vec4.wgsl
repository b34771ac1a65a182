// fma_peak / vec4
// out[n] = x after 8·I steps x ← a·x + b from x = inp[n]: each element is a chain, every step waits for the one before.
// A workgroup makes 16·WG elements; an invocation holds 4 vec4 chains in named registers, eight steps unrolled.
// Needs N a multiple of 4. Wins on GPUs whose registers are vectors.

struct Params { N: u32, I: u32, a: f32, b: f32 }

override WG: u32 = 64u; // knob

@group(0) @binding(0) var<storage, read>       inp: array<vec4f>;    // (N)
@group(0) @binding(1) var<storage, read_write> out: array<vec4f>;    // (N)
@group(0) @binding(3) var<uniform>             params: Params;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) nwg: vec3u, @builtin(local_invocation_index) lid: u32) {
  let first = (wid.y * nwg.x + wid.x) * (WG * 4u) + lid;
  let last = params.N / 4u - 1u;
  let a = vec4f(params.a);
  let b = vec4f(params.b);
  // a chain past the end computes the last element again and does not store it
  var x0 = inp[min(first, last)];
  var x1 = inp[min(first + 1u * WG, last)];
  var x2 = inp[min(first + 2u * WG, last)];
  var x3 = inp[min(first + 3u * WG, last)];
  for (var i = 0u; i < params.I; i++) {
    x0 = fma(a, x0, b); x1 = fma(a, x1, b); x2 = fma(a, x2, b); x3 = fma(a, x3, b);
    x0 = fma(a, x0, b); x1 = fma(a, x1, b); x2 = fma(a, x2, b); x3 = fma(a, x3, b);
    x0 = fma(a, x0, b); x1 = fma(a, x1, b); x2 = fma(a, x2, b); x3 = fma(a, x3, b);
    x0 = fma(a, x0, b); x1 = fma(a, x1, b); x2 = fma(a, x2, b); x3 = fma(a, x3, b);
    x0 = fma(a, x0, b); x1 = fma(a, x1, b); x2 = fma(a, x2, b); x3 = fma(a, x3, b);
    x0 = fma(a, x0, b); x1 = fma(a, x1, b); x2 = fma(a, x2, b); x3 = fma(a, x3, b);
    x0 = fma(a, x0, b); x1 = fma(a, x1, b); x2 = fma(a, x2, b); x3 = fma(a, x3, b);
    x0 = fma(a, x0, b); x1 = fma(a, x1, b); x2 = fma(a, x2, b); x3 = fma(a, x3, b);
  }
  if (first <= last) { out[first] = x0; }
  if (first + 1u * WG <= last) { out[first + 1u * WG] = x1; }
  if (first + 2u * WG <= last) { out[first + 2u * WG] = x2; }
  if (first + 3u * WG <= last) { out[first + 3u * WG] = x3; }
}
