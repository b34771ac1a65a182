// softmax / subgroup
// out[r,c] = exp(inp[r,c] − top) / Σ_c exp(inp[r,c] − top), top = max_c inp[r,c].
// A subgroup of any size makes a row; an invocation holds the first PER of its vec4 in registers, the rest is read again.
// Needs subgroups and C a multiple of 4.
// Wins on GPUs for rows up to 4·PER·size: one read, one write, no barrier.
enable subgroups;

struct Params { R: u32, C: u32 }

const WG: u32 = 128u; // knob
const PER: u32 = 8u; // knob

@group(0) @binding(0) var<storage, read>       inp: array<vec4f>;    // (R C)
@group(0) @binding(1) var<storage, read_write> out: array<vec4f>;    // (R C)
@group(0) @binding(3) var<uniform>             params: Params;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) nwg: vec3u, @builtin(local_invocation_index) lid: u32,
        @builtin(subgroup_size) size: u32, @builtin(subgroup_invocation_id) lane: u32) {
  // the smallest index in a subgroup names it, whatever order its invocations have
  let r = (wid.y * nwg.x + wid.x) * (WG / size) + subgroupMin(lid) / size;
  let columns = params.C / 4u;
  let at = min(r, params.R - 1u) * columns; // a row past the end computes the last one again and does not write it
  let sweeps = (columns + size - 1u) / size;
  var x: array<vec4f, PER>;
  var top4 = vec4f(-1e30);
  for (var p = 0u; p < PER; p++) {
    let c = p * size + lane;
    x[p] = vec4f(-1e30);
    if (c < columns) { x[p] = inp[at + c]; }
    top4 = max(top4, x[p]);
  }
  for (var p = PER; p < sweeps; p++) {
    let c = p * size + lane;
    if (c < columns) { top4 = max(top4, inp[at + c]); }
  }
  let top = subgroupMax(max(max(top4.x, top4.y), max(top4.z, top4.w)));
  var total = vec4f();
  for (var p = 0u; p < PER; p++) {
    x[p] = exp(x[p] - top); // 0 where there is no column
    total += x[p];
  }
  for (var p = PER; p < sweeps; p++) {
    let c = p * size + lane;
    if (c < columns) { total += exp(inp[at + c] - top); }
  }
  let share = 1.0 / subgroupAdd((total.x + total.y) + (total.z + total.w));
  if (r >= params.R) { return; }
  for (var p = 0u; p < PER; p++) {
    let c = p * size + lane;
    if (c < columns) { out[at + c] = x[p] * share; }
  }
  for (var p = PER; p < sweeps; p++) {
    let c = p * size + lane;
    if (c < columns) { out[at + c] = exp(inp[at + c] - top) * share; }
  }
}
