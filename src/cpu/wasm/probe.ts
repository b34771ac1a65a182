/** The roofs that the other kernels are held against: multiply-adds in registers, and bytes moved. */
import { firstChunk, nextChunk, pointer, word } from './command';
import { STRETCH } from './stretch';
import { fma, loadSome, storeSome } from './simd';

/** Twelve chains of four fill the multiply-add units: mul and add together take seven cycles, and two start in each. */
export function fmaPeak(c: usize): void {
  const N = word(c, 0);
  const steps = 8 * word(c, 1);
  const a = v128.load32_splat(c, 24);
  const b = v128.load32_splat(c, 28);
  const inp = pointer(c, 4);
  const out = pointer(c, 5);
  for (let chunk = firstChunk(); chunk * 48 < N; chunk = nextChunk()) {
    const first = inp + <usize>chunk * 192;
    const to = out + <usize>chunk * 192;
    if (N - chunk * 48 < 48) {
      for (let i = 0; i < N - chunk * 48; i += 4) {
        const left = N - chunk * 48 - i;
        let x = loadSome(first + (<usize>i << 2), left, 0);
        for (let s = 0; s < steps; s++) x = fma(a, x, b);
        storeSome(to + (<usize>i << 2), x, left);
      }
      continue;
    }
    let x0 = v128.load(first);
    let x1 = v128.load(first, 16);
    let x2 = v128.load(first, 32);
    let x3 = v128.load(first, 48);
    let x4 = v128.load(first, 64);
    let x5 = v128.load(first, 80);
    let x6 = v128.load(first, 96);
    let x7 = v128.load(first, 112);
    let x8 = v128.load(first, 128);
    let x9 = v128.load(first, 144);
    let x10 = v128.load(first, 160);
    let x11 = v128.load(first, 176);
    for (let s = 0; s < steps; s++) {
      x0 = fma(a, x0, b);
      x1 = fma(a, x1, b);
      x2 = fma(a, x2, b);
      x3 = fma(a, x3, b);
      x4 = fma(a, x4, b);
      x5 = fma(a, x5, b);
      x6 = fma(a, x6, b);
      x7 = fma(a, x7, b);
      x8 = fma(a, x8, b);
      x9 = fma(a, x9, b);
      x10 = fma(a, x10, b);
      x11 = fma(a, x11, b);
    }
    v128.store(to, x0);
    v128.store(to, x1, 16);
    v128.store(to, x2, 32);
    v128.store(to, x3, 48);
    v128.store(to, x4, 64);
    v128.store(to, x5, 80);
    v128.store(to, x6, 96);
    v128.store(to, x7, 112);
    v128.store(to, x8, 128);
    v128.store(to, x9, 144);
    v128.store(to, x10, 160);
    v128.store(to, x11, 176);
  }
}

export function copy(c: usize): void {
  const N = word(c, 0);
  const inp = pointer(c, 1);
  const out = pointer(c, 2);
  for (let chunk = firstChunk(); chunk * STRETCH < N; chunk = nextChunk()) {
    const o = <usize>chunk * STRETCH * 4;
    memory.copy(out + o, inp + o, <usize>min(STRETCH, N - chunk * STRETCH) << 2);
  }
}
