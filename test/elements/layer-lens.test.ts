/** Which layers and columns the lens shows. */
import { describe, expect, test } from 'vitest';
import {
  cellMove,
  columnsAt,
  columnWidth,
  GUTTER,
  layerNumber,
  rowsOf,
  settledAt,
} from '../../src/elements/layer-lens/geometry.ts';

const layersOf = (n: number) => ['embed', ...Array.from({ length: n }, (_, i) => `h.${i}`)];

describe('rows', () => {
  test('the embedding only on request; every second layer above 16, the last one always', () => {
    expect(rowsOf(layersOf(5), '', false)).toEqual({ shown: [1, 2, 3, 4, 5], thinned: false });
    expect(rowsOf(layersOf(5), '', true).shown[0]).toBe(0);
    expect(rowsOf(layersOf(16), '', false).shown).toHaveLength(16);
    const many = rowsOf(layersOf(24), '', false);
    expect([many.shown.length, many.shown.at(-1), many.thinned]).toEqual([12, 24, true]);
    expect(rowsOf(layersOf(24), 'all', false).shown).toHaveLength(24);
    expect(rowsOf(layersOf(5), 'every-2', false).shown).toEqual([1, 3, 5]);
  });

  test('layers are counted from 1, the embedding is 0', () => {
    expect([0, 1, 5].map((i) => layerNumber(layersOf(5), i))).toEqual([0, 1, 5]);
    expect(layerNumber(['h.0', 'h.1'], 1)).toBe(2);
  });
});

describe('columns', () => {
  test('as many as fit with 54 px, up to 66 wide', () => {
    for (let width = 130; width < 1500; width++) {
      const cell = columnWidth(width);
      expect(cell).toBeGreaterThanOrEqual(54);
      expect(cell).toBeLessThanOrEqual(66);
      if (cell < 66) expect((width - GUTTER) % cell).toBeLessThan(cell / 2 + 27);
    }
    expect(columnWidth(0)).toBe(54);
  });

  test('all of a short text; of a long one those that are seen and some beside', () => {
    expect(columnsAt(30, 0, 256, 64)).toEqual({ first: 0, end: 30 });
    expect(columnsAt(200, 6400, 640, 64)).toEqual({ first: 96, end: 114 });
    expect(columnsAt(200, 12_160, 640, 64)).toEqual({ first: 186, end: 200 });
  });
});

test('an answer stays from the first layer on after which it does not change', () => {
  const column = (...tokens: number[]) => ({
    top: tokens.map((token) => [{ token, text: '', probability: 0.5 }]),
    actual: [],
  });
  expect(settledAt(column(7, 3, 7, 7))).toBe(2);
  expect(settledAt(column(7, 7, 7))).toBe(0);
  expect(settledAt(column(1, 2, 3))).toBe(2);
});

test('keys stay inside the grid', () => {
  expect(cellMove('ArrowUp', { row: 0, position: 3 }, 6, 20)).toEqual({ row: 0, position: 3 });
  expect(cellMove('ArrowDown', { row: 4, position: 3 }, 6, 20)).toEqual({ row: 5, position: 3 });
  expect(cellMove('PageDown', { row: 4, position: 15 }, 6, 20)).toEqual({ row: 4, position: 19 });
  expect(cellMove('Home', { row: 4, position: 15 }, 6, 20)).toEqual({ row: 4, position: 0 });
  expect(cellMove('t', { row: 4, position: 15 }, 6, 20)).toBeUndefined();
});
