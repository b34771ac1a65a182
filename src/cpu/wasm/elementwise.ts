/** Ops on single elements: add, fill, dropout and its random numbers. */
import { firstChunk, nextChunk, pointer, real, word } from './command';
import { loadSome, storeSome } from './simd';
import { STRETCH, stretchEnd, stretches } from './stretch';

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
