/**
 * Principal components: the plane on which points of many dimensions are spread out most. Block power iteration on their covariance in f64,
 * with the small eigenproblem solved inside the block (Rayleigh–Ritz), so that near-equal variances do not slow it down.
 */

/** Points on a plane. */
export interface Projection {
  /** (points 2): coordinates on the two axes. */
  readonly points: Float32Array<ArrayBuffer>;
  /** (2 dim): unit vectors, the one with more variance first. Of each, the component that is largest in magnitude is positive. */
  readonly axes: Float32Array<ArrayBuffer>;
  /** (dim): where the axes cross. */
  readonly mean: Float32Array<ArrayBuffer>;
  /** Share of all variance that lies along each axis, 0 … 1. */
  readonly explained: readonly [number, number];
}

/** Vectors iterated together. Convergence depends on the variance along the first of these against that along the one after the last. */
const BLOCK = 8;
const MOST_ROUNDS = 400;
/** Residual at which an axis is taken, as a share of the largest variance. */
const ENOUGH = 1e-9;

type Rows = Float64Array[];

/**
 * The two principal components of `vectors` (n dim), row by row. `pause` is awaited every few rows, so that the caller can let others in.
 * Throws RangeError when the vectors are not whole rows or not finite.
 */
export async function project(
  vectors: Float32Array,
  dim: number,
  pause: () => Promise<void> = async () => undefined,
): Promise<Projection> {
  const n = vectors.length / dim;
  if (!Number.isInteger(n) || n < 1)
    throw new RangeError(`${vectors.length} numbers are not whole vectors of ${dim}; give at least one`);
  const bad = vectors.findIndex((x) => !Number.isFinite(x));
  if (bad >= 0) throw new RangeError(`vector ${Math.floor(bad / dim)} has a component that is ${vectors[bad]}`);
  const mean = meanOf(vectors, n, dim);
  const covariance = await covarianceOf(vectors, mean, n, dim, pause);
  const total = covariance.reduce((sum, row, i) => sum + row[i], 0);
  const { axes, values } = await largest(covariance, pause);
  const points = new Float32Array(2 * n);
  for (let i = 0; i < n; i++) {
    for (const [a, axis] of axes.entries()) {
      let dot = 0;
      for (let k = 0; k < dim; k++) dot += (vectors[i * dim + k] - mean[k]) * axis[k];
      points[2 * i + a] = dot;
    }
    if (i % 256 === 255) await pause();
  }
  const flat = new Float32Array(2 * dim);
  for (const [a, axis] of axes.entries()) flat.set(axis, a * dim);
  const share = (value: number | undefined): number =>
    total > 0 && value !== undefined ? Math.max(0, value) / total : 0;
  return { points, axes: flat, mean: Float32Array.from(mean), explained: [share(values[0]), share(values[1])] };
}

function meanOf(vectors: Float32Array, n: number, dim: number): Float64Array {
  const mean = new Float64Array(dim);
  for (let i = 0; i < n; i++) for (let k = 0; k < dim; k++) mean[k] += vectors[i * dim + k];
  return mean.map((x) => x / n);
}

async function covarianceOf(
  vectors: Float32Array,
  mean: Float64Array,
  n: number,
  dim: number,
  pause: () => Promise<void>,
): Promise<Rows> {
  const rows: Rows = Array.from({ length: dim }, () => new Float64Array(dim));
  const x = new Float64Array(dim);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < dim; k++) x[k] = vectors[i * dim + k] - mean[k];
    for (let a = 0; a < dim; a++) {
      const [row, xa] = [rows[a], x[a]];
      for (let b = 0; b <= a; b++) row[b] += xa * x[b];
    }
    if (i % 64 === 63) await pause();
  }
  for (let a = 0; a < dim; a++) for (let b = 0; b <= a; b++) rows[b][a] = rows[a][b] /= n;
  return rows;
}

