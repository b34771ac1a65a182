/** Softmax over rows, its gradient, and cross-entropy with its gradient written over the logits. */
import { firstChunk, nextChunk, pointer, real, word } from './command';
import { exp4, lanes, loadSome, maxLane, storeSome, zero } from './simd';

const ROWS: i32 = 8;
const LOWEST: f32 = -3.4e38;

function rowMax(x: usize, C: i32): f32 {
  let most = f32x4.splat(LOWEST);
  for (let i = 0; i < C; i += 4) most = f32x4.pmax(most, loadSome(x + (<usize>i << 2), C - i, LOWEST));
  return maxLane(most);
}

/** out = exp(x − most), and its sum. `out` may be 0 (only the sum) or x itself. */
function exponentials(x: usize, C: i32, most: f32, out: usize): f32 {
  const m = f32x4.splat(most);
  let total = zero();
  for (let i = 0; i < C; i += 4) {
    const o = <usize>i << 2;
    // a lane beyond the row is so low that its exponential is 0
    const e = exp4(f32x4.sub(loadSome(x + o, C - i, LOWEST), m));
    if (out) storeSome(out + o, e, C - i);
    total = f32x4.add(total, e);
  }
  return lanes(total);
}

function multiply(x: usize, C: i32, factor: f32): void {
  const f = f32x4.splat(factor);
  for (let i = 0; i < C; i += 4) {
    const at = x + (<usize>i << 2);
    storeSome(at, f32x4.mul(loadSome(at, C - i, 0), f), C - i);
  }
}

export function softmax(c: usize): void {
  const R = word(c, 0);
  const C = word(c, 1);
  const inp = pointer(c, 3);
  const out = pointer(c, 4);
  for (let chunk = firstChunk(); chunk * ROWS < R; chunk = nextChunk()) {
    for (let r = chunk * ROWS; r < min(R, chunk * ROWS + ROWS); r++) {
      const at = <usize>r * C * 4;
      const total = exponentials(inp + at, C, rowMax(inp + at, C), out + at);
      multiply(out + at, C, 1 / total);
    }
  }
}

export function softmaxDinp(c: usize): void {
  const R = word(c, 0);
  const C = word(c, 1);
  const out = pointer(c, 2);
  const dout = pointer(c, 3);
  const dinp = pointer(c, 4);
  for (let chunk = firstChunk(); chunk * ROWS < R; chunk = nextChunk()) {
    for (let r = chunk * ROWS; r < min(R, chunk * ROWS + ROWS); r++) {
      const at = <usize>r * C * 4;
      let total = zero();
      for (let i = 0; i < C; i += 4) {
        const o = at + (<usize>i << 2);
        total = f32x4.add(total, f32x4.mul(loadSome(out + o, C - i, 0), loadSome(dout + o, C - i, 0)));
      }
      const dot = f32x4.splat(lanes(total));
      for (let i = 0; i < C; i += 4) {
        const o = at + (<usize>i << 2);
        const d = f32x4.sub(loadSome(dout + o, C - i, 0), dot);
        storeSome(dinp + o, f32x4.mul(loadSome(out + o, C - i, 0), d), C - i);
      }
    }
  }
}

export function crossEntropy(c: usize): void {
  const R = word(c, 0);
  const V = word(c, 1);
  const scale = real(c, 2);
  const GRAD = word(c, 3);
  const targets = pointer(c, 4);
  const weights = pointer(c, 5);
  const logits = pointer(c, 6);
  const losses = pointer(c, 7);
  for (let chunk = firstChunk(); chunk * ROWS < R; chunk = nextChunk()) {
    for (let r = chunk * ROWS; r < min(R, chunk * ROWS + ROWS); r++) {
      const row = logits + <usize>r * V * 4;
      const target = load<u32>(targets + (<usize>r << 2));
      const weight = load<f32>(weights + (<usize>r << 2));
      if (target >= <u32>V) {
        store<f32>(losses + (<usize>r << 2), 0);
        if (GRAD) memory.fill(row, 0, <usize>V << 2);
        continue;
      }
      const most = rowMax(row, V);
      const aim = row + (<usize>target << 2);
      const score = load<f32>(aim);
      const total = exponentials(row, V, most, GRAD ? row : 0);
      store<f32>(losses + (<usize>r << 2), weight * (NativeMathf.log(total) + (most - score)));
      if (!GRAD) continue;
      multiply(row, V, (scale * weight) / total);
      store<f32>(aim, load<f32>(aim) - scale * weight);
    }
  }
}
