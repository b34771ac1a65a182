/** The geometry and arithmetic of the attention map: whole numbers where they can be, and against plain loops. */
import { describe, expect, test } from 'vitest';
import { arcsOf } from '../../src/elements/attention-map/arcs.ts';
import { headAt, cellAt } from '../../src/elements/attention-map/heads-view.ts';
import { cellOf, headsGrid, layoutOf, VIEWS } from '../../src/elements/attention-map/layout.ts';
import { pairAt } from '../../src/elements/attention-map/matrix-view.ts';
import { headMove, pairMove } from '../../src/elements/attention-map/moves.ts';
import { edgesOf, levels, pixelsOf, scaleFor, windowOf } from '../../src/elements/attention-map/raster.ts';
import { stepsOf } from '../../src/elements/attention-map/steps.ts';
import { looks, weightAt, weightsOf } from '../../src/elements/attention-map/weights.ts';
import { palette, tint } from '../../src/elements/core/colours.ts';

/** Bytes that tell where they came from. */
const byteOf = (layer: number, head: number, query: number, key: number) =>
  1 + ((37 * layer + 11 * head + 5 * query + 3 * key) % 255);

function attentionOf(layers: number, heads: number, tokens: number, keys = tokens) {
  const rows = Array.from({ length: tokens }, (_, query) => {
    const n = Math.min(query + 1, keys);
    const row = new Uint8Array(layers * heads * n);
    for (let layer = 0, i = 0; layer < layers; layer++)
      for (let head = 0; head < heads; head++)
        for (let k = 0; k < n; k++) row[i++] = byteOf(layer, head, query, query + 1 - n + k);
    return row;
  });
  return { layers, heads, rows };
}

describe('weights', () => {
  test('a byte is 255 times the root of its weight, at its layer, head, query and key', () => {
    const weights = weightsOf(attentionOf(3, 2, 6));
    expect(weightAt(weights, 2, 1, 4, 3)).toBeCloseTo((byteOf(2, 1, 4, 3) / 255) ** 2);
    expect(weightAt(weights, 2, 1, 3, 4)).toBeUndefined();
  });

  test('after the context has slid, keys end with the query and begin later', () => {
    const weights = weightsOf(attentionOf(2, 2, 10, 4));
    expect(looks(weights, 1, 0, 9).map(({ key }) => key)).toEqual([6, 7, 8, 9]);
    expect(weightAt(weights, 1, 0, 9, 6)).toBeCloseTo((byteOf(1, 0, 9, 6) / 255) ** 2);
    expect(weightAt(weights, 1, 0, 9, 5)).toBeUndefined();
  });

  test('averaged: the mean of the weights, not of their roots', () => {
    const rows = [Uint8Array.of(255, 255), Uint8Array.of(255, 0, 0, 255)];
    const weights = weightsOf({ layers: 1, heads: 2, rows }, true);
    expect(weights.heads).toBe(1);
    expect(looks(weights, 0, 0, 1).map(({ weight }) => weight)).toEqual([
      expect.closeTo(0.5, 2),
      expect.closeTo(0.5, 2),
    ]);
  });
});

