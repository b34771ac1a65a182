/** The bars' rows and scale, and the draw's segments: they are where the kernels draw. */
import { describe, expect, test } from 'vitest';
import { labelFor, needleOf, segmentsOf } from '../../src/elements/candidate-bars/draw.ts';
import { restOf, rowsOf, scaleFor } from '../../src/elements/candidate-bars/rows.ts';
import { explainDraw } from '../../src/sample/draw.ts';

const candidates = [
  { token: 9, text: ' a', probability: 0.4 },
  { token: 2, text: ' b', probability: 0.3 },
  { token: 5, text: ' c', probability: 0.1 },
];
const choice = { candidates, draw: undefined, chosen: undefined, vocab: 100 };

describe('rows', () => {
  test('the most probable ones, and the rest', () => {
    const rows = rowsOf(choice, 2);
    expect(rows.map((row) => [row.token, row.rank])).toEqual([
      [9, 0],
      [2, 1],
    ]);
    expect(restOf(rows, 100)).toEqual({ n: 98, p: expect.closeTo(0.3) });
  });

  test('the chosen one stands last when it is not among the first, also when it is no candidate', () => {
    expect(rowsOf({ ...choice, chosen: 5 }, 2).map((row) => [row.token, row.rank, row.chosen])).toEqual([
      [9, 0, false],
      [5, 2, true],
    ]);
    const rare = { chosen: 77, chosenText: ' z', chosenP: 0.001, chosenRank: 40 };
    expect(rowsOf({ ...choice, ...rare }, 2).at(-1)).toMatchObject({ token: 77, text: ' z', rank: 40, p: 0.001 });
    expect(rowsOf({ ...choice, chosen: 77 }, 2)).toHaveLength(2); // nothing is known of it
  });

  test('a full bar is the smallest of four scales that holds the largest, and rarely changes', () => {
    const rows = rowsOf(choice, 3);
    expect(scaleFor(rows, undefined)).toBe(0.5);
    expect(scaleFor(rows, 1)).toBe(1);
    expect(scaleFor(rows.slice(2), 1)).toBe(0.1);
    expect(scaleFor(rows, 0.25)).toBe(0.5);
  });
});

describe('the draw', () => {
  const logits = Float32Array.from({ length: 60 }, (_, i) => Math.sin(i * 7) * 3);
  const draw = (seed: number) => {
    const { candidates: listed, ...rest } = explainDraw(
      logits,
      8,
      { temperature: 0.8, topK: 20, topP: 0.95, seed },
      seed,
    );
    return { ...rest, candidates: listed.map((c) => ({ ...c, text: `t${c.token}` })) };
  };

  test('segments cover 0 to 1 in the order of ids', () => {
    const segments = segmentsOf(draw(1));
    expect(segments[0].from).toBe(0);
    expect(segments.at(-1)!.to).toBeCloseTo(1);
    for (let i = 1; i < segments.length; i++) expect(segments[i].from).toBeCloseTo(segments[i - 1].to, 3);
    const ids = segments.flatMap(({ token }) => (token === undefined ? [] : [token]));
    expect(ids).toEqual(ids.toSorted((a, b) => a - b));
  });

  test('the needle stands in the segment of the token that the kernels draw', () => {
    for (let seed = 1; seed < 60; seed++) {
      const now = draw(seed);
      const needle = needleOf(now, undefined, 'draw')!;
      const drawn = now.candidates.find(({ interval }) => interval && now.u >= interval[0] && now.u < interval[1]);
      const under = segmentsOf(now).find(({ from, to }) => needle >= from && needle < to)!;
      expect(under.token).toBe(drawn?.token);
    }
  });

  test('greedy has no needle; yours stands in the middle of what you chose, or nowhere when it was cut', () => {
    const now = draw(3);
    expect(needleOf({ ...now, by: 'greedy' }, 1, 'greedy')).toBeUndefined();
    const [from, to] = now.candidates[0].interval!;
    expect(needleOf(now, now.candidates[0].token, 'you')).toBeCloseTo((from + to) / 2);
    expect(needleOf(now, 999, 'you')).toBeUndefined();
  });

  test('labels stand where they fit', () => {
    expect(labelFor(' good', 60)).toBe('good');
    expect(labelFor(' good', 30)).toMatch(/^g.*…$/);
    expect(labelFor(' good', 17)).toBe('');
    expect(labelFor('  ', 40)).toBe('␣␣');
    expect(labelFor('<0xE5><0xBA>', 80)).toBe('e5 ba');
  });
});
