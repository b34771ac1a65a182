// softmax / packed
// out[r,c] = exp(inp[r,c] − top) / Σ_c exp(inp[r,c] − top), top = max_c inp[r,c]; both stored as halves, two to a u32 word.
// An invocation makes two rows, because two rows always fill whole words and no word is written by two invocations.
// HALF without the f16 feature (SwiftShader, older phones), and HALF with C not a multiple of 4.

struct Params { R: u32, C: u32 }

override WG: u32 = 8u; // knob

@group(0) @binding(0) var<storage, read>       inp: array<u32>;    // (R C) halves
@group(0) @binding(1) var<storage, read_write> out: array<u32>;    // (R C) halves
@group(0) @binding(3) var<uniform>             params: Params;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) nwg: vec3u, @builtin(local_invocation_index) lid: u32) {
  let pair = (wid.y * nwg.x + wid.x) * WG + lid;
  if (pair * 2u >= params.R) { return; }
  let C = params.C;
  let at = pair * C; // in words: 2·C halves
  // the two rows are the elements [0, C) and [C, 2C) of the pair; a missing second row is masked
  let end = min(2u, params.R - pair * 2u) * C;
  var top = vec2f(-1e30);
  for (var w = 0u; w < C; w++) {
    let x = unpack2x16float(inp[at + w]);
    for (var h = 0u; h < 2u; h++) {
      let e = 2u * w + h;
      if (e < C) { top.x = max(top.x, x[h]); } else if (e < end) { top.y = max(top.y, x[h]); }
    }
  }
  var total = vec2f();
  for (var w = 0u; w < C; w++) {
    let x = unpack2x16float(inp[at + w]);
    for (var h = 0u; h < 2u; h++) {
      let e = 2u * w + h;
      if (e < C) { total.x += exp(x[h] - top.x); } else if (e < end) { total.y += exp(x[h] - top.y); }
    }
  }
  let share = 1.0 / max(total, vec2f(1e-30));
  for (var w = 0u; w < (end + 1u) / 2u; w++) {
    let x = unpack2x16float(inp[at + w]);
    var y = vec2f();
    for (var h = 0u; h < 2u; h++) {
      let e = 2u * w + h;
      if (e < C) { y[h] = exp(x[h] - top.x) * share.x; } else if (e < end) { y[h] = exp(x[h] - top.y) * share.y; }
    }
    out[at + w] = pack2x16float(y);
  }
}