describe('triangles as pixels', () => {
  test('a window is laid out in steps, and slides by halves', () => {
    expect([1, 16, 17, 33, 100, 512].map((n) => windowOf(n, n - 1).capacity)).toEqual([16, 16, 24, 48, 128, 512]);
    expect(windowOf(513, 512)).toEqual({ from: 256, capacity: 512 });
    expect(windowOf(900, 0)).toEqual({ from: 0, capacity: 512 });
    expect(windowOf(900, 899)).toEqual({ from: 512, capacity: 512 });
    expect(windowOf(500, 499, 400).capacity).toBe(384); // never under a pixel a token
    for (let tokens = 1; tokens < 1400; tokens += 7)
      for (let query = 0; query < tokens; query += 13) {
        const { from, capacity } = windowOf(tokens, query, 384);
        expect(query).toBeGreaterThanOrEqual(from);
        expect(query).toBeLessThan(from + capacity);
      }
  });

  test.each([
    [64, 16, 16, 0],
    [72, 32, 21, 0],
    [100, 24, 24, 1],
    [50, 128, 100, 0],
    [70, 512, 512, 0],
  ])(
    '%i pixels for %i tokens, of which there are %i, gap %i: the largest weight of each pixel',
    (size, capacity, tokens, gap) => {
      const weights = weightsOf(attentionOf(2, 2, tokens));
      const edges = edgesOf(size, capacity);
      const triangle = { weights, layer: 1, head: 1, window: { from: 0, capacity }, size, gap };
      const found = levels(triangle, edges, 0, size);
      const wanted = new Uint8Array(size * size);
      for (let q = 0; q < tokens; q++)
        for (let k = 0; k <= q; k++) {
          const byte = byteOf(1, 1, q, k);
          for (let y = edges[q]; y < Math.max(edges[q] + 1, edges[q + 1] - gap); y++)
            for (let x = edges[k]; x < Math.max(edges[k] + 1, edges[k + 1] - gap); x++)
              wanted[y * size + x] = Math.max(wanted[y * size + x], byte);
        }
      expect(found).toEqual(wanted);
      // rows that are painted later are the same as if all had been painted at once
      const from = edges[tokens - 1];
      expect(levels(triangle, edges, from, size)).toEqual(wanted.subarray(from * size));
    },
  );

  test('a window that begins later shows only its own keys', () => {
    const weights = weightsOf(attentionOf(1, 1, 40));
    const window = { from: 24, capacity: 16 };
    const found = levels({ weights, layer: 0, head: 0, window, size: 16, gap: 0 }, edgesOf(16, 16), 0, 16);
    expect(found[0]).toBe(byteOf(0, 0, 24, 24));
    expect(found[15 * 16 + 3]).toBe(byteOf(0, 0, 39, 27));
    expect(found[1]).toBe(0);
  });

  test('colours: paper for 0, nearly full ink for 255, by the root in between', () => {
    const { sheet, ink } = palette('light');
    const pixels = pixelsOf(sheet, ink);
    const of = (byte: number) => [0, 8, 16, 24].map((shift) => (pixels[byte] >>> shift) & 255);
    expect(of(0)).toEqual([...sheet, 255]);
    expect(of(128)).toEqual([...tint(sheet, ink, (128 / 255) ** 2).map(Math.round), 255]);
  });

  test('a canvas of 12 × 12 heads has at most 4 million pixels on any screen', () => {
    const grid = headsGrid(1360, 12, 12);
    for (const ratio of [1, 2, 3, 4]) {
      const scale = scaleFor(grid.width, grid.layers * grid.row, ratio);
      expect(Math.floor(grid.width * scale) * Math.floor(grid.layers * grid.row * scale)).toBeLessThanOrEqual(4e6);
      expect(scale).toBeLessThanOrEqual(ratio);
    }
  });
});

describe('layout', () => {
  test.each([288, 320, 360, 480, 600, 736, 768, 1024, 1200, 1360])(
    'at %i px nothing overlaps or leaves the element',
    (width) => {
      for (const [layers, heads] of [
        [4, 4],
        [5, 4],
        [12, 12],
        [6, 6],
      ])
        for (const views of [VIEWS, ['heads'] as const, ['matrix', 'arcs'] as const, ['arcs', 'steps'] as const]) {
          const { boxes, body } = layoutOf(width, layers, heads, views);
          const all = Object.values(boxes);
          expect(all).toHaveLength(views.length);
          for (const [i, a] of all.entries()) {
            expect(a.x + a.width).toBeLessThanOrEqual(width);
            expect(a.y + a.height).toBeLessThanOrEqual(body);
            for (const b of all.slice(i + 1))
              expect(
                a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y,
                `${width} ${layers} ${views.join()}`,
              ).toBe(true);
          }
        }
    },
  );

  test('heads beside the triangle where there is room, in a row of their own where they are many', () => {
    const small = layoutOf(1360, 5, 4, VIEWS).boxes;
    expect([small.matrix!.y, small.arcs!.y]).toEqual([0, 0]);
    expect(small.arcs!.x).toBeGreaterThan(small.matrix!.x);
    const many = layoutOf(1360, 12, 12, VIEWS).boxes;
    expect(many.matrix!.y).toBeGreaterThan(many.heads!.height);
  });

  test('cells are 24 px at least, and have names above their row on a phone', () => {
    expect(headsGrid(320, 12, 12)).toMatchObject({ pitch: 26, gutter: 0, row: 44 });
    expect(headsGrid(320, 5, 4)).toMatchObject({ pitch: 64, gutter: 56 });
    expect(headsGrid(1360, 5, 4).pitch).toBe(72);
    expect(cellOf(320, 16)).toBe(16);
    expect(cellOf(320, 64)).toBe(5);
  });

  test('a point finds the head and the pair whose cells are there', () => {
    const grid = headsGrid(800, 5, 4);
    for (const place of [
      { layer: 0, head: 0 },
      { layer: 4, head: 3 },
    ]) {
      const { x, y } = cellAt(grid, place);
      expect(headAt(grid, x + 1, y + 1)).toEqual(place);
    }
    expect(headAt(grid, 1, 1)).toBeUndefined();
    const window = { from: 0, capacity: 32 };
    expect(pairAt(window, 10, 20, 35, 55)).toEqual({ query: 5, key: 3 });
    expect(pairAt(window, 10, 20, 95, 55)).toEqual({ query: 5, key: 5 }); // over the diagonal: the row's last key
    expect(pairAt(window, 10, 20, 5, 205)).toBeUndefined();
  });
});

