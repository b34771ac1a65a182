/**
 * matmul: blocks of MC×NC outputs are shared out among the threads. Inside a block, for each KC slice of k, panels of eight columns
 * of B are packed (which absorbs transposition, stride and f16) and meet tiles of four rows of A, which lie as they are or, where
 * A is stored (K M) or in f16, packed. Sums of a tile wait in scratch until the last slice; then the epilogue runs on them.
 */
import { firstChunk, nextChunk, pointer, scratch, sharers, word } from './command';
import { BAND, COLUMNS } from './sums';
import { gelu4, geluSlope4, lanes, loadHalf, loadHalves, loadSomeHalves, loadSome, storeSome, zero } from './simd';
import { tile, transpose4 } from './tile';

/** Slice of k: an 8-column panel of B (16 KB) stays in the first-level cache. */
const KC: i32 = 512;
/** Largest block: MC·KC of packed A (512 KB) and MC·NC sums (256 KB) stay in the second-level cache. */
const MC: i32 = 256;
const NC: i32 = 256;
const PANEL: usize = KC * 32;
const EDGE: usize = KC * 16;
const SUMS: usize = MC * NC * 4;

let M: i32 = 0;
let N: i32 = 0;
let K: i32 = 0;
let TA: i32 = 0;
let TB: i32 = 0;
let GELU: i32 = 0;
let DGELU: i32 = 0;
let ACCUM: i32 = 0;
let SAVE_PRE: i32 = 0;
let B16: i32 = 0;
let A16: i32 = 0;
let bias: usize = 0;
let residual: usize = 0;
let GATE: i32 = 0;
let gate: f32 = 1;
let pre: usize = 0;

/** Packs columns n…n+7 and rows k0…k0+kc of B as [k][8], zeros beyond N. `cols` = how many of the eight exist. */
function packB(b: usize, n: i32, cols: i32, k0: i32, kc: i32, to: usize): void {
  const size: usize = B16 ? 2 : 4;
  if (!TB) {
    const step = <usize>N * size;
    let from = b + (<usize>k0 * N + n) * size;
    const right = cols - 4;
    for (let k = 0; k < kc; k++) {
      if (B16) {
        v128.store(to, loadSomeHalves(from, cols));
        v128.store(to, right > 0 ? loadSomeHalves(from + 8, right) : zero(), 16);
      } else if (cols == 8) {
        v128.store(to, v128.load(from));
        v128.store(to, v128.load(from, 16), 16);
      } else {
        v128.store(to, loadSome(from, cols, 0));
        v128.store(to, right > 0 ? loadSome(from + 16, right, 0) : zero(), 16);
      }
      from += step;
      to += 32;
    }
    return;
  }
  const step = <usize>K * size;
  packColumns(b + (<usize>n * K + k0) * size, step, cols, kc, B16, to, 32);
  packColumns(b + (<usize>(n + 4) * K + k0) * size, step, cols - 4, kc, B16, to + 16, 32);
}

/** Four stored rows of kc elements become [k][4] at `to` (stride `kt` bytes); rows beyond `rows` become zeros. */
function packColumns(from: usize, step: usize, rows: i32, kc: i32, half: i32, to: usize, kt: usize): void {
  if (rows <= 0) {
    for (let k = 0; k < kc; k++) v128.store(to + k * kt, zero());
    return;
  }
  const p1 = rows > 1 ? from + step : from;
  const p2 = rows > 2 ? from + 2 * step : from;
  const p3 = rows > 3 ? from + 3 * step : from;
  let k = 0;
  if (half) {
    for (; k + 4 <= kc; k += 4) {
      const o = <usize>k * 2;
      transpose4(loadHalves(from + o), loadHalves(p1 + o), loadHalves(p2 + o), loadHalves(p3 + o), to + k * kt, kt);
    }
    for (; k < kc; k++) {
      const o = <usize>k * 2;
      v128.store(to + k * kt, f32x4(loadHalf(from + o), loadHalf(p1 + o), loadHalf(p2 + o), loadHalf(p3 + o)));
    }
  } else {
    for (; k + 4 <= kc; k += 4) {
      const o = <usize>k * 4;
      transpose4(v128.load(from + o), v128.load(p1 + o), v128.load(p2 + o), v128.load(p3 + o), to + k * kt, kt);
    }
    for (; k < kc; k++) {
      const o = <usize>k * 4;
      v128.store(to + k * kt, f32x4(load<f32>(from + o), load<f32>(p1 + o), load<f32>(p2 + o), load<f32>(p3 + o)));
    }
  }
}

