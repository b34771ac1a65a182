/** One step of an LSTM and its gradient, see src/kernels/lstm.ts. */
import { firstChunk, nextChunk, pointer, word } from './command';
import { loadSome, sigmoid4, storeSome } from './simd';

/** Rows of a chunk. */
const ROWS: i32 = 8;

/** A call, so that its hundred instructions stand in the module once. */
function gate4(x: v128): v128 {
  return sigmoid4(x);
}

// @ts-ignore: decorator
@inline
function tanh4(x: v128): v128 {
  const s = gate4(f32x4.add(x, x));
  return f32x4.sub(f32x4.add(s, s), f32x4.splat(1));
}

/** x·(1 − x): the slope of a sigmoid whose value is x. */
// @ts-ignore: decorator
@inline
function slope4(x: v128): v128 {
  return f32x4.mul(x, f32x4.sub(f32x4.splat(1), x));
}

/** 1 − x²: the slope of a tanh whose value is x. */
// @ts-ignore: decorator
@inline
function tanhSlope4(x: v128): v128 {
  return f32x4.sub(f32x4.splat(1), f32x4.mul(x, x));
}

export function lstmCell(c: usize): void {
  const R = word(c, 0);
  const C = word(c, 1);
  const isFirst = word(c, 2);
  const width = <usize>C << 2;
  for (let chunk = firstChunk(); chunk * ROWS < R; chunk = nextChunk()) {
    for (let r = chunk * ROWS; r < min(R, chunk * ROWS + ROWS); r++) {
      const gates = pointer(c, 3) + 4 * r * width;
      const row = r * width;
      for (let k = 0; k < C; k += 4) {
        const o = <usize>k << 2;
        const left = C - k;
        let cell = f32x4.mul(gate4(loadSome(gates + o, left, 0)), tanh4(loadSome(gates + 2 * width + o, left, 0)));
        if (!isFirst) {
          const forget = gate4(loadSome(gates + width + o, left, 0));
          cell = f32x4.add(cell, f32x4.mul(forget, loadSome(pointer(c, 4) + row + o, left, 0)));
        }
        storeSome(pointer(c, 5) + row + o, cell, left);
        const open = gate4(loadSome(gates + 3 * width + o, left, 0));
        storeSome(pointer(c, 6) + row + o, f32x4.mul(open, tanh4(cell)), left);
      }
    }
  }
}

export function lstmCellBwd(c: usize): void {
  const R = word(c, 0);
  const C = word(c, 1);
  const isFirst = word(c, 2);
  const hasDc = word(c, 3);
  const width = <usize>C << 2;
  for (let chunk = firstChunk(); chunk * ROWS < R; chunk = nextChunk()) {
    for (let r = chunk * ROWS; r < min(R, chunk * ROWS + ROWS); r++) {
      const row = r * width;
      const gates = pointer(c, 4) + 4 * row;
      const dgates = pointer(c, 9) + 4 * row;
      for (let k = 0; k < C; k += 4) {
        const at = row + (<usize>k << 2);
        const o = <usize>k << 2;
        const left = C - k;
        const i = gate4(loadSome(gates + o, left, 0));
        const f = gate4(loadSome(gates + width + o, left, 0));
        const g = tanh4(loadSome(gates + 2 * width + o, left, 0));
        const open = gate4(loadSome(gates + 3 * width + o, left, 0));
        const t = tanh4(loadSome(pointer(c, 6) + at, left, 0));
        const dout = loadSome(pointer(c, 7) + at, left, 0);
        let e = f32x4.mul(f32x4.mul(dout, open), tanhSlope4(t));
        if (hasDc) e = f32x4.add(e, loadSome(pointer(c, 8) + at, left, 0));
        storeSome(dgates + o, f32x4.mul(f32x4.mul(e, g), slope4(i)), left);
        storeSome(dgates + 2 * width + o, f32x4.mul(f32x4.mul(e, i), tanhSlope4(g)), left);
        storeSome(dgates + 3 * width + o, f32x4.mul(f32x4.mul(dout, t), slope4(open)), left);
        if (isFirst) storeSome(dgates + width + o, f32x4.splat(0), left);
        else {
          const previous = loadSome(pointer(c, 5) + at, left, 0);
          storeSome(dgates + width + o, f32x4.mul(f32x4.mul(e, previous), slope4(f)), left);
          storeSome(pointer(c, 10) + at, f32x4.mul(e, f), left);
        }
      }
    }
  }
}
