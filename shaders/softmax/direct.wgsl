// softmax / direct
// out[r,c] = exp(inp[r,c] − top) / Σ_c exp(inp[r,c] − top), top = max_c inp[r,c].
// An invocation makes a row, four vec4 a step: one sweep keeps (top, total) and rescales when top grows, one sweep writes.
// Needs C a multiple of 4.
// Wins on software adapters: no barrier, and the text is unrolled because every loop step costs as much as a vec4 load.

struct Params { R: u32, C: u32 }

override WG: u32 = 8u; // knob

@group(0) @binding(0) var<storage, read>       inp: array<vec4f>;    // (R C)
@group(0) @binding(1) var<storage, read_write> out: array<vec4f>;    // (R C)
@group(0) @binding(3) var<uniform>             params: Params;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) nwg: vec3u, @builtin(local_invocation_index) lid: u32) {
  let r = (wid.y * nwg.x + wid.x) * WG + lid;
  if (r >= params.R) { return; }
  let columns = params.C / 4u;
  let at = r * columns;
  let blocks = columns / 4u;
  var top = -1e30;
  var total = vec4f();
  for (var b = 0u; b < blocks; b++) {
    let j = at + b * 4u;
    let x0 = inp[j];
    let x1 = inp[j + 1u];
    let x2 = inp[j + 2u];
    let x3 = inp[j + 3u];
    let high4 = max(max(x0, x1), max(x2, x3));
    let high = max(max(high4.x, high4.y), max(high4.z, high4.w));
    if (high > top) {
      total *= exp(top - high);
      top = high;
    }
    total += (exp(x0 - top) + exp(x1 - top)) + (exp(x2 - top) + exp(x3 - top));
  }
  for (var j = at + blocks * 4u; j < at + columns; j++) {
    let x = inp[j];
    let high = max(max(x.x, x.y), max(x.z, x.w));
    if (high > top) {
      total *= exp(top - high);
      top = high;
    }
    total += exp(x - top);
  }
  let share = 1.0 / ((total.x + total.y) + (total.z + total.w));
  for (var b = 0u; b < blocks; b++) {
    let j = at + b * 4u;
    out[j] = exp(inp[j] - top) * share;
    out[j + 1u] = exp(inp[j + 1u] - top) * share;
    out[j + 2u] = exp(inp[j + 2u] - top) * share;
    out[j + 3u] = exp(inp[j + 3u] - top) * share;
  }
  for (var j = at + blocks * 4u; j < at + columns; j++) { out[j] = exp(inp[j] - top) * share; }
}