/** Packs four rows of A from m, and k0…k0+kc, as [k][4]. Rows beyond M repeat a row that exists; nobody reads their sums. */
function packA(a: usize, m: i32, k0: i32, kc: i32, to: usize): void {
  const size: usize = A16 ? 2 : 4;
  const rows = min(4, M - m);
  if (!TA) {
    packColumns(a + (<usize>m * K + k0) * size, <usize>K * size, rows, kc, A16, to, 16);
    return;
  }
  const step = <usize>M * size;
  let from = a + (<usize>k0 * M + m) * size;
  for (let k = 0; k < kc; k++) {
    if (A16) v128.store(to, loadSomeHalves(from, rows));
    else if (rows == 4) v128.store(to, v128.load(from));
    else v128.store(to, loadSome(from, rows, 0));
    from += step;
    to += 16;
  }
}

/** What follows the product, for `count` (≤ 4) neighbours in one row. `at` is the byte offset of the first in out. */
// @ts-ignore: decorator
@inline
function finish(y: v128, out: usize, at: usize, n: i32, count: i32): void {
  if (bias) y = f32x4.add(y, loadSome(bias + (<usize>n << 2), count, 0));
  if (SAVE_PRE) storeSome(pre + at, y, count);
  if (GELU) y = gelu4(y, GELU);
  if (DGELU) y = f32x4.mul(y, geluSlope4(loadSome(pre + at, count, 0), DGELU));
  if (GATE) y = f32x4.mul(y, f32x4.splat(gate));
  if (residual) y = f32x4.add(y, loadSome(residual + at, count, 0));
  if (ACCUM) y = f32x4.add(y, loadSome(out + at, count, 0));
  storeSome(out + at, y, count);
}

/** `finish` for a tile of sums; `at` is the byte offset in out of its first. */
function finishTile(sum: usize, out: usize, at: usize, n: i32, rows: i32, cols: i32): void {
  for (let r = 0; r < rows; r++) {
    finish(v128.load(sum), out, at, n, cols);
    if (cols > 4) finish(v128.load(sum, 16), out, at + 16, n + 4, cols - 4);
    sum += 32;
    at += <usize>N << 2;
  }
}

/** The block of outputs [m0, m1) × [n0, n1) of one batch entry; `first` is the byte offset of that entry in out. */
function block(a: usize, b: usize, out: usize, first: usize, m0: i32, m1: i32, n0: i32, n1: i32): void {
  const panel = scratch();
  const edge = panel + PANEL;
  const sums = edge + EDGE;
  const packed = sums + SUMS;
  const pack = TA || A16;
  const slices = max(1, (K + KC - 1) / KC);
  const tiles = (m1 - m0 + 3) / 4;
  // nothing follows the product: whole tiles are summed where they belong
  const direct = !(GELU | DGELU | SAVE_PRE | GATE) && !bias && !residual;
  const row = <usize>N << 2;
  for (let slice = 0; slice < slices; slice++) {
    const k0 = slice * KC;
    const kc = min(KC, K - k0);
    const last = slice == slices - 1;
    if (pack) for (let i = 0; i < tiles; i++) packA(a, m0 + i * 4, k0, kc, packed + <usize>i * kc * 16);
    else if (m1 & 3 && m1 == M) packA(a, m1 & ~3, k0, kc, edge);
    let sum = sums;
    for (let n = n0; n < n1; n += 8) {
      const cols = min(8, n1 - n);
      packB(b, n, cols, k0, kc, panel);
      for (let m = m0; m < m1; m += 4) {
        const rows = min(4, m1 - m);
        const at = first + <usize>m * row + (<usize>n << 2);
        const here = direct && rows == 4 && cols == 8;
        const to = here ? out + at : sum;
        const step: usize = here ? row : 32;
        const add = slice > 0 || (here && ACCUM != 0);
        if (pack) tile(packed + <usize>(m - m0) * kc * 4, 4, 16, panel, 32, kc, to, step, add);
        else if (rows < 4) tile(edge, 4, 16, panel, 32, kc, to, step, add);
        else tile(a + (<usize>m * K + k0) * 4, <usize>K * 4, 4, panel, 32, kc, to, step, add);
        if (last && !here) finishTile(sum, out, at, n, rows, cols);
        if (slices > 1) sum += 128;
      }
    }
  }
}