/** At most two unit eigenvectors of the largest eigenvalues, with their sign fixed; a space of one dimension has one. */
async function largest(
  matrix: Rows,
  pause: () => Promise<void>,
): Promise<{ readonly axes: Rows; readonly values: readonly number[] }> {
  const dim = matrix.length;
  const size = Math.min(BLOCK, dim);
  const wanted = Math.min(2, dim);
  // a fixed start that is not orthogonal to anything by accident
  let block: Rows = Array.from({ length: size }, (_, j) =>
    Float64Array.from({ length: dim }, (_, k) => Math.sin((k + 1) * (j + 1) * 1.37 + j) + (k === j ? 1 : 0)),
  );
  orthonormalise(block);
  let values: readonly number[] = [];
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const image = block.map((v) => times(matrix, v));
    const small = block.map((v) => Float64Array.from(image, (w) => dot(v, w)));
    const { vectors: turn, values: found } = jacobi(small);
    const turned = turn.map((t) => combine(t, block));
    const turnedImage = turn.map((t) => combine(t, image));
    values = found;
    block = turned;
    const done = turned.slice(0, wanted).every((v, j) => {
      let residual = 0;
      for (let k = 0; k < dim; k++) residual = Math.max(residual, Math.abs(turnedImage[j][k] - found[j] * v[k]));
      return residual <= ENOUGH * Math.abs(found[0]);
    });
    if (done) break;
    block = turnedImage;
    orthonormalise(block);
    await pause();
  }
  const axes = block.slice(0, wanted).map(signed);
  return { axes, values: values.slice(0, wanted) };
}

const dot = (a: Float64Array, b: Float64Array): number => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
};

const times = (matrix: Rows, v: Float64Array): Float64Array => Float64Array.from(matrix, (row) => dot(row, v));

function combine(factors: Float64Array, vectors: Rows): Float64Array {
  const out = new Float64Array(vectors[0].length);
  for (const [j, v] of vectors.entries()) for (let k = 0; k < out.length; k++) out[k] += factors[j] * v[k];
  return out;
}

/** Gram–Schmidt, twice for accuracy. A vector that depends on those before it becomes the next unit vector that does not. */
function orthonormalise(block: Rows): void {
  let unit = 0;
  for (let j = 0; j < block.length; j++) {
    for (;;) {
      const v = block[j];
      const before = Math.sqrt(dot(v, v));
      for (let twice = 0; twice < 2; twice++)
        for (let i = 0; i < j; i++) {
          const along = dot(block[i], v);
          for (let k = 0; k < v.length; k++) v[k] -= along * block[i][k];
        }
      const length = Math.sqrt(dot(v, v));
      if (length > 1e-10 * before && length > 0) {
        for (let k = 0; k < v.length; k++) v[k] /= length;
        break;
      }
      v.fill(0);
      v[unit++] = 1;
    }
  }
}

/** All eigenvectors of a small symmetric matrix by Jacobi rotations, largest eigenvalue first. */
function jacobi(symmetric: Rows): { readonly vectors: Rows; readonly values: readonly number[] } {
  const n = symmetric.length;
  const a = symmetric.map((row) => Float64Array.from(row));
  const vectors: Rows = a.map((_, i) => Float64Array.from({ length: n }, (_, k) => Number(k === i)));
  for (let sweep = 0; sweep < 30; sweep++) {
    let [off, diagonal] = [0, 0];
    for (let p = 0; p < n; p++)
      for (let q = 0; q < n; q++) {
        if (p === q) diagonal += a[p][p] ** 2;
        else off += a[p][q] ** 2;
      }
    if (off <= 1e-30 * diagonal) break;
    for (let p = 0; p < n; p++) for (let q = p + 1; q < n; q++) rotate(a, vectors, p, q);
  }
  const order = Array.from(a.keys()).sort((i, j) => a[j][j] - a[i][i]);
  return { vectors: order.map((i) => vectors[i]), values: order.map((i) => a[i][i]) };
}

/** Turns rows and columns p and q so that a[p][q] becomes 0. */
function rotate(a: Rows, vectors: Rows, p: number, q: number): void {
  if (a[p][q] === 0) return;
  const theta = (a[q][q] - a[p][p]) / (2 * a[p][q]);
  const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
  const c = 1 / Math.sqrt(t * t + 1);
  const s = t * c;
  for (const row of a) [row[p], row[q]] = [c * row[p] - s * row[q], s * row[p] + c * row[q]];
  const [up, uq] = [a[p], a[q]];
  const [vp, vq] = [vectors[p], vectors[q]];
  for (let k = 0; k < a.length; k++) {
    [up[k], uq[k]] = [c * up[k] - s * uq[k], s * up[k] + c * uq[k]];
    [vp[k], vq[k]] = [c * vp[k] - s * vq[k], s * vp[k] + c * vq[k]];
  }
}

/** With the component that is largest in magnitude positive. */
function signed(v: Float64Array): Float64Array {
  const top = v.reduce((best, x) => (Math.abs(x) > Math.abs(best) ? x : best), 0);
  return top < 0 ? v.map((x) => -x) : v;
}
