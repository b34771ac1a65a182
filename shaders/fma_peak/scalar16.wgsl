// fma_peak / scalar16
// out[n] = x after 8·I steps x ← a·x + b from x = inp[n]: each element is a chain, every step waits for the one before.
// A workgroup makes 16·WG elements; an invocation holds 16 chains in named registers, eight steps unrolled.
// Wins on most GPUs and on lavapipe: latency is hidden within one invocation, at any occupancy.

struct Params { N: u32, I: u32, a: f32, b: f32 }

override WG: u32 = 64u; // knob

@group(0) @binding(0) var<storage, read>       inp: array<f32>;    // (N)
@group(0) @binding(1) var<storage, read_write> out: array<f32>;    // (N)
@group(0) @binding(3) var<uniform>             params: Params;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) nwg: vec3u, @builtin(local_invocation_index) lid: u32) {
  let first = (wid.y * nwg.x + wid.x) * (WG * 16u) + lid;
  let last = params.N - 1u;
  let a = params.a;
  let b = params.b;
  // a chain past the end computes the last element again and does not store it
  var x0 = inp[min(first, last)];
  var x1 = inp[min(first + 1u * WG, last)];
  var x2 = inp[min(first + 2u * WG, last)];
  var x3 = inp[min(first + 3u * WG, last)];
  var x4 = inp[min(first + 4u * WG, last)];
  var x5 = inp[min(first + 5u * WG, last)];
  var x6 = inp[min(first + 6u * WG, last)];
  var x7 = inp[min(first + 7u * WG, last)];
  var x8 = inp[min(first + 8u * WG, last)];
  var x9 = inp[min(first + 9u * WG, last)];
  var x10 = inp[min(first + 10u * WG, last)];
  var x11 = inp[min(first + 11u * WG, last)];
  var x12 = inp[min(first + 12u * WG, last)];
  var x13 = inp[min(first + 13u * WG, last)];
  var x14 = inp[min(first + 14u * WG, last)];
  var x15 = inp[min(first + 15u * WG, last)];
  for (var i = 0u; i < params.I; i++) {
    x0 = fma(a, x0, b); x1 = fma(a, x1, b); x2 = fma(a, x2, b); x3 = fma(a, x3, b);
    x4 = fma(a, x4, b); x5 = fma(a, x5, b); x6 = fma(a, x6, b); x7 = fma(a, x7, b);
    x8 = fma(a, x8, b); x9 = fma(a, x9, b); x10 = fma(a, x10, b); x11 = fma(a, x11, b);
    x12 = fma(a, x12, b); x13 = fma(a, x13, b); x14 = fma(a, x14, b); x15 = fma(a, x15, b);
    x0 = fma(a, x0, b); x1 = fma(a, x1, b); x2 = fma(a, x2, b); x3 = fma(a, x3, b);
    x4 = fma(a, x4, b); x5 = fma(a, x5, b); x6 = fma(a, x6, b); x7 = fma(a, x7, b);
    x8 = fma(a, x8, b); x9 = fma(a, x9, b); x10 = fma(a, x10, b); x11 = fma(a, x11, b);
    x12 = fma(a, x12, b); x13 = fma(a, x13, b); x14 = fma(a, x14, b); x15 = fma(a, x15, b);
    x0 = fma(a, x0, b); x1 = fma(a, x1, b); x2 = fma(a, x2, b); x3 = fma(a, x3, b);
    x4 = fma(a, x4, b); x5 = fma(a, x5, b); x6 = fma(a, x6, b); x7 = fma(a, x7, b);
    x8 = fma(a, x8, b); x9 = fma(a, x9, b); x10 = fma(a, x10, b); x11 = fma(a, x11, b);
    x12 = fma(a, x12, b); x13 = fma(a, x13, b); x14 = fma(a, x14, b); x15 = fma(a, x15, b);
    x0 = fma(a, x0, b); x1 = fma(a, x1, b); x2 = fma(a, x2, b); x3 = fma(a, x3, b);
    x4 = fma(a, x4, b); x5 = fma(a, x5, b); x6 = fma(a, x6, b); x7 = fma(a, x7, b);
    x8 = fma(a, x8, b); x9 = fma(a, x9, b); x10 = fma(a, x10, b); x11 = fma(a, x11, b);
    x12 = fma(a, x12, b); x13 = fma(a, x13, b); x14 = fma(a, x14, b); x15 = fma(a, x15, b);
    x0 = fma(a, x0, b); x1 = fma(a, x1, b); x2 = fma(a, x2, b); x3 = fma(a, x3, b);
    x4 = fma(a, x4, b); x5 = fma(a, x5, b); x6 = fma(a, x6, b); x7 = fma(a, x7, b);
    x8 = fma(a, x8, b); x9 = fma(a, x9, b); x10 = fma(a, x10, b); x11 = fma(a, x11, b);
    x12 = fma(a, x12, b); x13 = fma(a, x13, b); x14 = fma(a, x14, b); x15 = fma(a, x15, b);
    x0 = fma(a, x0, b); x1 = fma(a, x1, b); x2 = fma(a, x2, b); x3 = fma(a, x3, b);
    x4 = fma(a, x4, b); x5 = fma(a, x5, b); x6 = fma(a, x6, b); x7 = fma(a, x7, b);
    x8 = fma(a, x8, b); x9 = fma(a, x9, b); x10 = fma(a, x10, b); x11 = fma(a, x11, b);
    x12 = fma(a, x12, b); x13 = fma(a, x13, b); x14 = fma(a, x14, b); x15 = fma(a, x15, b);
    x0 = fma(a, x0, b); x1 = fma(a, x1, b); x2 = fma(a, x2, b); x3 = fma(a, x3, b);
    x4 = fma(a, x4, b); x5 = fma(a, x5, b); x6 = fma(a, x6, b); x7 = fma(a, x7, b);
    x8 = fma(a, x8, b); x9 = fma(a, x9, b); x10 = fma(a, x10, b); x11 = fma(a, x11, b);
    x12 = fma(a, x12, b); x13 = fma(a, x13, b); x14 = fma(a, x14, b); x15 = fma(a, x15, b);
    x0 = fma(a, x0, b); x1 = fma(a, x1, b); x2 = fma(a, x2, b); x3 = fma(a, x3, b);
    x4 = fma(a, x4, b); x5 = fma(a, x5, b); x6 = fma(a, x6, b); x7 = fma(a, x7, b);
    x8 = fma(a, x8, b); x9 = fma(a, x9, b); x10 = fma(a, x10, b); x11 = fma(a, x11, b);
    x12 = fma(a, x12, b); x13 = fma(a, x13, b); x14 = fma(a, x14, b); x15 = fma(a, x15, b);
  }
  if (first <= last) { out[first] = x0; }
  if (first + 1u * WG <= last) { out[first + 1u * WG] = x1; }
  if (first + 2u * WG <= last) { out[first + 2u * WG] = x2; }
  if (first + 3u * WG <= last) { out[first + 3u * WG] = x3; }
  if (first + 4u * WG <= last) { out[first + 4u * WG] = x4; }
  if (first + 5u * WG <= last) { out[first + 5u * WG] = x5; }
  if (first + 6u * WG <= last) { out[first + 6u * WG] = x6; }
  if (first + 7u * WG <= last) { out[first + 7u * WG] = x7; }
  if (first + 8u * WG <= last) { out[first + 8u * WG] = x8; }
  if (first + 9u * WG <= last) { out[first + 9u * WG] = x9; }
  if (first + 10u * WG <= last) { out[first + 10u * WG] = x10; }
  if (first + 11u * WG <= last) { out[first + 11u * WG] = x11; }
  if (first + 12u * WG <= last) { out[first + 12u * WG] = x12; }
  if (first + 13u * WG <= last) { out[first + 13u * WG] = x13; }
  if (first + 14u * WG <= last) { out[first + 14u * WG] = x14; }
  if (first + 15u * WG <= last) { out[first + 15u * WG] = x15; }
}
