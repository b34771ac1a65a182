/** The two elements in a real browser: what they show, what they say, what they send, and that a strict policy has nothing to refuse. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CandidateBars, visible } from '../../src/elements/candidate-bars.ts';
import { LossChart } from '../../src/elements/loss-chart.ts';

let refused: string[] = [];
const notice = (event: SecurityPolicyViolationEvent) =>
  refused.push(`${event.effectiveDirective}: ${event.blockedURI}`);
beforeEach(() => {
  refused = [];
  addEventListener('securitypolicyviolation', notice);
  if (document.querySelector('meta[http-equiv]')) return;
  const policy = document.createElement('meta');
  policy.httpEquiv = 'Content-Security-Policy';
  policy.content = "style-src-attr 'none'";
  document.head.append(policy);
});
afterEach(() => {
  removeEventListener('securitypolicyviolation', notice);
  document.body.replaceChildren();
});

async function shown<T extends CandidateBars | LossChart>(element: T, values: Partial<T>): Promise<T> {
  Object.assign(element, values);
  document.body.append(element);
  await element.updateComplete;
  return element;
}

const all = <E extends Element = HTMLElement>(element: Element, selector: string) => [
  ...element.shadowRoot!.querySelectorAll<E>(selector),
];

/** The line below the bars, as it is read. */
const wordsOf = (bars: CandidateBars) => all(bars, '.rest')[0].textContent.replace(/\s+/g, ' ').trim();

describe('candidate-bars', () => {
  const candidates = [
    { token: 5, text: ' good', probability: 0.2, final: 0.6 },
    { token: 7, text: '\n', probability: 0.1, final: 0 },
  ];

  test('a bar for each, of its share of a full one; outlines are what the settings make of it', async () => {
    const bars = await shown(new CandidateBars(), { candidates, vocab: 100 });
    const track = all(bars, '.track')[0].getBoundingClientRect().width;
    const shares = (name: string) => all(bars, name).map((e) => e.getBoundingClientRect().width / track);
    expect(shares('.fill')[0]).toBeCloseTo(0.2, 1); // the largest is 60 %, so a full bar is 100 %
    expect(shares('.fill')[1]).toBeCloseTo(0.1, 1);
    expect(shares('.final')[0]).toBeCloseTo(0.6, 1);
    expect(all(bars, 'li').map((li) => li.className)).toEqual(['', 'cut']);
    expect(wordsOf(bars)).toBe(
      '70.0 % for the other 98 tokens. A full bar is 100 %. Outlined: what the settings make of it.',
    );
  });

  test('where nothing is known of the settings there are no outlines, and small bars are enlarged', async () => {
    const plain = candidates.map(({ final: _final, ...candidate }) => candidate);
    const bars = await shown(new CandidateBars(), { candidates: plain, vocab: 100 });
    expect(all(bars, '.final')).toHaveLength(0);
    expect(wordsOf(bars)).toMatch(/A full bar is 25 %\.$/);
  });

  test('says in words what it shows, and sends what was pressed', async () => {
    const bars = await shown(new CandidateBars(), { candidates, chosen: 5 });
    const buttons = all<HTMLButtonElement>(bars, 'button');
    expect(buttons.map((b) => b.getAttribute('aria-label'))).toEqual([
      '·good, 20.0 %, 60.0 % with the settings, chosen',
      '¶, 10.0 %, cut by the settings',
    ]);
    const picked: unknown[] = [];
    document.body.addEventListener('candidate-pick', (event) => picked.push((event as CustomEvent<unknown>).detail), {
      once: true,
    });
    buttons[1].click();
    expect(picked).toEqual([{ token: 7 }]);
    expect(visible('')).toBe('(nothing)');
  });

  test('writes no style attribute, first or later', async () => {
    const bars = await shown(new CandidateBars(), { candidates });
    bars.candidates = candidates.toReversed();
    await bars.updateComplete;
    expect(all(bars, '.fill')[0].getBoundingClientRect().width).toBeGreaterThan(0);
    expect(refused).toEqual([]);
  });
});

describe('loss-chart', () => {
  const points = Array.from({ length: 1000 }, (_, i) => ({ step: i + 1, loss: 4 - i / 500 }));

  test('says that it waits, then draws both curves and the baseline, with their last values', async () => {
    const chart = await shown(new LossChart(), { points: points.slice(0, 1) });
    expect(chart.shadowRoot!.textContent).toMatch(/after the second step/);
    Object.assign(chart, {
      points,
      validation: [points[499], points[999]],
      baseline: 2.5,
      baselineName: 'best 3-gram',
    });
    await chart.updateComplete;
    expect(all<SVGElement>(chart, 'svg')[0].getAttribute('aria-label')).toMatch(/nats per token after 1000 steps/);
    const d = all<SVGPathElement>(chart, 'path.train')[0].getAttribute('d')!;
    expect(d.match(/[ML]/g)).toHaveLength(400); // thinned to what can be seen
    expect(all<SVGPathElement>(chart, 'path.validation')[0].getAttribute('d')!.match(/[ML]/g)).toHaveLength(2);
    expect(all(chart, '.key').map((key) => key.textContent)).toEqual([
      expect.stringMatching(/^training 2\.0/),
      'validation 2.00',
      'best 3-gram 2.50',
    ]);
  });

  test('a curve that falls goes down on the page, inside its frame', async () => {
    const chart = await shown(new LossChart(), { points });
    const d = all<SVGPathElement>(chart, 'path.train')[0].getAttribute('d')!;
    const ys = [...d.matchAll(/[ML]([\d.]+)[ ,]([\d.]+)/g)].map((m) => Number(m[2]));
    expect(ys.at(-1)).toBeGreaterThan(ys[0]);
    const [, , , height] = all(chart, 'svg')[0].getAttribute('viewBox')!.split(' ').map(Number);
    expect(Math.min(...ys)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...ys)).toBeLessThanOrEqual(height);
  });
});
