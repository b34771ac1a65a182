/** Ops on single elements and plain sums. Chunks are fixed stretches, so sums do not depend on the number of threads. */
import { firstChunk, nextChunk, phase, pointer, real, sharedScratch, word } from './command';
import { gelu4, geluSlope4, lanes, loadSome, sigmoid4, storeSome, zero } from './simd';

/** Elements of a chunk. src/cpu/commands.ts knows it: `sum` and `grad_norm` leave one partial result per chunk. */
export const STRETCH: i32 = 8192;

// @ts-ignore: decorator
@inline
function stretches(N: i32): i32 {
  return (N + STRETCH - 1) / STRETCH;
}

// @ts-ignore: decorator
@inline
function stretchEnd(chunk: i32, N: i32): i32 {
  return min(N, (chunk + 1) * STRETCH);
}

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

export function add(c: usize): void {
  const N = word(c, 0);
  const alpha = f32x4.splat(real(c, 1));
  const beta = f32x4.splat(real(c, 2));
  const a = pointer(c, 3);
  const b = pointer(c, 4);
  const out = pointer(c, 5);
  for (let chunk = firstChunk(); chunk < stretches(N); chunk = nextChunk()) {
    for (let i = chunk * STRETCH; i < stretchEnd(chunk, N); i += 4) {
      const o = <usize>i << 2;
      const x = f32x4.mul(alpha, loadSome(a + o, N - i, 0));
      storeSome(out + o, f32x4.add(x, f32x4.mul(beta, loadSome(b + o, N - i, 0))), N - i);
    }
  }
}

export function fill(c: usize): void {
  const N = word(c, 0);
  const value = f32x4.splat(real(c, 1));
  const out = pointer(c, 2);
  for (let chunk = firstChunk(); chunk < stretches(N); chunk = nextChunk()) {
    for (let i = chunk * STRETCH; i < stretchEnd(chunk, N); i += 4) storeSome(out + (<usize>i << 2), value, N - i);
  }
}

/** As `pcg` of src/sample/hash.ts. */
export function pcg(x: u32): u32 {
  const state = x * 747796405 + 2891336453;
  const mixed = ((state >> ((state >> 28) + 4)) ^ state) * 277803737;
  return (mixed >> 22) ^ mixed;
}

/** The same on four words. Lanes shift by different amounts: by 4, then by 1, 2, 4 and 8 where the bits 28…31 say so. */
function pcg4(x: v128): v128 {
  const state = i32x4.add(i32x4.mul(x, i32x4.splat(747796405)), i32x4.splat(<i32>2891336453));
  let shifted = i32x4.shr_u(state, 4);
  shifted = v128.bitselect(i32x4.shr_u(shifted, 1), shifted, i32x4.shr_s(i32x4.shl(state, 3), 31));
  shifted = v128.bitselect(i32x4.shr_u(shifted, 2), shifted, i32x4.shr_s(i32x4.shl(state, 2), 31));
  shifted = v128.bitselect(i32x4.shr_u(shifted, 4), shifted, i32x4.shr_s(i32x4.shl(state, 1), 31));
  shifted = v128.bitselect(i32x4.shr_u(shifted, 8), shifted, i32x4.shr_s(state, 31));
  const mixed = i32x4.mul(v128.xor(shifted, state), i32x4.splat(277803737));
  return v128.xor(i32x4.shr_u(mixed, 22), mixed);
}

export function dropout(c: usize): void {
  const N = word(c, 0);
  const salt = <u32>word(c, 1);
  const rate = real(c, 2);
  const state = pointer(c, 4);
  const inp = pointer(c, 5);
  const residual = pointer(c, 6);
  const out = pointer(c, 7);
  const key = i32x4.splat(pcg(salt ^ pcg(load<u32>(state, 32) ^ pcg(load<u32>(state, 12)))));
  const keep = f32x4.splat(1 / (1 - rate));
  for (let chunk = firstChunk(); chunk < stretches(N); chunk = nextChunk()) {
    for (let i = chunk * STRETCH; i < stretchEnd(chunk, N); i += 4) {
      const o = <usize>i << 2;
      const index = i32x4.add(i32x4.splat(i), i32x4(0, 1, 2, 3));
      const draw = f32x4.convert_i32x4_u(i32x4.shr_u(pcg4(v128.xor(index, key)), 8));
      const kept = f32x4.ge(f32x4.mul(draw, f32x4.splat(<f32>(1.0 / 16777216.0))), f32x4.splat(rate));
      let y = v128.and(f32x4.mul(loadSome(inp + o, N - i, 0), keep), kept);
      if (residual) y = f32x4.add(y, loadSome(residual + o, N - i, 0));
      storeSome(out + o, y, N - i);
    }
  }
}

export function sum(c: usize): void {
  const N = word(c, 0);
  const ACCUM = word(c, 1);
  const inp = pointer(c, 2);
  const out = pointer(c, 3);
  const partial = sharedScratch(c);
  if (phase(c) == 0) {
    for (let chunk = firstChunk(); chunk < stretches(N); chunk = nextChunk()) {
      let total = zero();
      for (let i = chunk * STRETCH; i < stretchEnd(chunk, N); i += 4)
        total = f32x4.add(total, loadSome(inp + (<usize>i << 2), N - i, 0));
      store<f32>(partial + (<usize>chunk << 2), lanes(total));
    }
    return;
  }
  let total: f64 = ACCUM ? load<f32>(out) : 0;
  for (let i = 0; i < stretches(N); i++) total += load<f32>(partial + (<usize>i << 2));
  store<f32>(out, <f32>total);
}

/** Columns of a chunk, and rows that are added to the columns' totals in one go: memory is read along its rows. */
export const COLUMNS: i32 = 128;
export const BAND: i32 = 16;

export function sumRows(c: usize): void {
  const R = word(c, 0);
  const C = word(c, 1);
  const ACCUM = word(c, 2);
  const inp = pointer(c, 3);
  const out = pointer(c, 4);
  const step = <usize>C << 2;
  for (let chunk = firstChunk(); chunk * COLUMNS < C; chunk = nextChunk()) {
    const end = min(C, (chunk + 1) * COLUMNS);
    for (let r0 = 0; r0 < R; r0 += BAND) {
      for (let i = chunk * COLUMNS; i < end; i += 4) {
        const o = <usize>i << 2;
        let total = ACCUM || r0 > 0 ? loadSome(out + o, C - i, 0) : zero();
        for (let r = r0; r < min(R, r0 + BAND); r++) total = f32x4.add(total, loadSome(inp + r * step + o, C - i, 0));
        storeSome(out + o, total, C - i);
      }
    }
  }
}
