// attention / tiled
// out = softmax(q·kᵀ/√HS + mask)·v · gate[head], online over blocks of 32 keys: no T×S matrix exists anywhere.
// A workgroup (64) makes 32 rows of one head. 8 invocations share 4 rows: each has 4×4 scores of a block (keys x, x + 8, …),
// then every eighth dim of the sums. q, k, v pass through workgroup memory 32 dims at a time, so any HS works.
// The scalar text to read before `blocked`; it also handles head sizes that vec4s cannot.
// FlashAttention-2 (Dao 2023); exponents in base 2 with 1/√HS folded into q.

struct Params { B: u32, T: u32, S: u32, NH: u32, NKV: u32, HS: u32 }

const MASK: u32 = 1u; // option
const PADDED: bool = false; // option
const CROSS: bool = false; // option
const GATE: bool = false; // option
const SAVE_LSE: bool = false; // option
const HS: u32 = 64u; // dim
alias elem = f32; // elem

const BR: u32 = 32u; // rows of a workgroup
const BC: u32 = 32u; // keys of a block
const SL: u32 = 32u; // dims of a slice
const SLICES: u32 = (HS + SL - 1u) / SL;
const LOG2E: f32 = 1.4426950408889634;
const LN2: f32 = 0.6931471805599453;

@group(0) @binding(0) var<storage, read>       qkv: array<elem>;          // (B T NH*HS+2*NKV*HS) or, CROSS, (B T NH*HS)
@group(0) @binding(1) var<storage, read>       kv: array<elem>;           // (B S 2*NKV*HS)
@group(0) @binding(2) var<storage, read>       spans: array<u32>;         // (B 2)
@group(0) @binding(3) var<storage, read>       gate: array<f32>;          // (NH)
@group(0) @binding(4) var<storage, read_write> out: array<elem>;          // (B T NH*HS)
@group(0) @binding(5) var<storage, read_write> lse: array<f32>;           // (B NH T)
@group(0) @binding(7) var<uniform>             params: Params;

// rows are one longer than they need be, so that a column lies in different banks
var<workgroup> rows: array<array<f32, SL + 1u>, BR>; // a slice of q; then the weights of the block
var<workgroup> keys: array<array<f32, SL + 1u>, BC>; // a slice of k; then of v
var<workgroup> shrinks: array<f32, BR>; // by how much the sums of a row shrink as its maximum moves; at the end 1/Σ

fn loadKv(i: u32) -> f32 {
  if (CROSS) { return f32(kv[i]); }
  return f32(qkv[i]);
}

