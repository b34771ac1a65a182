/** Rows of a table by token id, the gradients back to them, and plain copies of rows. */
import { firstChunk, nextChunk, pointer, word } from './command';
import { loadSome, loadSomeHalves, storeSome, zero } from './simd';

const ROWS: i32 = 16;
/** Bytes of a sequence's state. */
const STATE_BYTES: usize = 64;

export function embedding(c: usize): void {
  const R = word(c, 0);
  const T = word(c, 1);
  const C = word(c, 2);
  const V = <u32>word(c, 3);
  const TMAX = <u32>word(c, 4);
  const DECODE = word(c, 6);
  const B16 = word(c, 7);
  const state = pointer(c, 8);
  const tokens = pointer(c, 9);
  const wte = pointer(c, 10);
  const wpe = pointer(c, 11);
  const out = pointer(c, 12);
  const bytes = <usize>C << 2;
  for (let chunk = firstChunk(); chunk * ROWS < R; chunk = nextChunk()) {
    for (let r = chunk * ROWS; r < min(R, chunk * ROWS + ROWS); r++) {
      const token = <usize>min<u32>(V - 1, load<u32>(DECODE ? state + r * STATE_BYTES + 4 : tokens + (<usize>r << 2)));
      const position = min<u32>(TMAX - 1, DECODE ? load<u32>(state + r * STATE_BYTES) : <u32>(r % T));
      const to = out + r * bytes;
      for (let i = 0; i < C; i += 4) {
        const o = <usize>i << 2;
        let x = B16
          ? loadSomeHalves(wte + token * (bytes >> 1) + (o >> 1), C - i)
          : loadSome(wte + token * bytes + o, C - i, 0);
        if (wpe) x = f32x4.add(x, loadSome(wpe + <usize>position * bytes + o, C - i, 0));
        storeSome(to + o, x, C - i);
      }
    }
  }
}

export function embeddingDweight(c: usize): void {
  const R = word(c, 0);
  const C = word(c, 1);
  const V = word(c, 2);
  const ACCUM = word(c, 3);
  const order = pointer(c, 4);
  const starts = pointer(c, 5);
  const dout = pointer(c, 6);
  const dwte = pointer(c, 7);
  const bytes = <usize>C << 2;
  for (let chunk = firstChunk(); chunk * ROWS < V; chunk = nextChunk()) {
    for (let v = chunk * ROWS; v < min(V, chunk * ROWS + ROWS); v++) {
      // wrong lists give wrong sums, but never an address outside
      const start = load<u32>(starts + (<usize>v << 2));
      const end = min<u32>(R, load<u32>(starts + (<usize>v << 2), 4));
      const to = dwte + v * bytes;
      for (let i = 0; i < C; i += 4) {
        const o = <usize>i << 2;
        let total = ACCUM ? loadSome(to + o, C - i, 0) : zero();
        for (let k = start; k < end; k++) {
          const r = <usize>min<u32>(R - 1, load<u32>(order + (<usize>k << 2)));
          total = f32x4.add(total, loadSome(dout + r * bytes + o, C - i, 0));
        }
        storeSome(to + o, total, C - i);
      }
    }
  }
}

export function embeddingDpos(c: usize): void {
  const B = word(c, 0);
  const T = word(c, 1);
  const C = word(c, 2);
  const TMAX = word(c, 3);
  const ACCUM = word(c, 4);
  const dout = pointer(c, 5);
  const dwpe = pointer(c, 6);
  const bytes = <usize>C << 2;
  for (let chunk = firstChunk(); chunk * ROWS < TMAX; chunk = nextChunk()) {
    for (let t = chunk * ROWS; t < min(TMAX, chunk * ROWS + ROWS); t++) {
      for (let i = 0; i < C; i += 4) {
        const o = <usize>i << 2;
        let total = ACCUM ? loadSome(dwpe + t * bytes + o, C - i, 0) : zero();
        if (t < T) for (let b = 0; b < B; b++) total = f32x4.add(total, loadSome(dout + (b * T + t) * bytes + o, C - i, 0));
        storeSome(dwpe + t * bytes + o, total, C - i);
      }
    }
  }
}

/** A chunk is a sequence. */
export function lastRow(c: usize): void {
  const B = word(c, 0);
  const T = word(c, 1);
  const bytes = <usize>word(c, 2) << 2;
  for (let b = firstChunk(); b < B; b = nextChunk()) {
    const length = min(max(load<i32>(pointer(c, 3) + b * STATE_BYTES, 28), 1), T);
    memory.copy(pointer(c, 5) + b * bytes, pointer(c, 4) + <usize>(b * T + length - 1) * bytes, bytes);
  }
}
