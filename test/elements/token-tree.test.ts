/** Where the nodes of a tree stand: once given, a slot is never given up or shared. */
import { describe, expect, test } from 'vitest';
import {
  followed,
  isYours,
  Layout,
  moreOf,
  pathOf,
  productOf,
  type Spot,
} from '../../src/elements/token-tree/layout.ts';
import { firstColumn, ROWS, thickness, topRow, viewOf } from '../../src/elements/token-tree/view.ts';
import { Tree } from '../../src/run/tree.ts';
import type { Step } from '../../src/run/types.ts';

const candidates = Array.from({ length: 8 }, (_, i) => ({ token: i, text: ` ${i}`, probability: 0.3 / (i + 1) }));
const step = (position: number, token: number, by: Step['by'] = 'draw') =>
  ({
    position,
    token,
    text: ` ${token}`,
    label: ` ${token}`,
    bytes: [],
    candidates,
    probability: 0.1,
    by,
  }) as unknown as Step;

const grown = (tokens: readonly number[]): Tree => {
  const tree = new Tree('A text', () => 100);
  tokens.forEach((token, i) => tree.take(tokens.slice(0, i), step(i, token)));
  tree.grow(tokens, candidates);
  return tree;
};
const places = (layout: Layout) =>
  new Map(layout.within(0, Infinity).map((spot) => [pathOf(spot).join(), `${spot.column} ${spot.row}`]));

describe('layout', () => {
  test('candidates stand together around their parent, then how many more', () => {
    const layout = new Layout(3);
    layout.show(grown([]).root);
    const { root } = layout;
    expect([...root!.children.values()].map(({ row }) => row)).toEqual([-1, 0, 1]);
    expect(root!.moreRow).toBe(2);
    expect(moreOf(root!)).toBe(97);
  });

  test('old nodes never move and no slot is given twice, along a long road with turns', () => {
    const tree = new Tree('A text', () => 100);
    const layout = new Layout(3);
    const path: number[] = [];
    let before = new Map<string, string>();
    for (let n = 0; n < 80; n++) {
      if (n === 40) path.length = 20; // back, and another way
      const token = (n * 5) % 8;
      tree.take(path, step(path.length, token, n === 40 ? 'you' : 'draw'));
      path.push(token);
      tree.grow(path, candidates);
      layout.show(tree.root);
      const now = places(layout);
      for (const [key, at] of before) expect(now.get(key)).toBe(at);
      expect(new Set(now.values()).size).toBe(now.size);
      before = now;
    }
    const tip = layout.at(path)!;
    expect(tip.column).toBe(path.length);
    expect(isYours(tip)).toBe(true);
    expect(isYours(layout.at(path.slice(0, 20))!)).toBe(false);
    expect(productOf(layout.at(path.slice(0, 2))!)).toBeLessThan(0.1);
  });

  test('one that is taken without having been shown gets a slot of its own', () => {
    const tree = grown([]);
    const layout = new Layout(3);
    layout.show(tree.root);
    tree.take([], step(0, 7));
    layout.show(tree.root);
    const spots: Spot[] = [...layout.root!.children.values()];
    expect(spots.map(({ branch }) => branch.token)).toEqual([0, 1, 2, 7]);
    expect(new Set([...spots.map(({ row }) => row), layout.root!.moreRow]).size).toBe(5);
  });

  test('without a path the first taken one is followed', () => {
    expect(followed(grown([3, 1, 4]).root)).toEqual([3, 1, 4]);
  });
});

describe('view', () => {
  test('eight columns where there is room, four on a phone', () => {
    expect(viewOf(1200, 8).columns).toBe(8);
    expect(viewOf(320, 8)).toEqual({ columns: 4, step: 80 });
  });

  test('the last column is always seen; the folded one takes a place', () => {
    const view = viewOf(1200, 8);
    expect(firstColumn(7, view)).toBe(0);
    expect(firstColumn(8, view)).toBe(2);
    expect(firstColumn(200, view)).toBe(194);
  });

  test('the box moves no further up or down than it must', () => {
    expect(topRow(-4, [0, 1, 2])).toBe(-4);
    expect(topRow(-4, [5, 6])).toBe(6 - ROWS + 1);
    expect(topRow(3, [0, 1])).toBe(0);
  });

  test('a road is as thick as it is probable', () => {
    expect(thickness(0)).toBeCloseTo(1.2);
    expect(thickness(1)).toBeCloseTo(26.2);
  });
});