//> visible
// Query t of sequence b sees keys 0 … visible − 1: no mask we have leaves a gap.
fn visible(b: u32, t: u32) -> u32 {
  var n = params.S;
  if (MASK == 1u) { n = t + 1u; }
  if (MASK == 2u) { n = max(t + 1u, spans[2u * b]); }
  if (PADDED) { n = min(n, spans[2u * b + 1u]); }
  return min(n, params.S);
}
//< visible

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) nwg: vec3u, @builtin(local_invocation_index) lid: u32) {
  let tiles = (params.T + BR - 1u) / BR;
  let id = wid.y * nwg.x + wid.x;
  if (id >= tiles * params.B * params.NH) { return; } // the whole workgroup at once
  let h = id / tiles % params.NH;
  let b = id / tiles / params.NH;
  let t0 = (tiles - 1u - id % tiles) * BR; // the last tiles see the most keys, so they start first
  let x = lid % 8u;
  let y = lid / 8u;
  let d = lid % SL; // to fill a slice, an invocation takes this dim of every second row
  let half = lid / SL;
  let qWidth = select((params.NH + 2u * params.NKV) * HS, params.NH * HS, CROSS);
  let kvWidth = select(qWidth, 2u * params.NKV * HS, CROSS);
  let qBase = (b * params.T + t0) * qWidth + h * HS;
  let kBase = b * params.S * kvWidth + select(params.NH * HS, 0u, CROSS) + h * params.NKV / params.NH * HS;
  let vBase = kBase + params.NKV * HS;
  let scale = LOG2E / sqrt(f32(HS));
  let live = min(BR, params.T - t0); // rows; what the others compute from leftovers is not stored
  let end = visible(b, t0 + live - 1u); // keys from here on are never read: what lies there may be anything
  let blocks = (end + BC - 1u) / BC;
  let slices = (params.HS + SL - 1u) / SL; // SLICES, but a compiler that knows the count unrolls everything, which takes it seconds

  var o: array<array<f32, SLICES * 4u>, 4>; // [row][dim x + 8i]
  var m = -1e30; // of row t0 + lid, in its first 32 invocations: the maximum and the sum of that row
  var l = 0.0;
  let count = visible(b, min(t0 + lid, params.T - 1u));
  for (var j = 0u; j < blocks; j++) {
    var s = array<array<f32, 4>, 4>(); // [row y + 8r][key x + 8c]
    let seen = min(BC, end - j * BC); // keys of this block that some row sees
    for (var slice = 0u; slice < slices; slice++) {
      let dims = min(SL, params.HS - slice * SL);
      workgroupBarrier(); // the block or slice before is used up
      if (d < dims) {
        let at = slice * SL + d;
        for (var i = 0u; i < (live + 1u) / 2u; i++) {
          let r = 2u * i + half;
          rows[r][d] = scale * f32(qkv[qBase + min(r, live - 1u) * qWidth + at]);
        }
        for (var i = 0u; i < (seen + 1u) / 2u; i++) {
          let c = 2u * i + half;
          keys[c][d] = loadKv(kBase + (j * BC + min(c, seen - 1u)) * kvWidth + at);
        }
      }
      workgroupBarrier();
      for (var i = 0u; i < dims; i++) {
        for (var r = 0u; r < 4u; r++) {
          let q = rows[y + 8u * r][i];
          for (var c = 0u; c < 4u; c++) { s[r][c] += q * keys[x + 8u * c][i]; }
        }
      }
    }
    workgroupBarrier(); // q is used up: scores take its place
    for (var r = 0u; r < 4u; r++) {
      for (var c = 0u; c < 4u; c++) { rows[y + 8u * r][x + 8u * c] = s[r][c]; }
    }
    workgroupBarrier();
    if (lid < BR) { // an invocation turns a row of scores into weights
      var top = m;
      for (var c = 0u; c < seen; c++) {
        if (j * BC + c < count) { top = max(top, rows[lid][c]); }
      }
      let shrink = exp2(m - top);
      l *= shrink;
      for (var c = 0u; c < seen; c++) {
        var p = 0.0;
        if (j * BC + c < count) { p = exp2(rows[lid][c] - top); }
        rows[lid][c] = p;
        l += p;
      }
      m = top;
      shrinks[lid] = shrink;
    }
    workgroupBarrier();
    for (var r = 0u; r < 4u; r++) {
      let shrink = shrinks[y + 8u * r];
      for (var i = 0u; i < SLICES * 4u; i++) { o[r][i] *= shrink; }
    }
    for (var slice = 0u; slice < SLICES; slice++) {
      workgroupBarrier(); // the slice before is used up
      let at = slice * SL + d;
      if (at < HS) {
        for (var i = 0u; i < (seen + 1u) / 2u; i++) {
          let c = 2u * i + half;
          keys[c][d] = loadKv(vBase + (j * BC + min(c, seen - 1u)) * kvWidth + at);
        }
      }
      workgroupBarrier();
      for (var c = 0u; c < seen; c++) {
        for (var r = 0u; r < 4u; r++) {
          let p = rows[y + 8u * r][c];
          for (var i = 0u; i < 4u; i++) { o[r][slice * 4u + i] += p * keys[c][x + 8u * i]; }
        }
      }
    }
  }

  if (lid < BR) { // only its own invocation reads a shrink between the last barrier and here: none
    shrinks[lid] = 1.0 / l;
    if (SAVE_LSE && t0 + lid < params.T) { lse[(b * params.NH + h) * params.T + t0 + lid] = (m + log2(l)) * LN2; }
  }
  workgroupBarrier();
  for (var r = 0u; r < 4u; r++) {
    let t = t0 + y + 8u * r;
    var factor = shrinks[y + 8u * r];
    if (GATE) { factor *= gate[h]; }
    for (var i = 0u; i < SLICES * 4u; i++) {
      let at = x + 8u * i;
      if (t < params.T && at < HS) { out[((b * params.T + t) * params.NH + h) * HS + at] = elem(o[r][i] * factor); }
    }
  }
}
