/** Layer normalisation and RMSNorm, forward and backward. */
import { firstChunk, nextChunk, pointer, real, word } from './command';
import { BAND, COLUMNS } from './sums';
import { fma, lanes, loadSome, storeSome, zero } from './simd';

const ROWS: i32 = 16;
/**
 * Of the row last measured: its mean as a sum of two floats, since one is too coarse where |mean| ≫ σ, and 1/√(var + eps).
 */
let mean: f32 = 0;
let rest: f32 = 0;
let rstd: f32 = 0;

/** Measures a row in two passes; `rms` takes the mean as 0. */
export function measureRow(x: usize, C: i32, eps: f32, rms: bool): void {
  const n = <f32>C;
  mean = 0;
  if (!rms) {
    let total = zero();
    for (let i = 0; i < C; i += 4) total = f32x4.add(total, loadSome(x + (<usize>i << 2), C - i, 0));
    mean = lanes(total) / n;
  }
  const m = f32x4.splat(mean);
  let differences = zero();
  let squares = zero();
  for (let i = 0; i < C; i += 4) {
    const d = f32x4.sub(loadSome(x + (<usize>i << 2), C - i, mean), m);
    differences = f32x4.add(differences, d);
    squares = fma(d, d, squares);
  }
  rest = rms ? 0 : lanes(differences) / n;
  rstd = 1 / sqrt<f32>(lanes(squares) / n - rest * rest + eps);
}

/** out = (x − mean)·rstd·weight (+ bias, if its pointer is not 0), with the numbers of the last `measureRow`. */
export function scaleRow(x: usize, C: i32, weight: usize, bias: usize, out: usize): void {
  const m = f32x4.splat(mean);
  const l = f32x4.splat(rest);
  const s = f32x4.splat(rstd);
  for (let i = 0; i < C; i += 4) {
    const o = <usize>i << 2;
    const left = C - i;
    const d = f32x4.sub(f32x4.sub(loadSome(x + o, left, 0), m), l);
    let y = f32x4.mul(f32x4.mul(d, s), loadSome(weight + o, left, 0));
    if (bias) y = f32x4.add(y, loadSome(bias + o, left, 0));
    storeSome(out + o, y, left);
  }
}

export function layernorm(c: usize): void {
  const R = word(c, 0);
  const C = word(c, 1);
  const eps = real(c, 2);
  const RMS = word(c, 3) != 0;
  const inp = pointer(c, 6);
  const weight = pointer(c, 7);
  const bias = pointer(c, 8);
  const out = pointer(c, 9);
  const stats = pointer(c, 10);
  for (let chunk = firstChunk(); chunk * ROWS < R; chunk = nextChunk()) {
    for (let r = chunk * ROWS; r < min(R, chunk * ROWS + ROWS); r++) {
      const at = <usize>r * C * 4;
      measureRow(inp + at, C, eps, RMS);
      scaleRow(inp + at, C, weight, bias, out + at);
      if (stats) {
        store<f32>(stats + (<usize>r << 3), mean + rest);
        store<f32>(stats + (<usize>r << 3), rstd, 4);
      }
    }
  }
}

/** dinp of one row. */
function rowGradient(
  x: usize,
  C: i32,
  weight: usize,
  stats: usize,
  dout: usize,
  residual: usize,
  dinp: usize,
  rms: bool,
): void {
  const m = f32x4.splat(load<f32>(stats));
  const s = f32x4.splat(load<f32>(stats, 4));
  let sumG = zero();
  let sumGx = zero();
  for (let i = 0; i < C; i += 4) {
    const o = <usize>i << 2;
    const left = C - i;
    const g = f32x4.mul(loadSome(dout + o, left, 0), loadSome(weight + o, left, 0));
    const xhat = f32x4.mul(f32x4.sub(loadSome(x + o, left, 0), m), s);
    sumG = f32x4.add(sumG, g);
    sumGx = fma(g, xhat, sumGx);
  }
  const n = <f32>C;
  const meanG = f32x4.splat(rms ? 0 : lanes(sumG) / n);
  const meanGx = f32x4.splat(lanes(sumGx) / n);
  for (let i = 0; i < C; i += 4) {
    const o = <usize>i << 2;
    const left = C - i;
    const g = f32x4.mul(loadSome(dout + o, left, 0), loadSome(weight + o, left, 0));
    const xhat = f32x4.mul(f32x4.sub(loadSome(x + o, left, 0), m), s);
    let y = f32x4.mul(s, f32x4.sub(f32x4.sub(g, meanG), f32x4.mul(xhat, meanGx)));
    if (residual) y = f32x4.add(y, loadSome(residual + o, left, 0));
    storeSome(dinp + o, y, left);
  }
}

/** Adds rows r0…r1 to dweight and dbias of four columns from c0. `fresh`: there is nothing to add to yet. */
function columnGradient(
  r0: i32,
  r1: i32,
  C: i32,
  c0: i32,
  inp: usize,
  stats: usize,
  dout: usize,
  dweight: usize,
  dbias: usize,
  fresh: bool,
): void {
  const o = <usize>c0 << 2;
  const left = C - c0;
  let dw = fresh ? zero() : loadSome(dweight + o, left, 0);
  let db = fresh || !dbias ? zero() : loadSome(dbias + o, left, 0);
  for (let r = r0; r < r1; r++) {
    const at = <usize>r * C * 4 + o;
    const m = v128.load32_splat(stats + (<usize>r << 3));
    const s = v128.load32_splat(stats + (<usize>r << 3), 4);
    const g = loadSome(dout + at, left, 0);
    dw = fma(g, f32x4.mul(f32x4.sub(loadSome(inp + at, left, 0), m), s), dw);
    db = f32x4.add(db, g);
  }
  storeSome(dweight + o, dw, left);
  if (dbias) storeSome(dbias + o, db, left);
}

export function layernormBwd(c: usize): void {
  const R = word(c, 0);
  const C = word(c, 1);
  const RMS = word(c, 2) != 0;
  const ACCUM = word(c, 6);
  const inp = pointer(c, 7);
  const weight = pointer(c, 8);
  const stats = pointer(c, 9);
  const dout = pointer(c, 10);
  const residual = pointer(c, 11);
  const dinp = pointer(c, 12);
  const dweight = pointer(c, 13);
  const dbias = pointer(c, 14);
  const rows = (R + ROWS - 1) / ROWS;
  const columns = dweight ? (C + COLUMNS - 1) / COLUMNS : 0;
  for (let chunk = firstChunk(); chunk < rows + columns; chunk = nextChunk()) {
    if (chunk < columns) {
      const end = min(C, (chunk + 1) * COLUMNS);
      for (let r = 0; r < R; r += BAND)
        for (let i = chunk * COLUMNS; i < end; i += 4)
          columnGradient(r, min(R, r + BAND), C, i, inp, stats, dout, dweight, dbias, !ACCUM && r == 0);
      continue;
    }
    const r0 = (chunk - columns) * ROWS;
    for (let r = r0; r < min(R, r0 + ROWS); r++) {
      const at = <usize>r * C * 4;
      const skip: usize = residual ? residual + at : 0;
      rowGradient(inp + at, C, weight, stats + (<usize>r << 3), dout + at, skip, dinp + at, RMS);
    }
  }
}
