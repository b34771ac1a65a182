/** Sums over everything and over rows, in an order that does not depend on the number of threads. */
import { firstChunk, nextChunk, phase, pointer, sharedScratch, word } from './command';
import { lanes, loadSome, storeSome, zero } from './simd';
import { STRETCH, stretchEnd, stretches } from './stretch';

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
