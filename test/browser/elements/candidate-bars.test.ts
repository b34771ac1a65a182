/** `<nt-candidate-bars>`: what it shows and says, live, recorded and from records; picking; the draw. */
import { describe, expect, test } from 'vitest';
import type { NtCandidateBars } from '../../../src/elements/candidate-bars/candidate-bars.class.ts';
import '../../../src/elements/candidate-bars/define.ts';
import { RecordedRun } from '../../../src/run/recorded.ts';
import { all, drawn, expectAccessible, place, press, recording, shiftDuring, watchPolicy } from './common.ts';

watchPolicy();

const candidates = [
  { token: 5, text: ' good', probability: 0.2 },
  { token: 7, text: '\n', probability: 0.1 },
  { token: 3, text: '<img src=x onerror=alert(1)>', probability: 0.05 },
];
const draw = {
  u: 0.9,
  kept: 2,
  by: 'draw' as const,
  candidates: [
    { ...candidates[0], tempered: 0.5, final: 0.6, interval: [0.2, 0.8] as const },
    { ...candidates[1], tempered: 0.2, final: 0.2, interval: [0.8, 1] as const },
    { ...candidates[2], tempered: 0.1, final: 0 },
  ],
};

const shown = async (
  values: Partial<NtCandidateBars>,
  width?: number,
  html = '<nt-candidate-bars></nt-candidate-bars>',
) => {
  const bars = await place<NtCandidateBars>(html, width);
  Object.assign(bars, values);
  await drawn();
  return bars;
};
const texts = (bars: NtCandidateBars, selector: string) =>
  all(bars, selector).map((e) => e.textContent.replace(/\s+/g, ' ').trim());
const names = (bars: NtCandidateBars) => all(bars, '[role=option]').map((row) => row.ariaLabel);
const widthOf = (element: Element) => element.getBoundingClientRect().width;

describe('bars', () => {
  test('filled is the probability, the outline what the settings make of it, hatched is cut', async () => {
    const bars = await shown({ candidates, draw, chosen: 7, vocab: 2048 });
    const track = widthOf(all(bars, '.track')[0]);
    const shares = (selector: string) => all(bars, selector).map((bar) => widthOf(bar) / track);
    expect(shares('.fill')).toEqual([0.2, 0.1, 0.05].map((p) => expect.closeTo(p, 2)));
    expect(shares('.final')).toEqual([0.6, 0.2].map((p) => expect.closeTo(p, 2)));
    expect(all(bars, 'li').map((row) => row.classList.contains('cut'))).toEqual([false, false, true]);
    expect(texts(bars, '.caption')[0]).toContain('one of 2,048 tokens');
    expect(texts(bars, '.foot')[0]).toContain('2,045 other tokens together 65 % · full bar 100 %');
    expect(names(bars)[0]).toBe('good, 20 %, 60 % after the settings');
    expect(names(bars)[1]).toBe('⏎, 10 %, drawn, 20 % after the settings');
    expect(names(bars)[2]).toContain('cut by the settings');
    expect(texts(bars, '.token')[2]).toBe('<img src=x onerror=alert(1)>');
    expect(all(bars, 'img')).toEqual([]);
  });

  test('what you chose is blue and says so; greedy has no needle', async () => {
    const bars = await shown({ candidates, draw, chosen: 5, by: 'you', vocab: 2048 });
    expect(texts(bars, '.caption')[0]).toContain('you chose “good”');
    expect(all(bars, 'li')[0].classList.contains('you')).toBe(true);
    expect(all(bars, '[part~=needle]')).toHaveLength(1);
    Object.assign(bars, { draw: { ...draw, by: 'greedy' }, by: 'greedy' });
    await drawn();
    expect(all(bars, '[part~=needle]')).toEqual([]);
    expect(texts(bars, '.says')[0]).toContain('temperature 0 always takes the first');
  });

  test('dashed bars are those of before', async () => {
    const earlier = [{ ...candidates[0], probability: 0.4 }];
    const bars = await shown({ candidates, chosen: 5, vocab: 2048, earlier });
    expect(all(bars, '.before')).toHaveLength(1);
    expect(names(bars)[0]).toBe('good, 20 %, drawn, 40 % before');
  });

  test('after a head was switched off the bars of before stay as ghosts', async () => {
    const run = new RecordedRun(await recording());
    const bars = await shown({ run });
    expect(all(bars, '.before')).toEqual([]);
    const [first, ...others] = run.peek!.candidates;
    run.gates = [{ layer: 1, head: 2 }];
    run.peek = { ...run.peek!, candidates: [{ ...first, probability: first.probability / 2 }, ...others] };
    run.select('hover'); // any change
    await drawn();
    bars.requestUpdate();
    await drawn();
    const [ghost, bar] = [all(bars, '.before')[0], all(bars, '.fill')[0]];
    expect(widthOf(ghost) / widthOf(bar)).toBeCloseTo(2, 1);
  });
});

