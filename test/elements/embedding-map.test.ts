/** Points on a plane: the plane, the frame, what is near, where the keys lead, and names that do not overlap. */
import { describe, expect, test } from 'vitest';
import {
  aroundOf,
  cosine,
  DIRECTIONS,
  fit,
  nearOf,
  nextIn,
  placeLabels,
  planeOf,
  pointAt,
  wordsOf,
} from '../../src/elements/embedding-map/geometry.ts';

/** Three clusters in eight dimensions, always the same. */
const cloud = (n: number, dim = 8): Float32Array =>
  Float32Array.from({ length: n * dim }, (_, i) => Math.sin(i * 12.9898) + (i % dim === 0 ? 3 * Math.sin(i) : 0));

describe('plane', () => {
  test('finds the direction of most variance, with a sign that does not flip', () => {
    const vectors = Float32Array.from({ length: 40 }, (_, i) =>
      i % 4 === 1 ? 10 * Math.sin(i) : 0.1 * Math.cos(3 * i),
    );
    const { points, explained } = planeOf(vectors, 4);
    expect(explained[0]).toBeGreaterThan(0.98);
    expect(explained[0] + explained[1]).toBeLessThanOrEqual(1 + 1e-9);
    const mean = vectors.reduce((sum, x, i) => sum + (i % 4 === 1 ? x / 10 : 0), 0);
    for (let i = 0; i < 10; i++) expect(points[2 * i]).toBeCloseTo(vectors[4 * i + 1] - mean, 0);
    expect(planeOf(vectors, 4).points).toEqual(points);
  });

  test('one point, equal points and one dimension are no trouble', () => {
    expect([...planeOf(Float32Array.of(1, 2, 3), 3).points]).toEqual([0, 0]);
    expect([...planeOf(Float32Array.of(1, 1, 1, 1), 2).explained]).toEqual([0, 0]);
    expect(planeOf(Float32Array.of(1, 2, 3), 1).explained[0]).toBeCloseTo(1);
  });
});

describe('frame', () => {
  test('all points are inside; stragglers stand at the edge and are counted', () => {
    const points = cloud(200, 2);
    points.set([1000, 1000]);
    const { places, outside } = fit(points, 300, 300, 20, false);
    expect(Math.min(...places)).toBeGreaterThanOrEqual(4);
    expect(Math.max(...places)).toBeLessThanOrEqual(296);
    expect(outside).toBeGreaterThan(0);
    expect(fit(points, 300, 300, 20, true).outside).toBe(0);
  });

  test('what is near by angle, nearest first', () => {
    const vectors = Float32Array.of(1, 0, 2, 0.1, 0, 1, -1, 0);
    expect(nearOf(vectors, 2, 0, 2).map(({ index }) => index)).toEqual([1, 2]);
    expect(cosine(Float32Array.of(1, 0), Float32Array.of(0, 0))).toBe(0);
  });

  test('keys lead to the nearest point in a direction, a pointer to the one under it', () => {
    const places = Float32Array.of(100, 100, 150, 105, 120, 300, 20, 90);
    expect(nextIn(places, 0, DIRECTIONS.ArrowRight)).toBe(1);
    expect(nextIn(places, 0, DIRECTIONS.ArrowLeft)).toBe(3);
    expect(nextIn(places, 0, DIRECTIONS.ArrowDown)).toBe(2);
    expect(nextIn(places, 0, DIRECTIONS.ArrowUp)).toBeUndefined();
    expect(pointAt(places, 148, 104, 16)).toBe(1);
    expect(pointAt(places, 250, 250, 16)).toBeUndefined();
  });

  test('around a point: the first at the top, further out the larger the angle', () => {
    const places = aroundOf([0.9, 0.2], 200, 200, 20);
    expect([places[0], places[1]]).toEqual([100, 100]);
    expect(places[3]).toBeLessThan(100);
    expect(places[5] - 100).toBeCloseTo(80);
  });
});

test('names never overlap, stay inside, and the important ones come first', () => {
  const { places } = fit(cloud(300, 2), 360, 360, 28, true);
  const labels = placeLabels([...Array(300).keys()], places, () => 50, 360, 360, 60);
  expect(labels[0].index).toBe(0);
  expect(labels.length).toBeGreaterThan(10);
  for (const [i, a] of labels.entries()) {
    expect(a.x >= 0 && a.x + a.w <= 360 && a.y >= 0 && a.y + 18 <= 360).toBe(true);
    for (const b of labels.slice(i + 1))
      expect(a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + 18 && b.y < a.y + 18).toBe(false);
  }
});

test('a word and its texts in one attribute', () => {
  expect(wordsOf('bank| the river bank |the bank')).toEqual({ word: 'bank', texts: ['the river bank', 'the bank'] });
  expect(wordsOf('bank|one text')).toBeUndefined();
});
