/**
 * Triangles of weights as pixels. A triangle is laid out for a number of tokens that grows in steps, so it is filled row by row and
 * not scaled anew at every token. Where tokens outnumber pixels, a pixel has the largest of its weights. No DOM.
 */
import { mix, type Rgb } from '../core/colours.ts';
import type { Weights } from './weights.ts';

/** Tokens that triangles are laid out for: steps of a third to a half, so that a triangle fills most of its square. */
export const STEPS: readonly number[] = [16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512];

/** Which tokens a triangle shows: `capacity` of them at most, from `from` on. */
export interface Window {
  readonly from: number;
  readonly capacity: number;
}

/**
 * The window with `query` in it, of at most `most` tokens. A long text is shown by halves of a window, so that the picture stays where
 * it is for many tokens.
 */
export function windowOf(tokens: number, query: number, most: number = STEPS.at(-1)!): Window {
  const fitting = STEPS.filter((n) => n <= most);
  const capacity = fitting.find((n) => n >= tokens) ?? fitting.at(-1) ?? STEPS[0];
  if (tokens <= capacity) return { from: 0, capacity };
  const half = capacity / 2;
  const last = Math.ceil((tokens - capacity) / half) * half;
  return { from: Math.min(last, Math.max(0, Math.floor(query / half) - 1) * half), capacity };
}

/** First pixel of each token, and the end: at least `capacity + 1` whole numbers from 0 to `size`. */
export function edgesOf(size: number, capacity: number): Int32Array {
  return Int32Array.from({ length: capacity + 1 }, (_, i) => Math.floor((i * size) / capacity));
}

/** Where a triangle is drawn from. */
export interface Triangle {
  readonly weights: Weights;
  readonly layer: number;
  readonly head: number;
  readonly window: Window;
  /** Pixels along a side. */
  readonly size: number;
  /** Bare pixels between cells. */
  readonly gap: number;
}

/** Pixel rows from `y0` (included) to `y1` as bytes: 255·√ of the largest weight of each pixel. */
export function levels(triangle: Triangle, edges: Int32Array, y0: number, y1: number): Uint8Array {
  const { weights, layer, head, window, size, gap } = triangle;
  const out = new Uint8Array((y1 - y0) * size);
  const end = Math.min(weights.count - window.from, window.capacity);
  for (let q = firstAt(edges, y0); q < end && edges[q] < y1; q++) {
    const y = edges[q];
    const bytes = weights.bytes(layer, head, window.from + q);
    const shift = window.from + q + 1 - bytes.length - window.from; // of the first byte's key in the window
    const line = (y - y0) * size;
    for (let i = Math.max(0, -shift); i < bytes.length; i++) {
      const byte = bytes[i];
      const stop = edges[shift + i + 1] - gap;
      let x = edges[shift + i];
      do if (byte > out[line + x]) out[line + x] = byte;
      while (++x < stop);
    }
    for (let next = y + 1; next < Math.min(y1, edges[q + 1] - gap); next++)
      out.copyWithin((next - y0) * size, line, line + size);
  }
  return out;
}

/** The first token whose pixel row is `y` or below. */
function firstAt(edges: Int32Array, y: number): number {
  let low = 0;
  let high = edges.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (edges[middle] < y) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** A pixel for each byte, as ImageData has them on machines of today: red in the lowest byte. The bytes are roots already. */
export function pixelsOf(sheet: Rgb, ink: Rgb): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, byte) => {
    const [red, green, blue] = mix(sheet, ink, (0.92 * byte) / 255).map(Math.round);
    return ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
  });
}

/** Pixels of a canvas per CSS pixel, so that it has no more than `most`. */
export function scaleFor(width: number, height: number, ratio: number, most = 4e6): number {
  return Math.min(ratio, Math.sqrt(most / Math.max(1, width * height)));
}
