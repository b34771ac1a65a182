/** What runs the model: one line, what it tells when it is open, its events and its records. */
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import '../../../src/elements/device-status/define.ts';
import type { DeviceStatus, StatusReport } from '../../../src/elements/device-status/device-status.class.ts';
import { all, drawn, expectAccessible, place, refusals, shiftDuring, strictPolicy } from './common.ts';

const hostile = '<img src=x onerror=alert(1)>';

const report = {
  engine: { kind: 'gpu', why: `A GPU was found ${hostile}`, facts: { vendor: 'apple' }, bytesAllocated: 1 },
  rate: 316.4,
  verification: {
    ok: true,
    seconds: 0.15,
    checks: [{ what: 'matvec/quad', ok: true, note: '' }],
    steppedDown: [],
  },
  device: {
    features: ['shader-f16'],
    variants: [{ op: 'matvec', variant: 'quad', why: 'fastest here', steps: 21 }],
    arenas: [
      { name: 'params', bytes: 7_500_000 },
      { name: 'work of decode', bytes: 2_500_000 },
    ],
    allocated: 10_000_000,
    limit: 20_000_000,
    losses: 2,
  },
  cached: [],
} as unknown as StatusReport;

const textOf = (element: Element, selector: string) =>
  all(element, selector)
    .map((e) => e.textContent.replace(/\s+/g, ' ').trim())
    .join(' ');

async function status(more: Partial<DeviceStatus> = {}, width = 800): Promise<DeviceStatus> {
  const element = await place<DeviceStatus>('<nt-device-status></nt-device-status>', width);
  Object.assign(element, { report, ...more });
  await drawn();
  return element;
}

beforeAll(strictPolicy);
afterEach(() => document.body.replaceChildren());

describe('device-status', () => {
  test('one line of 32 px, in every state', async () => {
    const element = await place<DeviceStatus>('<nt-device-status></nt-device-status>', 320);
    expect(element.getBoundingClientRect().height).toBe(32);
    expect(await shiftDuring(async () => Object.assign(element, { report }))).toBe(0);
    expect(element.getBoundingClientRect().height).toBe(32);
    expect(textOf(element, 'summary')).toBe('apple GPU verified · 316 tokens/s');
    expect(element.state).toBe('ready');
  });

  test('open, it tells why, what it holds and what was checked; text that looks like HTML stays text', async () => {
    const element = await status({ detail: true });
    const text = textOf(element, 'dl');
    expect(text).toContain(hostile);
    expect(all(element, 'img')).toEqual([]);
    for (const part of [
      'shader-f16',
      '10.0 MB of at most 20.0 MB',
      'matvec/quad, 21 steps: fastest here',
      '2, replaced',
    ])
      expect(text).toContain(part);
    const [stack] = all(element, '.stack').map((e) => e.getBoundingClientRect().width);
    const [weights] = all(element, '.slice').map((e) => e.getBoundingClientRect().width);
    expect(weights / stack).toBeCloseTo(7.5 / 20, 1);
    await expectAccessible(element);
  });

  test('a wrong kernel is red, marked and told in words', async () => {
    const verification = {
      ok: false,
      seconds: 0.1,
      checks: [{ what: 'matmul/subgroup', ok: false, note: 'at [3, 17]' }],
      steppedDown: ['matmul/subgroup → matmul/quad: wrong at [3, 17]'],
    };
    const element = await status({ detail: true, report: { ...report, verification } });
    expect(textOf(element, 'summary')).toContain('a kernel was wrong');
    expect(all(element, 'li.wrong').map((e) => e.textContent.includes('[3, 17]'))).toEqual([true, true]);
    expect(all(element, '.box.wrong')).toHaveLength(1);
  });

  test('tools send events; what was pressed is told to the page', async () => {
    const element = await status({ detail: true, tools: true });
    const heard: string[] = [];
    for (const name of ['lose-device', 'recheck']) element.addEventListener(name, () => heard.push(name));
    for (const button of all<HTMLButtonElement>(element, '.controls button')) button.click();
    expect(heard).toEqual(['lose-device', 'recheck']);
  });

  test('opens by its summary, and the attribute follows', async () => {
    const element = await status();
    all<HTMLElement>(element, 'summary')[0].click();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(element.hasAttribute('detail')).toBe(true);
    expect(all(element, 'dl')).toHaveLength(1);
  });

  test('the table has what is shown; Chinese', async () => {
    const element = await status();
    const tsv = await (await element.export('tsv')).text();
    expect(tsv).toContain('matvec/quad\tChecks\tyes');
    expect(tsv).toContain('weights\t7.5 MB');
    element.lang = 'zh-Hans';
    await new Promise((resolve) => setTimeout(resolve, 200));
    await drawn();
    expect(textOf(element, 'summary')).toBe('apple GPU 已核对 · 316 词元/秒');
  });

  test('the picture has no script', async () => {
    const svg = await (await (await status({ detail: true })).export('svg')).text();
    expect(svg).not.toMatch(/<script|<img/);
  });

  test('no style attribute was written', () => {
    expect(refusals()).toEqual([]);
  });
});
