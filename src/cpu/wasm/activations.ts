/** GELU and the gated SiLU, forward and backward. */
import { firstChunk, nextChunk, pointer, word } from './command';
import { gelu4, geluSlope4, loadSome, sigmoid4, storeSome } from './simd';
import { STRETCH, stretchEnd, stretches } from './stretch';

export function gelu(c: usize): void {
  const N = word(c, 0);
  const form = word(c, 1) + 1;
  const inp = pointer(c, 2);
  const out = pointer(c, 3);
  for (let chunk = firstChunk(); chunk < stretches(N); chunk = nextChunk()) {
    for (let i = chunk * STRETCH; i < stretchEnd(chunk, N); i += 4) {
      const o = <usize>i << 2;
      storeSome(out + o, gelu4(loadSome(inp + o, N - i, 0), form), N - i);
    }
  }
}

export function geluDinp(c: usize): void {
  const N = word(c, 0);
  const form = word(c, 1) + 1;
  const inp = pointer(c, 2);
  const dout = pointer(c, 3);
  const dinp = pointer(c, 4);
  for (let chunk = firstChunk(); chunk < stretches(N); chunk = nextChunk()) {
    for (let i = chunk * STRETCH; i < stretchEnd(chunk, N); i += 4) {
      const o = <usize>i << 2;
      const slope = geluSlope4(loadSome(inp + o, N - i, 0), form);
      storeSome(dinp + o, f32x4.mul(loadSome(dout + o, N - i, 0), slope), N - i);
    }
  }
}

const ROWS: i32 = 16;

export function siluMul(c: usize): void {
  const R = word(c, 0);
  const C = word(c, 1);
  const inp = pointer(c, 2);
  const out = pointer(c, 3);
  const half = <usize>C << 2;
  for (let chunk = firstChunk(); chunk * ROWS < R; chunk = nextChunk()) {
    for (let r = chunk * ROWS; r < min(R, chunk * ROWS + ROWS); r++) {
      const from = inp + r * 2 * half;
      for (let i = 0; i < C; i += 4) {
        const o = <usize>i << 2;
        const gate = loadSome(from + o, C - i, 0);
        const up = loadSome(from + half + o, C - i, 0);
        storeSome(out + r * half + o, f32x4.mul(f32x4.mul(gate, sigmoid4(gate)), up), C - i);
      }
    }
  }
}

export function siluMulDinp(c: usize): void {
  const R = word(c, 0);
  const C = word(c, 1);
  const inp = pointer(c, 2);
  const dout = pointer(c, 3);
  const dinp = pointer(c, 4);
  const half = <usize>C << 2;
  const one = f32x4.splat(1);
  for (let chunk = firstChunk(); chunk * ROWS < R; chunk = nextChunk()) {
    for (let r = chunk * ROWS; r < min(R, chunk * ROWS + ROWS); r++) {
      const from = inp + r * 2 * half;
      const to = dinp + r * 2 * half;
      for (let i = 0; i < C; i += 4) {
        const o = <usize>i << 2;
        const gate = loadSome(from + o, C - i, 0);
        const up = loadSome(from + half + o, C - i, 0);
        const d = loadSome(dout + r * half + o, C - i, 0);
        const s = sigmoid4(gate);
        const slope = f32x4.mul(s, f32x4.add(one, f32x4.mul(gate, f32x4.sub(one, s))));
        storeSome(to + o, f32x4.mul(f32x4.mul(d, up), slope), C - i);
        storeSome(to + half + o, f32x4.mul(f32x4.mul(d, gate), s), C - i);
      }
    }
  }
}
