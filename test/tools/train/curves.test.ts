/** Loss curves: thinned by means, drawn without NaN. */
import { expect, test } from 'vitest';
import { type CurvePoint, curvesSvg, thin } from '../../../tools/train/curves.ts';

const points: CurvePoint[] = Array.from({ length: 1000 }, (_, i) => ({
  step: i + 1,
  loss: 5 - i / 500,
  learningRate: 1e-3,
  seconds: i,
  ...(i % 100 === 99 && { validationLoss: 4 }),
}));

test('a run of points becomes their mean loss, and the last of everything else', () => {
  const few = thin(points, 100);
  expect(few.length).toBe(100);
  expect(few.at(-1)).toMatchObject({ step: 1000, seconds: 999, validationLoss: 4 });
  expect(few[0].loss).toBeCloseTo(5 - 4.5 / 500, 10);
  expect(few.filter((p) => p.validationLoss !== undefined).length).toBe(10);
  expect(thin(points.slice(0, 7), 3).map((p) => p.step)).toEqual([2, 4, 7]);
  expect(thin(points, 1000)).toBe(points);
});

test('become an SVG without NaN, also when empty or with a baseline', () => {
  const svg = curvesSvg('a < b', points, { name: 'best n-gram', loss: 4.2 });
  expect(svg).toContain('a &lt; b');
  expect(svg).toContain('best n-gram');
  for (const text of [
    svg,
    curvesSvg('none', []),
    curvesSvg('one', points.slice(0, 1)),
    curvesSvg('bad', [{ ...points[0], loss: NaN }]),
  ])
    expect(text).not.toMatch(/NaN|Infinity/);
});
