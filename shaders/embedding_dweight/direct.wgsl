// embedding_dweight / direct
// dwte[v] = Σ dout[order[i]], i from starts[v] to starts[v + 1] (+ dwte[v] with ACCUM): the host sorted positions by token.
// An invocation makes four neighbouring elements, a sum in the order of positions. With ACCUM it leaves a row without
// positions alone.
// Needs C a multiple of 4.
// Wins on software adapters: no barrier; with a large vocabulary nearly every row is empty.

struct Params { R: u32, C: u32, V: u32 }

const ACCUM: bool = false; // option
override WG: u32 = 64u; // knob

@group(0) @binding(0) var<storage, read>       order: array<u32>;     // (R) positions, sorted by token
@group(0) @binding(1) var<storage, read>       starts: array<u32>;    // (V+1)
@group(0) @binding(2) var<storage, read>       dout: array<vec4f>;    // (R C)
@group(0) @binding(3) var<storage, read_write> dwte: array<vec4f>;    // (V C)
@group(0) @binding(5) var<uniform>             params: Params;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) nwg: vec3u, @builtin(local_invocation_index) lid: u32) {
  let columns = params.C / 4u;
  let i = (wid.y * nwg.x + wid.x) * WG + lid;
  if (i >= params.V * columns) { return; }
  let v = i / columns;
  let c = i % columns;
  let start = starts[v];
  let end = starts[v + 1u];
  if (ACCUM && start == end) { return; }
  var total = vec4f();
  for (var p = start; p < end; p++) { total += dout[order[p] * columns + c]; }
  if (ACCUM) { total += dwte[i]; }
  dwte[i] = total;
}