test('keys move inside the grid and inside the triangle', () => {
  const head = { layer: 1, head: 1 };
  expect(headMove('ArrowRight', head, 5, 4)).toEqual({ layer: 1, head: 2 });
  expect(headMove('PageUp', { layer: 0, head: 3 }, 5, 4)).toEqual({ layer: 0, head: 3 });
  expect(headMove('q', head, 5, 4)).toBeUndefined();
  expect(pairMove('ArrowUp', { query: 5, key: 5 }, 20)).toEqual({ query: 4, key: 4 });
  expect(pairMove('PageDown', { query: 15, key: 2 }, 20)).toEqual({ query: 19, key: 2 });
  expect(pairMove('End', { query: 7, key: 2 }, 20)).toEqual({ query: 7, key: 7 });
});

describe('arcs', () => {
  const all = [0.3, 0.01, 0.4, 0.09, 0.2].map((weight, key) => ({ key, weight }));

  test('one for each weight of 2 % or more, as thick as it; the rest of the window has none', () => {
    const { arcs, outside, from } = arcsOf(all, 4, 420);
    expect([from, outside]).toEqual([0, 0]);
    expect(arcs.map(({ key }) => key)).toEqual([0, 2, 3, 4]);
    expect(arcs.map(({ width }) => width)).toEqual([5.8, 7.4, 2.44, 4.2].map((n) => expect.closeTo(n)));
  });

  test('columns of 42 px at least, so that the window slides to the query and sums what is before it', () => {
    const { from, column, outside } = arcsOf(all, 4, 130);
    expect([from, column]).toEqual([2, 130 / 3]);
    expect(outside).toBeCloseTo(0.31);
    expect(arcsOf(all, 4, 3000).column).toBe(125); // 24 at most
  });
});

describe('steps', () => {
  const score = Float32Array.of(1, 3, 2, 0, -1, 0.5, 0.25, 2.5);
  const sum = score.reduce((total, s) => total + Math.exp(s - 3), 0);
  const weight = score.map((s) => Math.exp(s - 3) / sum);
  const value = Float32Array.from({ length: 16 }, (_, i) => i + 1);
  const bytes = Array.from(weight, (w, key) => ({ key: 4 + key, weight: w }));

  test('six largest by exact weight, the rest summed as one vector', () => {
    const steps = stepsOf(bytes, { score, weight, value });
    expect(steps.rows.map(({ key }) => key)).toEqual([5, 11, 6, 4, 9, 10]);
    const [first] = steps.rows;
    expect(first.score).toBe(3);
    expect(first.adds).toBeCloseTo(weight[1] * Math.hypot(3, 4), 5);
    expect(steps.sum).toBeCloseTo(sum, 5);
    const rest = [0, 1].map((i) => weight[3] * value[6 + i] + weight[4] * value[8 + i]);
    expect(steps.others).toEqual({
      count: 2,
      weight: expect.closeTo(weight[3] + weight[4], 6) as number,
      adds: expect.closeTo(Math.hypot(...rest), 5) as number,
    });
  });

  test('without exact numbers there are only the weights of the bytes', () => {
    const steps = stepsOf(bytes, undefined);
    expect(steps.rows[0]).toEqual({ key: 5, weight: weight[1], score: undefined, adds: undefined });
    expect([steps.sum, steps.others.adds]).toEqual([undefined, undefined]);
  });
});