/** dbias[m0…m1] = Σ over k and the batch of A's rows. */
function rowSums(a: usize, Z: i32, m0: i32, m1: i32, dbias: usize): void {
  const size: usize = A16 ? 2 : 4;
  if (!ACCUM) for (let m = m0; m < m1; m++) store<f32>(dbias + (<usize>m << 2), 0);
  for (let z = 0; z < Z; z++) {
    const base = a + <usize>z * M * K * size;
    if (TA) {
      for (let k0 = 0; k0 < K; k0 += BAND) {
        for (let m = m0; m < m1; m += 4) {
          const to = dbias + (<usize>m << 2);
          const left = m1 - m;
          let total = loadSome(to, left, 0);
          for (let k = k0; k < min(K, k0 + BAND); k++) {
            const at = base + (<usize>k * M + m) * size;
            total = f32x4.add(total, A16 ? loadSomeHalves(at, left) : loadSome(at, left, 0));
          }
          storeSome(to, total, left);
        }
      }
    } else {
      for (let m = m0; m < m1; m++) {
        const row = base + <usize>m * K * size;
        let sum = zero();
        for (let k = 0; k < K; k += 4)
          sum = f32x4.add(sum, A16 ? loadSomeHalves(row + k * 2, K - k) : loadSome(row + k * 4, K - k, 0));
        const to = dbias + (<usize>m << 2);
        store<f32>(to, load<f32>(to) + lanes(sum));
      }
    }
  }
}

export function matmul(c: usize): void {
  const Z = word(c, 0);
  M = word(c, 1);
  N = word(c, 2);
  K = word(c, 3);
  TA = word(c, 4);
  TB = word(c, 5);
  GELU = word(c, 7);
  DGELU = word(c, 8);
  ACCUM = word(c, 10);
  SAVE_PRE = word(c, 11);
  const DBIAS = word(c, 12);
  const BSHARED = word(c, 14);
  B16 = word(c, 15);
  A16 = word(c, 16);
  const a = pointer(c, 17);
  const b = pointer(c, 18);
  bias = pointer(c, 19);
  residual = pointer(c, 20);
  GATE = word(c, 13);
  gate = GATE ? load<f32>(pointer(c, 21)) : 1;
  pre = pointer(c, 22);
  const out = pointer(c, 23);
  const dbias = pointer(c, 24);
  // blocks small enough that every thread gets a few
  let mc = min(MC, (M + 3) & ~3);
  let nc = min(NC, (N + 7) & ~7);
  const wanted = sharers() > 1 ? 4 * sharers() : 1;
  while (Z * ((M + mc - 1) / mc) * ((N + nc - 1) / nc) < wanted && mc + nc > 64) {
    if (nc >= mc) nc = (nc / 2 + 7) & ~7;
    else mc = (mc / 2 + 3) & ~3;
  }
  const across = (N + nc - 1) / nc;
  const blocks = across * ((M + mc - 1) / mc);
  const sums = DBIAS ? (M + COLUMNS - 1) / COLUMNS : 0;
  const bytesA = <usize>M * K * (A16 ? 2 : 4);
  const bytesB = BSHARED ? 0 : <usize>K * N * (B16 ? 2 : 4);
  for (let chunk = firstChunk(); chunk < Z * blocks + sums; chunk = nextChunk()) {
    if (chunk >= Z * blocks) {
      const m0 = (chunk - Z * blocks) * COLUMNS;
      rowSums(a, Z, m0, min(M, m0 + COLUMNS), dbias);
      continue;
    }
    const z = chunk / blocks;
    const m0 = ((chunk % blocks) / across) * mc;
    const n0 = ((chunk % blocks) % across) * nc;
    const first = <usize>z * M * N * 4;
    block(a + z * bytesA, b + z * bytesB, out, first, m0, min(M, m0 + mc), n0, min(N, n0 + nc));
  }
}
