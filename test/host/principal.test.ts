/** Principal components against all eigenvectors of the covariance, found by plain Jacobi rotations in f64. */
import { describe, expect, test } from 'vitest';
import { project } from '../../src/host/principal.ts';
import { uniform } from '../../src/sample/hash.ts';

const random = (n: number, seed: number): number[] => Array.from({ length: n }, (_, i) => uniform(seed, i, 0, 0) - 0.5);

/** Points stretched by `spread` along directions that are no axes. */
function cloud(n: number, dim: number, spread: (k: number) => number): Float32Array {
  const turn = random(dim * dim, 5);
  const out = new Float32Array(n * dim);
  for (let i = 0; i < n; i++) {
    const own = random(dim, 100 + i).map((x, k) => x * spread(k));
    for (let a = 0; a < dim; a++) {
      let sum = 3 + a;
      for (let k = 0; k < dim; k++) sum += (Number(a === k) + 0.3 * turn[a * dim + k]) * own[k];
      out[i * dim + a] = sum;
    }
  }
  return out;
}

/** Eigenvalues, largest first, with their vectors: cyclic Jacobi on the whole covariance. */
function wanted(vectors: Float32Array, dim: number): { values: number[]; axes: number[][] } {
  const n = vectors.length / dim;
  const mean = Array.from({ length: dim }, (_, k) => {
    let sum = 0;
    for (let i = 0; i < n; i++) sum += vectors[i * dim + k];
    return sum / n;
  });
  const a = Array.from({ length: dim }, (_, p) =>
    Array.from({ length: dim }, (_, q) => {
      let sum = 0;
      for (let i = 0; i < n; i++) sum += (vectors[i * dim + p] - mean[p]) * (vectors[i * dim + q] - mean[q]);
      return sum / n;
    }),
  );
  const v = a.map((_, p) => a.map((_, q) => Number(p === q)));
  for (let sweep = 0; sweep < 60; sweep++)
    for (let p = 0; p < dim; p++)
      for (let q = p + 1; q < dim; q++) {
        const angle = 0.5 * Math.atan2(2 * a[p][q], a[q][q] - a[p][p]);
        const [c, s] = [Math.cos(angle), Math.sin(angle)];
        for (let k = 0; k < dim; k++) [a[k][p], a[k][q]] = [c * a[k][p] - s * a[k][q], s * a[k][p] + c * a[k][q]];
        for (let k = 0; k < dim; k++) [a[p][k], a[q][k]] = [c * a[p][k] - s * a[q][k], s * a[p][k] + c * a[q][k]];
        for (let k = 0; k < dim; k++) [v[k][p], v[k][q]] = [c * v[k][p] - s * v[k][q], s * v[k][p] + c * v[k][q]];
      }
  const order = a.map((_, i) => i).sort((i, j) => a[j][j] - a[i][i]);
  return { values: order.map((i) => a[i][i]), axes: order.map((i) => v.map((row) => row[i])) };
}

test.each([
  [200, 12],
  [57, 7],
  [5, 23],
  [3, 2],
  [40, 33],
])('%i points of %i numbers', async (n, dim) => {
  const vectors = cloud(n, dim, (k) => 2 / (1 + k));
  const { values, axes } = wanted(vectors, dim);
  const total = values.reduce((a, b) => a + b, 0);
  const got = await project(vectors, dim);
  for (const a of [0, 1]) {
    const axis = got.axes.subarray(a * dim, (a + 1) * dim);
    const top = axes[a].reduce((best, x) => (Math.abs(x) > Math.abs(best) ? x : best), 0);
    axis.forEach((x, k) => expect(Math.abs(x - Math.sign(top) * axes[a][k]), `axis ${a}`).toBeLessThan(1e-5));
    expect(Math.abs(got.explained[a] - values[a] / total)).toBeLessThan(1e-9);
    for (let i = 0; i < n; i++) {
      let dot = 0;
      for (let k = 0; k < dim; k++) dot += (vectors[i * dim + k] - got.mean[k]) * axis[k];
      expect(Math.abs(got.points[2 * i + a] - dot)).toBeLessThan(1e-4);
    }
  }
  expect(got.explained[0]).toBeGreaterThanOrEqual(got.explained[1]);
});

describe('what has no two axes', () => {
  test('one point, equal points, one dimension, a line', async () => {
    for (const vectors of [new Float32Array([3, -1, 2]), new Float32Array(12).fill(2)]) {
      const { points, explained } = await project(vectors, 3);
      expect([...points].every((x) => x === 0)).toBe(true);
      expect(explained).toEqual([0, 0]);
    }
    const flat = await project(new Float32Array([1, 5, -3]), 1);
    expect([...flat.points]).toEqual([0, 0, 4, 0, -4, 0]);
    expect(flat.explained).toEqual([1, 0]);
    const line = await project(new Float32Array([0, 0, 1, 2, 2, 4]), 2);
    expect(line.explained[0]).toBeCloseTo(1, 12);
    expect([...line.axes.subarray(0, 2)]).toEqual([Math.fround(1 / Math.sqrt(5)), Math.fround(2 / Math.sqrt(5))]);
  });

  test('equal variances: any two axes that stand upright on each other', async () => {
    const dim = 6;
    const corners = new Float32Array(2 * dim * dim);
    for (let k = 0; k < dim; k++) {
      corners[2 * k * dim + k] = 1;
      corners[(2 * k + 1) * dim + k] = -1;
    }
    const { axes, explained } = await project(corners, dim);
    for (const share of explained) expect(share).toBeCloseTo(1 / dim, 9);
    let dot = 0;
    for (let k = 0; k < dim; k++) dot += axes[k] * axes[dim + k];
    expect(Math.abs(dot)).toBeLessThan(1e-6);
  });

  test('numbers that are no vectors', async () => {
    await expect(project(new Float32Array(7), 3)).rejects.toThrow('7 numbers are not whole vectors of 3');
    await expect(project(new Float32Array(0), 3)).rejects.toBeInstanceOf(RangeError);
    await expect(project(new Float32Array([1, 2, NaN, 4]), 2)).rejects.toThrow('vector 1 has a component that is NaN');
  });
});

test('2048 points of 160 numbers take well under a second, and others are let in', async () => {
  const vectors = Float32Array.from(random(2048 * 160, 3));
  let pauses = 0;
  const began = performance.now();
  await project(vectors, 160, async () => void pauses++);
  expect(performance.now() - began).toBeLessThan(3000); // 0.1 s alone on a machine of its own
  expect(pauses).toBeGreaterThan(30);
});
