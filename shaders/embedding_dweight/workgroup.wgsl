// embedding_dweight / workgroup
// dwte[v] = Σ dout[order[i]], i from starts[v] to starts[v + 1] (+ dwte[v] with ACCUM): the host sorted positions by token.
// A workgroup makes ROWS rows, one after the other: GROUPS groups of LANES invocations share a row's positions, an invocation
// owns a vec4 of columns, and the groups' sums are added in a fixed order. Rows without positions need no barrier.
// Needs C a multiple of 4.
// Wins on GPUs: a frequent token's long sum is split, rare ones cost one look at starts.

struct Params { R: u32, C: u32, V: u32 }

const ACCUM: bool = false; // option
const WG: u32 = 256u; // knob
const LANES: u32 = 32u; // knob
const ROWS: u32 = 4u; // knob
const GROUPS: u32 = WG / LANES;

@group(0) @binding(0) var<storage, read>       order: array<u32>;     // (R) positions, sorted by token
@group(0) @binding(1) var<storage, read>       starts: array<u32>;    // (V+1)
@group(0) @binding(2) var<storage, read>       dout: array<vec4f>;    // (R C)
@group(0) @binding(3) var<storage, read_write> dwte: array<vec4f>;    // (V C)
@group(0) @binding(5) var<uniform>             params: Params;

var<workgroup> sums: array<vec4f, WG>;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) nwg: vec3u, @builtin(local_invocation_index) lid: u32) {
  let columns = params.C / 4u;
  let blocks = (columns + LANES - 1u) / LANES;
  let first = (wid.y * nwg.x + wid.x) * ROWS;
  for (var k = 0u; k < ROWS; k++) {
    let v = first + k;
    if (v < params.V) {
      let start = starts[v];
      let count = starts[v + 1u] - start;
      if (count == 0u) {
        if (!ACCUM) {
          for (var b = 0u; b < (columns + WG - 1u) / WG; b++) {
            let c = b * WG + lid;
            if (c < columns) { dwte[v * columns + c] = vec4f(); }
          }
        }
      } else {
        let turns = (count + GROUPS - 1u) / GROUPS;
        for (var b = 0u; b < blocks; b++) {
          let c = b * LANES + lid % LANES;
          let column = min(c, columns - 1u);
          var part = vec4f();
          for (var t = 0u; t < turns; t++) {
            let p = t * GROUPS + lid / LANES;
            if (p < count) { part += dout[order[start + p] * columns + column]; }
          }
          sums[lid] = part;
          workgroupBarrier();
          if (lid < LANES && c < columns) {
            var total = part;
            for (var g = 1u; g < GROUPS; g++) { total += sums[g * LANES + lid]; }
            if (ACCUM) { total += dwte[v * columns + c]; }
            dwte[v * columns + c] = total;
          }
          workgroupBarrier(); // the sums are read before the next block overwrites them
        }
      }
    }
  }
}
