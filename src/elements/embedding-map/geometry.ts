/** Points on a plane: which plane, where they stand, what is near, and which names have room. No DOM in here. */

export interface Plane {
  /** (points 2) */
  readonly points: Float32Array;
  /** Share of all variance along each axis, 0 … 1. */
  readonly explained: readonly [number, number];
}

const ROUNDS = 300;
const ENOUGH = 1e-7;

/** Projects vectors (n dim) on the plane on which they are spread out most: for records that come without one. */
export function planeOf(vectors: Float32Array, dim: number): Plane {
  const n = vectors.length / dim;
  const centred = Float64Array.from(vectors);
  for (let k = 0; k < dim; k++) {
    let mean = 0;
    for (let i = 0; i < n; i++) mean += vectors[i * dim + k] / n;
    for (let i = 0; i < n; i++) centred[i * dim + k] -= mean;
  }
  let total = 0;
  for (const x of centred) total += x * x;
  const axes: Float64Array[] = [];
  const explained: [number, number] = [0, 0];
  for (let a = 0; a < Math.min(2, dim); a++) {
    const { axis, variance } = principal(centred, n, dim, axes);
    explained[a] = total > 0 ? variance / total : 0;
    axes.push(axis);
  }
  const points = new Float32Array(2 * n);
  for (let i = 0; i < n; i++)
    for (const [a, axis] of axes.entries())
      for (let k = 0; k < dim; k++) points[2 * i + a] += centred[i * dim + k] * axis[k];
  return { points, explained };
}

/** The direction of most variance that is orthogonal to those found; its largest component is positive, so that it never flips. */
function principal(
  centred: Float64Array,
  n: number,
  dim: number,
  found: readonly Float64Array[],
): { readonly axis: Float64Array; readonly variance: number } {
  let axis = Float64Array.from({ length: dim }, (_, k) => Math.sin(1.37 * (k + 1)) + 0.01);
  let variance = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const next = new Float64Array(dim);
    for (let i = 0; i < n; i++) {
      let along = 0;
      for (let k = 0; k < dim; k++) along += centred[i * dim + k] * axis[k];
      for (let k = 0; k < dim; k++) next[k] += along * centred[i * dim + k];
    }
    for (const other of found) {
      const along = dot(next, other);
      for (let k = 0; k < dim; k++) next[k] -= along * other[k];
    }
    const length = Math.sqrt(dot(next, next));
    if (length < 1e-12) return { axis: new Float64Array(dim), variance: 0 };
    for (let k = 0; k < dim; k++) next[k] /= length;
    const settled =
      round > 0 && Math.abs(length - variance) <= ENOUGH * length && Math.abs(1 - dot(next, axis)) < ENOUGH;
    [axis, variance] = [next, length];
    if (settled) break;
  }
  const top = axis.reduce((best, x) => (Math.abs(x) > Math.abs(best) ? x : best), 0);
  return { axis: top < 0 ? axis.map((x) => -x) : axis, variance };
}

const dot = (a: Float64Array, b: Float64Array): number => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
};

/** Share of the points at each end that may lie outside the frame: a few stragglers would squeeze all others together. */
const OUTSIDE = 0.025;

export interface Fitted {
  readonly places: Float32Array;
  /** How many lie further out than the edge at which they are drawn. */
  readonly outside: number;
}

/** The same scale on both axes, so that distances compare; y upward. Without `whole`, stragglers are drawn at the edge. */
export function fit(points: Float32Array, width: number, height: number, pad: number, whole: boolean): Fitted {
  const n = points.length / 2;
  const sorted = [0, 1].map((axis) => Float32Array.from({ length: n }, (_, i) => points[2 * i + axis]).sort());
  const cut = whole ? 0 : Math.floor(n * OUTSIDE);
  const [[left, right], [low, high]] = sorted.map((of) => [of[cut], of[n - 1 - cut]]);
  const scale = Math.min(
    (width - 2 * pad) / Math.max(right - left, 1e-12),
    (height - 2 * pad) / Math.max(high - low, 1e-12),
  );
  const [cx, cy] = [(left + right) / 2, (low + high) / 2];
  const places = new Float32Array(2 * n);
  let outside = 0;
  for (let i = 0; i < n; i++) {
    const x = width / 2 + (right > left ? (points[2 * i] - cx) * scale : 0);
    const y = height / 2 - (high > low ? (points[2 * i + 1] - cy) * scale : 0);
    places[2 * i] = Math.max(4, Math.min(width - 4, x));
    places[2 * i + 1] = Math.max(4, Math.min(height - 4, y));
    if (places[2 * i] !== Math.fround(x) || places[2 * i + 1] !== Math.fround(y)) outside++;
  }
  return { places, outside };
}

export interface Near {
  readonly index: number;
  readonly cosine: number;
}

