/** Where a loss chart's lines, numbers and labels are. */
import { describe, expect, test } from 'vitest';
import {
  axes,
  type AxesAsk,
  boxOf,
  columnsOf,
  curvePaths,
  inUnit,
  type LossPoint,
  nearest,
  placed,
  widthOf,
} from '../../src/elements/loss-chart/geometry.ts';

const box = { left: 40, right: 440, top: 10, bottom: 190 };
const points: LossPoint[] = Array.from({ length: 1000 }, (_, i) => ({
  step: i + 1,
  loss: 4 - i / 500,
  progress: (i + 1) / 2000,
  seconds: (i + 1) / 10,
  tokens: 512 * (i + 1),
}));
const ask: AxesAsk = { points, validation: [], baseline: 2.2, vocab: 65, end: 0, unit: 'nats', by: 'step', box };

describe('axes', () => {
  test('go from zero to the planned end, by progress or as given', () => {
    expect(axes(ask).end).toBe(2000);
    expect(axes({ ...ask, end: 4000 }).end).toBe(4000);
    const { x } = axes(ask);
    expect(x({ step: 0, loss: 1 })).toBe(40);
    expect(x(points[999])).toBe(240);
    expect(axes({ ...ask, points: [], baseline: 0, vocab: 0 }).end).toBe(1);
  });

  test('count tokens or time, whose estimated end is rounded up', () => {
    expect(axes({ ...ask, by: 'tokens' }).end).toBe(1_100_000); // 1,024,000 are planned
    const { end, xTicks } = axes({ ...ask, by: 'time' });
    expect(end).toBe(200);
    expect(xTicks.map(({ value }) => value)).toEqual([0, 60, 120, 200]);
  });

  test('the highest line is what a model loses that knows nothing', () => {
    const { nothing, nothingAt, yTicks, y } = axes({ ...ask, unit: 'bits' });
    expect(nothing).toBeCloseTo(Math.log2(65), 10);
    expect(yTicks.at(-1)).toEqual({ value: nothing, at: nothingAt });
    expect(y(Math.log(65))).toBeCloseTo(nothingAt, 10);
    expect(axes({ ...ask, vocab: 0 }).nothing).toBeUndefined();
  });

  test('no number is nearer to another than a line of text', () => {
    for (const vocab of [0, 50, 65, 256, 2048, 50_257])
      for (const unit of ['bits', 'nats'] as const) {
        const at = axes({ ...ask, vocab, unit })
          .yTicks.map((tick) => tick.at)
          .toSorted((a, b) => a - b);
        for (let i = 1; i < at.length; i++) expect(at[i] - at[i - 1]).toBeGreaterThanOrEqual(16);
      }
  });

  test('losses beyond, and those that are no number, stay inside the box', () => {
    const { y } = axes({ ...ask, points: [...points, { step: 1001, loss: 1e9 }, { step: 1002, loss: NaN }] });
    for (const loss of [1e9, 0, NaN, Infinity]) {
      expect(y(loss)).toBeGreaterThanOrEqual(box.top);
      expect(y(loss)).toBeLessThanOrEqual(box.bottom);
    }
  });

  test('the lower end stays while the curve comes down to the yardstick', () => {
    const low = (n: number) => axes({ ...ask, points: points.slice(0, n) }).yTicks[0].value;
    expect(new Set([10, 100, 500, 900].map(low)).size).toBe(1);
  });
});

test('a column of pixels keeps its lowest and highest loss: a spike of one step is seen', () => {
  const spiky = points.map((p) => (p.step === 500 ? { ...p, loss: 9 } : p));
  const { x, y } = axes({ ...ask, points: spiky });
  const columns = columnsOf(spiky, x);
  expect(columns.length).toBeLessThanOrEqual(202);
  expect(Math.max(...columns.map((c) => c.max))).toBe(9);
  expect(columns.every((c) => c.min <= c.mean && c.mean <= c.max)).toBe(true);
  const { mean, range } = curvePaths(columns, y);
  expect(mean.match(/[ML]/g)).toHaveLength(columns.length);
  expect(range).toMatch(/^M/);
  expect(mean + range).not.toMatch(/NaN/);
});

test('losses that are no number have no column; a smoothed curve is the mean of the last steps', () => {
  const list: LossPoint[] = [4, NaN, 2, 6].map((loss, i) => ({ step: i + 1, loss }));
  const x = ({ step }: LossPoint) => 10 * step;
  expect(columnsOf(list, x).map((c) => [c.x, c.mean])).toEqual([
    [10, 4],
    [30, 2],
    [40, 6],
  ]);
  expect(columnsOf(list, x, 2).map((c) => c.mean)).toEqual([4, 3, 4]);
});

test('the nearest point, also beyond the ends', () => {
  const { x } = axes(ask);
  expect([-50, x(points[41]), 9999].map((at) => nearest(points, x, at))).toEqual([0, 41, 999]);
});

test('a label that does not fit, or lies on one before it, is dropped', () => {
  const at = (text: string, x: number, y: number) => ({ text, x, y, anchor: 'start' as const });
  const [first, over, below, out] = [at('first', 10, 20), at('over', 20, 25), at('below', 10, 40), at('out', 95, 60)];
  expect(placed([first, over, below, out], 100)).toEqual([first, below]);
});

test('labels stand beside the lines only where that leaves room for these', () => {
  expect(boxOf(320, 160, ['knows nothing']).right).toBe(310);
  expect(boxOf(768, 190, ['knows nothing']).right).toBeCloseTo(768 - widthOf('knows nothing') - 10, 10);
  expect(boxOf(500, 190, ['a very long name of a yardstick 5.35']).right).toBe(490);
  expect(widthOf('一无所知')).toBe(48);
});

test('a bit is ln 2 nats', () => {
  expect(inUnit(Math.LN2, 'bits')).toBe(1);
  expect(inUnit(2, 'nats')).toBe(2);
});
