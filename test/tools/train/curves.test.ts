/** Loss curves: thinned by means, drawn without NaN. */
import { expect, test } from 'vitest';
import { lossCurve, thin } from '../../../src/elements/loss-curve.ts';
import { type CurvePoint, curvesSvg } from '../../../tools/train/curves.ts';

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

test('axes hold every loss up to four nats above the lowest, on quarters', () => {
  const box = { left: 10, right: 110, top: 0, bottom: 100 };
  const list = [
    { step: 1, loss: 9 },
    { step: 50, loss: 2.1 },
    { step: 200, loss: NaN },
  ];
  const { ticks, end, x, y } = lossCurve(list, box);
  expect(end).toBe(200);
  expect(ticks).toEqual([2, 3, 4, 5, 6]);
  expect([x(0), x(100), x(200)]).toEqual([10, 60, 110]);
  expect([y(2), y(6), y(9)]).toEqual([100, 0, 0]);
  expect(lossCurve([], box, 3).ticks).toEqual([3, 3.0625, 3.125, 3.1875, 3.25]);
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
