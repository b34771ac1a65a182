/**
 * Principal components: the plane on which points of many dimensions are spread out most. Their covariance in f64, made tridiagonal by
 * Lanczos steps with full orthogonalisation, so that near-equal variances are told apart.
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

/** Directions that are looked for an axis in: all of them up to this many dimensions, beyond that those that power iteration would take. */
const MOST_STEPS = 120;

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
  // four points at a time: a quarter of the sweeps over the sums; beyond the last there are zeros
  const [x, y, z, w] = Array.from({ length: 4 }, () => new Float64Array(dim));
  for (let i = 0; i < n; i += 4) {
    for (const [p, point] of [x, y, z, w].entries())
      for (let k = 0; k < dim; k++) point[k] = i + p < n ? vectors[(i + p) * dim + k] - mean[k] : 0;
    for (let a = 0; a < dim; a++) {
      const row = rows[a];
      const [xa, ya, za, wa] = [x[a], y[a], z[a], w[a]];
      for (let b = 0; b <= a; b++) row[b] += xa * x[b] + ya * y[b] + za * z[b] + wa * w[b];
    }
    if (i % 64 === 0) await pause();
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
  const steps = Math.min(MOST_STEPS, dim);
  const basis: Rows = [];
  const diagonal = new Float64Array(steps);
  /** Beside the diagonal: [j] links j and j + 1. */
  const beside = new Float64Array(steps);
  // a fixed start that is not orthogonal to anything by accident
  let next: Float64Array = Float64Array.from({ length: dim }, (_, k) => 1 + Math.sin(1.37 * (k + 1)) / 2);
  let unit = 0;
  for (let j = 0; j < steps; j++) {
    // what is left of a vector that the basis already spans is noise: go on in a direction that is new
    while (!addTo(basis, next)) {
      if (j > 0) beside[j - 1] = 0;
      next = new Float64Array(dim);
      next[unit++] = 1;
    }
    const image = times(matrix, basis[j]);
    diagonal[j] = dot(basis[j], image);
    next = image;
    if (j + 1 < steps) beside[j] = lengthOutside(basis, next);
    await pause();
  }
  const { values, vectors } = tridiagonal(diagonal, beside);
  const order = Array.from(values.keys())
    .sort((i, j) => values[j] - values[i])
    .slice(0, 2);
  return { axes: order.map((i) => signed(combine(vectors[i], basis))), values: order.map((i) => values[i]) };
}

const dot = (a: Float64Array, b: Float64Array): number => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
};

const times = (matrix: Rows, v: Float64Array): Float64Array => Float64Array.from(matrix, (row) => dot(row, v));

/** Takes away from `v` what lies in the basis, twice for accuracy, and returns the length of the rest; 0 where that is only rounding. */
function lengthOutside(basis: Rows, v: Float64Array): number {
  const before = Math.sqrt(dot(v, v));
  for (let twice = 0; twice < 2; twice++)
    for (const b of basis) {
      const along = dot(b, v);
      for (let k = 0; k < v.length; k++) v[k] -= along * b[k];
    }
  const length = Math.sqrt(dot(v, v));
  return length > 1e-11 * before ? length : 0;
}

/** Adds the direction of `v` outside the basis to it; false if there is none. */
function addTo(basis: Rows, v: Float64Array): boolean {
  const length = lengthOutside(basis, v);
  if (length > 0) basis.push(v.map((x) => x / length));
  return length > 0;
}

function combine(factors: Float64Array, vectors: Rows): Float64Array {
  const out = new Float64Array(vectors[0].length);
  for (const [j, v] of vectors.entries()) for (let k = 0; k < out.length; k++) out[k] += factors[j] * v[k];
  return out;
}

/** Eigenvalues and eigenvectors of a symmetric tridiagonal matrix: the QL algorithm with implicit shifts (Bowdler et al., 1968). */
function tridiagonal(
  diagonal: Float64Array,
  beside: Float64Array,
): { readonly values: Float64Array; readonly vectors: Rows } {
  const n = diagonal.length;
  const d = Float64Array.from(diagonal);
  const e = Float64Array.from(beside);
  const z: Rows = Array.from({ length: n }, (_, i) => Float64Array.from({ length: n }, (_, k) => Number(i === k)));
  const split = (from: number): number => {
    let m = from;
    while (m < n - 1 && Math.abs(e[m]) > Number.EPSILON * (Math.abs(d[m]) + Math.abs(d[m + 1]))) m++;
    return m;
  };
  for (let l = 0; l < n; l++)
    for (let m = split(l); m !== l; m = split(l)) {
      let g = (d[l + 1] - d[l]) / (2 * e[l]);
      g = d[m] - d[l] + e[l] / (g + (g < 0 ? -1 : 1) * Math.hypot(g, 1));
      let [s, c, p] = [1, 1, 0];
      let i = m - 1;
      for (; i >= l; i--) {
        const [f, b] = [s * e[i], c * e[i]];
        const r = Math.hypot(f, g);
        e[i + 1] = r;
        if (r === 0) break;
        [s, c] = [f / r, g / r];
        const rest = d[i + 1] - p;
        const turn = (d[i] - rest) * s + 2 * c * b;
        p = s * turn;
        d[i + 1] = rest + p;
        g = c * turn - b;
        const [lower, upper] = [z[i], z[i + 1]];
        for (let k = 0; k < n; k++) {
          const x = upper[k];
          upper[k] = s * lower[k] + c * x;
          lower[k] = c * lower[k] - s * x;
        }
      }
      if (i >= l) d[i + 1] -= p;
      else {
        d[l] -= p;
        e[l] = g;
      }
      e[m] = 0;
    }
  return { values: d, vectors: z };
}

/** With the component that is largest in magnitude positive. */
function signed(v: Float64Array): Float64Array {
  const top = v.reduce((best, x) => (Math.abs(x) > Math.abs(best) ? x : best), 0);
  return top < 0 ? v.map((x) => -x) : v;
}