/** The `n` vectors with the smallest angle to one, without itself. */
export function nearOf(vectors: Float32Array, dim: number, from: number, n: number): Near[] {
  const count = vectors.length / dim;
  const own = vectors.subarray(from * dim, (from + 1) * dim);
  const best: Near[] = []; // kept sorted: a few of many
  for (let i = 0; i < count; i++) {
    if (i === from) continue;
    const near = { index: i, cosine: cosine(own, vectors.subarray(i * dim, (i + 1) * dim)) };
    if (best.length === n && near.cosine <= best[n - 1].cosine) continue;
    const at = best.findIndex((other) => other.cosine < near.cosine);
    best.splice(at < 0 ? best.length : at, 0, near);
    if (best.length > n) best.pop();
  }
  return best;
}

/** 0 beside a vector of zeros, which has no direction. */
export function cosine(a: Float32Array, b: Float32Array): number {
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    ab += a[i] * b[i];
    aa += a[i] * a[i];
    bb += b[i] * b[i];
  }
  return aa && bb ? ab / Math.sqrt(aa * bb) : 0;
}

export const DIRECTIONS = {
  ArrowRight: [1, 0],
  ArrowLeft: [-1, 0],
  ArrowDown: [0, 1],
  ArrowUp: [0, -1],
} as const;

/** The nearest point in a direction: within 45° of it, and what lies straight ahead counts as nearer. */
export function nextIn(places: Float32Array, from: number, [dx, dy]: readonly [number, number]): number | undefined {
  let [best, found] = [Infinity, -1];
  for (let i = 0; i < places.length / 2; i++) {
    const [x, y] = [places[2 * i] - places[2 * from], places[2 * i + 1] - places[2 * from + 1]];
    const ahead = x * dx + y * dy;
    const aside = Math.abs(x * dy - y * dx);
    if (i === from || ahead <= 0 || aside > ahead) continue;
    const cost = ahead + 2 * aside;
    if (cost < best) [best, found] = [cost, i];
  }
  return found < 0 ? undefined : found;
}

/** The point under a pointer; undefined when none is within `reach`. */
export function pointAt(places: Float32Array, x: number, y: number, reach: number): number | undefined {
  let [best, found] = [reach * reach, -1];
  for (let i = 0; i < places.length / 2; i++) {
    const far = (places[2 * i] - x) ** 2 + (places[2 * i + 1] - y) ** 2;
    if (far <= best) [best, found] = [far, i];
  }
  return found < 0 ? undefined : found;
}

/** A token in the middle and what is near it around it, clockwise from the top by rank, further out the larger the angle. */
export function aroundOf(cosines: readonly number[], width: number, height: number, pad: number): Float32Array {
  const radius = Math.min(width, height) / 2 - pad;
  const most = Math.max(...cosines.map((c) => 1 - c), 1e-6);
  const places = new Float32Array(2 * cosines.length + 2);
  places.set([width / 2, height / 2]);
  for (const [i, c] of cosines.entries()) {
    const angle = (2 * Math.PI * i) / cosines.length;
    const far = radius * Math.max(0.25, (1 - c) / most);
    places.set([width / 2 + far * Math.sin(angle), height / 2 - far * Math.cos(angle)], 2 * i + 2);
  }
  return places;
}

export interface Label {
  readonly index: number;
  readonly x: number;
  readonly y: number;
  readonly w: number;
}

const LABEL = 18;

/** Places for names beside their points, in order of importance; those without room are left out, never laid over others. */
export function placeLabels(
  order: readonly number[],
  places: Float32Array,
  widthOf: (index: number) => number,
  width: number,
  height: number,
  most: number,
  taken: readonly { readonly x: number; readonly y: number; readonly w: number; readonly h: number }[] = [],
): Label[] {
  const labels: Label[] = [];
  const used = [...taken];
  for (const index of order) {
    if (labels.length >= most) break;
    const [px, py] = [places[2 * index], places[2 * index + 1]];
    const w = widthOf(index);
    const spots = [
      [px + 6, py - LABEL / 2],
      [px - 6 - w, py - LABEL / 2],
      [px - w / 2, py - LABEL - 4],
      [px - w / 2, py + 4],
    ] as const;
    const spot = spots.find(
      ([x, y]) =>
        x >= 0 &&
        y >= 0 &&
        x + w <= width &&
        y + LABEL <= height &&
        !used.some((u) => x < u.x + u.w && u.x < x + w && y < u.y + u.h && u.y < y + LABEL),
    );
    if (!spot) continue;
    labels.push({ index, x: spot[0], y: spot[1], w });
    used.push({ x: spot[0], y: spot[1], w, h: LABEL });
  }
  return labels;
}

/** Two paths as one list of vectors, text by text. */
export function joined(paths: readonly (readonly Float32Array[])[], dim: number): Float32Array {
  const all = paths.flat();
  const vectors = new Float32Array(all.length * dim);
  for (const [i, vector] of all.entries()) vectors.set(vector, i * dim);
  return vectors;
}

/** `word|first text|second text` */
export function wordsOf(
  text: string,
): { readonly word: string; readonly texts: readonly [string, string] } | undefined {
  const [word, first, second] = text.split('|').map((part) => part.trim());
  return word && first && second ? { word, texts: [first, second] } : undefined;
}
