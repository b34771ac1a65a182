/** The loss chart in a real browser: what it draws, names and sends. */
import { afterEach, expect, test } from 'vitest';
import '../../../src/elements/loss-chart/define.ts';
import type { LossChart } from '../../../src/elements/loss-chart/loss-chart.class.ts';
import type { LossPoint } from '../../../src/elements/loss-chart/geometry.ts';
import { all, drawn, expectAccessible, place, press, refusals, shiftDuring, strictPolicy } from './common.ts';

strictPolicy();
afterEach(() => document.body.replaceChildren());

const points: LossPoint[] = Array.from({ length: 1200 }, (_, i) => ({
  step: i + 1,
  loss: i === 700 ? NaN : 4 - i / 500,
  progress: (i + 1) / 2000,
  seconds: i / 10,
  learningRate: 1e-3,
  gradNorm: 0.5,
  tokensPerSecond: 5000,
  ...(i === 700 && { skipped: true as const }),
  ...(i % 100 === 99 && { validationLoss: 4.1 - i / 500, best: true as const }),
}));
const named = { points, baseline: 2.2, baselineName: '5-gram', vocab: 65 };

const show = async (html = '<nt-loss-chart></nt-loss-chart>', width = 800, values: Partial<LossChart> = named) => {
  const chart = await place<LossChart>(html, width);
  Object.assign(chart, values);
  await drawn();
  return chart;
};
const words = (chart: LossChart) => all<SVGTextElement>(chart, 'text').map((text) => text.textContent.trim());

test('says that it waits, and keeps its height in every state', async () => {
  const chart = await show(undefined, 800, {});
  expect(chart.shadowRoot!.textContent).toMatch(/begins with the first step/);
  expect([chart.state, chart.offsetHeight]).toEqual(['idle', 220]);
  expect(
    await shiftDuring(async () => {
      Object.assign(chart, named);
      await drawn();
      chart.table = true;
      await drawn();
      chart.table = false;
    }),
  ).toBeLessThan(0.005);
  expect([chart.state, chart.offsetHeight]).toEqual(['ready', 220]);
});

test('draws both curves, the yardstick, what knows nothing, the best and the skipped, up to the planned end', async () => {
  const chart = await show();
  expect(words(chart)).toEqual(expect.arrayContaining(['knows nothing', '5-gram 3.17', '2,000 steps', '6.0']));
  expect(words(chart)).toContain('2.46 bits'); // 4.1 − 1199/500 nats
  for (const name of ['.mean', '.validation', '.baseline', '.best-dot', '.skip'])
    expect(all(chart, name)).toHaveLength(1);
  expect(all(chart, '.dot')).toHaveLength(12);
  expect(chart.shadowRoot!.innerHTML).not.toMatch(/NaN/);
  await expectAccessible(chart);
  expect(refusals()).toEqual([]);
});

test('labels are 12 px at every width, inside, and none lies on another', async () => {
  for (const width of [320, 480, 768, 1440]) {
    const chart = await show(undefined, width);
    const boxes = all<SVGTextElement>(chart, 'text').map((text) => text.getBoundingClientRect());
    const { left, right } = chart.getBoundingClientRect();
    expect(getComputedStyle(all(chart, 'text')[0]).fontSize).toBe('12px');
    for (const box of boxes) {
      expect(box.left).toBeGreaterThanOrEqual(left - 1);
      expect(box.right).toBeLessThanOrEqual(right + 1);
      for (const other of boxes)
        if (other !== box)
          expect(
            other.left >= box.right ||
              other.right <= box.left ||
              other.top >= box.bottom - 4 ||
              other.bottom <= box.top + 4,
          ).toBe(true);
    }
    chart.remove();
  }
});

test('arrows walk the points, Shift by ten; Enter pins and tells; Escape takes it away', async () => {
  const chart = await show();
  const picked: unknown[] = [];
  chart.addEventListener('point-pick', (event) => picked.push((event as CustomEvent<unknown>).detail));
  const cursor = all(chart, '.cursor')[0];
  const name = async () => (await drawn(), cursor.getAttribute('aria-label'));
  cursor.focus();
  press('Home');
  expect(await name()).toBe('step 1: 5.77 bits');
  press('ArrowRight', { shiftKey: true });
  expect(await name()).toMatch(/^step 11: /);
  press('End');
  expect(await name()).toBe('step 1,200: 2.31 bits, validation 2.46');
  press('Enter');
  await drawn();
  expect(picked).toEqual([{ step: 1200 }]);
  expect(cursor.classList.contains('pinned')).toBe(true);
  press('Escape');
  await drawn();
  expect(cursor.classList.contains('pinned')).toBe(false);
});

test('the pointer finds the nearest step; a press tells it', async () => {
  const chart = await show();
  const plot = all(chart, '.plot')[0];
  const { left, top, width } = plot.getBoundingClientRect();
  let step = 0;
  chart.addEventListener('point-pick', (event) => (step = (event as CustomEvent<{ step: number }>).detail.step));
  const at = { clientX: left + width / 2, clientY: top + 50, bubbles: true };
  plot.dispatchEvent(new PointerEvent('pointermove', at));
  await drawn();
  expect(all(chart, '.tooltip')[0].textContent.trim()).toMatch(/^step 1,\d{3}: \d\.\d\d bits/);
  plot.dispatchEvent(new MouseEvent('click', at));
  expect(step).toBeGreaterThan(1000);
});

test('nats, time and Chinese on request', async () => {
  const chart = await show('<nt-loss-chart lang="zh-Hans" unit="nats" x="time"></nt-loss-chart>');
  expect(words(chart)).toEqual(expect.arrayContaining(['一无所知', '5-gram 2.20', '3:20 时间']));
  expect(all(chart, '.caption')[0].textContent).toContain('奈特');
});

test('the table has every step; exports hold no script, and a hostile name stays a text', async () => {
  const chart = await show(undefined, 800, { ...named, baselineName: '<img src=x onerror=alert(1)>' });
  chart.table = true;
  await drawn();
  expect(all(chart, 'tbody tr')).toHaveLength(200);
  chart.table = false;
  const svg = await (await chart.export('svg')).text();
  expect(svg).not.toMatch(/<script|<img/);
  expect((await (await chart.export('tsv')).text()).split('\n')).toHaveLength(1202);
  expect(JSON.parse(await (await chart.export('json')).text())).toMatchObject({ unit: 'nats', vocab: 65 });
});

test('4,000 steps are drawn again in a few milliseconds', async () => {
  const many = Array.from({ length: 4000 }, (_, i) => ({
    step: i + 1,
    loss: 3 + Math.sin(i),
    progress: (i + 1) / 4000,
  }));
  const chart = await show(undefined, 1200, { ...named, points: many });
  const times: number[] = [];
  for (let i = 0; i < 20; i++) {
    chart.points = many.slice(0, 3980 + i);
    const from = performance.now();
    await chart.updateComplete;
    times.push(performance.now() - from);
  }
  const median = times.toSorted((a, b) => a - b)[10];
  console.log(`loss-chart: ${median.toFixed(2)} ms for a redraw of 4,000 steps`);
  expect(median).toBeLessThan(50);
});
