/** Seeded draws for everything the host decides: order of documents, where they are cut, initial weights. */
import { uniform } from './hash.ts';

/** A stream of numbers in [0, 1); `salt` keeps the streams of one seed apart. */
export function randomStream(seed: number, salt = 0): () => number {
  let index = 0;
  return () => uniform(seed, 0, salt, index++);
}

/** 0 … n − 1 in random order (Fisher–Yates). */
export function permutation(n: number, random: () => number): Uint32Array<ArrayBuffer> {
  const order = Uint32Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

/** Standard normal numbers (Box–Muller). */
export function normals(n: number, deviation: number, random: () => number): Float32Array<ArrayBuffer> {
  const out = new Float32Array(n);
  for (let i = 0; i < n; i += 2) {
    const radius = deviation * Math.sqrt(-2 * Math.log(1 - random()));
    const angle = 2 * Math.PI * random();
    out[i] = radius * Math.cos(angle);
    if (i + 1 < n) out[i + 1] = radius * Math.sin(angle);
  }
  return out;
}