describe('picking', () => {
  test('a press sends a request that a page may refuse, then the Run takes the token', async () => {
    const run = new RecordedRun(await recording());
    const taken: unknown[] = [];
    run.pick = async (...what) => void taken.push(what);
    const bars = await shown({ run });
    const asked: unknown[] = [];
    let refuse = true;
    bars.addEventListener('candidate-pick', (event) => {
      asked.push((event as CustomEvent<unknown>).detail);
      if (refuse) event.preventDefault();
    });
    const { token } = run.peek!.candidates[1];
    all(bars, 'li')[1].click();
    expect(taken).toEqual([]);
    refuse = false;
    all(bars, 'li')[1].click();
    expect(taken).toEqual([[token, run.peek!.position]]);
    expect(asked).toEqual([1, 2].map(() => ({ token, position: run.peek!.position })));
  });

  test('by keyboard: one tab stop, arrows, digits by rank, enter', async () => {
    const run = new RecordedRun(await recording());
    const taken: number[] = [];
    run.pick = async (token) => void taken.push(token);
    const bars = await shown({ run });
    const rows = all(bars, 'li');
    expect(rows.filter((row) => row.tabIndex === 0)).toHaveLength(1);
    rows[0].focus();
    press('ArrowDown');
    press('ArrowDown');
    await drawn();
    expect(bars.shadowRoot!.activeElement).toBe(rows[2]);
    expect(run.selection.hover).toMatchObject({ token: run.peek!.candidates[2].token });
    press('Enter');
    press('4');
    press('End');
    press('Home');
    press(' ');
    expect(taken).toEqual([2, 3, 0].map((i) => run.peek!.candidates[i].token));
    press('t');
    await drawn();
    expect(all(bars, 'table')).toHaveLength(1);
  });

  test('a recording says where it needs a model', async () => {
    const bars = await shown({ run: new RecordedRun(await recording()) });
    const failures: unknown[] = [];
    bars.addEventListener('fail', (event) => failures.push((event as CustomEvent<{ what: string }>).detail.what));
    all(bars, 'li')[1].click();
    await drawn();
    expect(failures).toEqual(['pick']);
    expect(texts(bars, '.status')[0]).toContain('needs the model');
  });
});

test('a position that others point at or pin is shown instead of what comes next', async () => {
  const run = new RecordedRun(await recording());
  const bars = await shown({ run });
  const [next] = names(bars);
  const step = run.steps[3];
  run.select('pin', { position: step.position });
  await drawn();
  expect(texts(bars, '.caption')[0]).toContain(`Token no. ${step.position + 1}`);
  expect(names(bars).filter((name) => name!.includes(', drawn'))).toHaveLength(1);
  run.select('clear');
  await drawn();
  expect(names(bars)[0]).toBe(next);
});

test('the draw: true intervals, and the needle at u', async () => {
  const bars = await shown({ candidates, draw, chosen: 7, vocab: 2048 }, 500);
  const box = all(bars, 'svg.draw')[0].getBoundingClientRect();
  const share = (x: number) => (x - box.left) / box.width;
  const segments = all<SVGRectElement>(bars, 'svg.draw rect').map((rect) => rect.getBoundingClientRect());
  expect(segments.map(({ left }) => share(left))).toEqual([0, 0.2, 0.8].map((x) => expect.closeTo(x, 1)));
  const needle = all(bars, '[part~=needle]')[0].getBoundingClientRect();
  expect(share((needle.left + needle.right) / 2)).toBeCloseTo(0.9, 1);
  expect(all(bars, 'svg.draw')[0].ariaLabel ?? all(bars, 'svg.draw')[0].getAttribute('aria-label')).toContain('0.9000');
  expect(bars.shadowRoot!.querySelector('#how')!.textContent).toContain('in the order of their ids');
});

test('the table has the numbers that are shown, and exports hold no script', async () => {
  const bars = await shown({ candidates, draw, chosen: 7, vocab: 2048 });
  const tsv = await (await bars.export('tsv')).text();
  expect(tsv.split('\n').slice(0, 3)).toEqual([
    'rank\ttoken\tid\tp\tafter settings\tfrom\tto\tchosen',
    '1\t␣good\t5\t0.2\t0.6\t0.2\t0.8\t',
    '2\t⏎\t7\t0.1\t0.2\t0.8\t1\tdrawn',
  ]);
  const svg = await (await bars.export('svg')).text();
  expect(svg).toContain('&lt;img');
  expect(svg).not.toMatch(/<script|<img|onerror="/);
  expect(JSON.parse(await (await bars.export('json')).text())).toMatchObject({ vocab: 2048, chosen: 7 });
});

test('nothing moves from empty to full, or from token to token, at any width', async () => {
  const run = new RecordedRun(await recording(), 0);
  for (const width of [320, 480, 800]) {
    const bars = await shown({}, width);
    const height = bars.offsetHeight;
    expect(height).toBeGreaterThan(36 * 8);
    const shift = await shiftDuring(async () => {
      bars.run = run;
      for (let n = 0; n < 6; n++) {
        await run.step();
        await drawn();
      }
    });
    expect(shift).toBeLessThan(0.001); // numbers are set flush right: a shorter one begins further right
    expect(bars.offsetHeight).toBe(height);
    expect(bars.scrollWidth).toBeLessThanOrEqual(width);
    bars.parentElement!.remove();
  }
});

test('other widths and parts: limit, show', async () => {
  const bars = await shown({ candidates, vocab: 9, limit: 2, show: 'bars' });
  expect(all(bars, 'li')).toHaveLength(2);
  expect(all(bars, 'svg')).toEqual([]);
  const tall = bars.offsetHeight;
  bars.show = 'draw';
  await drawn();
  expect(texts(bars, '.says')[0]).toContain('not known');
  expect(bars.offsetHeight).toBeLessThan(tall + 20);
});

test('in Chinese, and accessible in both', async () => {
  const bars = await shown(
    { candidates, draw, chosen: 7, vocab: 2048 },
    320,
    '<nt-candidate-bars lang="zh-Hans"></nt-candidate-bars>',
  );
  expect(texts(bars, '.caption')[0]).toContain('从 2,048 个词元里选一个');
  await expectAccessible(bars);
  const english = await shown({ candidates, draw, chosen: 7 });
  await expectAccessible(english);
  await expectAccessible(await shown({}));
});
