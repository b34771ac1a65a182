// embedding_dweight / naive
// dwte[v] = Σ dout[order[i]], i from starts[v] to starts[v + 1] (+ dwte[v] with ACCUM): the host sorted positions by token.
// An invocation makes one element, a sum in the order of positions: no atomics, the same bits every time.
// Fallback and teaching text; its 4-byte loads make it slow.

struct Params { R: u32, C: u32, V: u32 }

const ACCUM: bool = false; // option
override WG: u32 = 64u; // knob

@group(0) @binding(0) var<storage, read>       order: array<u32>;     // (R) positions, sorted by token
@group(0) @binding(1) var<storage, read>       starts: array<u32>;    // (V+1)
@group(0) @binding(2) var<storage, read>       dout: array<f32>;      // (R C)
@group(0) @binding(3) var<storage, read_write> dwte: array<f32>;      // (V C)
@group(0) @binding(5) var<uniform>             params: Params;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) nwg: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * nwg.x + wid.x) * WG + lid;
  if (i >= params.V * params.C) { return; }
  let v = i / params.C;
  let c = i % params.C;
  let end = starts[v + 1u];
  var total = 0.0;
  for (var p = starts[v]; p < end; p++) { total += dout[order[p] * params.C + c]; }
  if (ACCUM) { total += dwte[i]; }
  dwte[i] = total;
}
