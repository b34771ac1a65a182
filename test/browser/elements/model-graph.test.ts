/** The graph of a plan: its tree, keys, detail, values along the stream, and a live model behind it. */
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import '../../../src/elements/model-graph/define.ts';
import type { ModelGraph } from '../../../src/elements/model-graph/model-graph.class.ts';
import { openHost } from '../../../src/host/open_host.ts';
import { ComputedRun } from '../../../src/run/live.ts';
import type { Trace } from '../../../src/run/types.ts';
import { all, drawn, expectAccessible, place, press, refusals, shiftDuring, strictPolicy, until } from './common.ts';
import { planOf } from './plan.ts';

const hostile = '<img src=x onerror=alert(1)>';
const plan = planOf(3);

const trace: Trace = {
  what: 'token',
  clock: 'wall',
  quantum: 1e-6,
  total: { median: 1e-3, low: 1e-3, high: 1e-3 },
  rows: plan.map((row) => ({ ...row, time: { median: 2e-5, low: 1.9e-5, high: 2.1e-5 }, ofRoof: 0.5 })),
};

async function graph(more: Partial<ModelGraph> = {}, width = 800): Promise<ModelGraph> {
  const element = await place<ModelGraph>('<nt-model-graph></nt-model-graph>', width);
  Object.assign(element, { plan, ...more });
  await drawn();
  return element;
}

const words = (element: Element | null | undefined) => element?.textContent.replace(/\s+/g, ' ').trim() ?? '';
const names = (element: Element) => all(element, '[role=treeitem]').map(words);
const focused = (element: Element) => words(element.shadowRoot!.activeElement);

beforeAll(strictPolicy);
afterEach(() => document.body.replaceChildren());

describe('model-graph', () => {
  test('a tree along the stream; one layer is open', async () => {
    const element = await graph();
    expect(names(element)).toEqual([
      'embed 65 → 16',
      'layer 1',
      'norm 16 qkv 16 → 48',
      'rope 48 attention 2 heads × 8',
      'proj 16 → 16',
      'norm 16 fc 16 → 80 silu · gate 40',
      'proj 40 → 16',
      'layer 2 attention MLP',
      'layer 3 attention MLP',
      'norm · logits 16 → 65',
      'sample 65 → 1',
    ]);
    expect(all(element, '[role=treeitem][tabindex="0"]')).toHaveLength(1);
    await expectAccessible(element);
  });

  test('the height stays in every state', async () => {
    for (const width of [320, 800, 1200]) {
      const element = await place<ModelGraph>('<nt-model-graph></nt-model-graph>', width);
      const before = element.getBoundingClientRect().height;
      expect(before).toBe(300 + 34 * 4);
      const five = planOf(5);
      expect(await shiftDuring(async () => Object.assign(element, { plan: five }))).toBeLessThan(0.005);
      expect(element.getBoundingClientRect().height).toBe(before);
      element.open = 'h.4';
      await drawn();
      expect(element.getBoundingClientRect().height).toBe(before);
      element.remove();
    }
  });

  test('arrow keys go along the stream, into a layer and out of it; Enter opens, Esc closes', async () => {
    const element = await graph();
    all<HTMLElement>(element, '[role=treeitem]')[0].focus();
    const go = async (...keys: string[]) => {
      for (const key of keys) {
        press(key);
        await drawn();
      }
    };
    await go('ArrowDown', 'ArrowRight', 'ArrowRight');
    expect(focused(element)).toMatch(/^norm 16 qkv/);
    await go('ArrowLeft', 'End');
    expect(focused(element)).toMatch(/^sample/);
    await go('PageUp', 'PageUp');
    expect(focused(element)).toBe('layer 3 attention MLP');
    await go('ArrowRight', 'ArrowRight');
    expect(focused(element)).toMatch(/^norm 16 qkv/);
    expect(element.open).toBe('h.2');
    const opened: unknown[] = [];
    element.addEventListener('node-open', (event) => opened.push((event as CustomEvent<unknown>).detail));
    await go('Enter');
    expect(opened).toEqual([{ label: 'h.2.attn.qkv', op: 'matvec', variant: 'naive' }]);
    expect(all(element, '[role=region]')).toHaveLength(1);
    await go('Escape');
    expect(all(element, '[role=region]')).toHaveLength(0);
    expect(focused(element)).toMatch(/^norm 16 qkv/);
  });

  test('ink is a share of the roof where there is a trace, and there is none without', async () => {
    const element = await graph();
    expect(all(element, '.bar')).toHaveLength(0);
    element.trace = trace;
    await drawn();
    const bar = all(element, '.box .bar')[0].getBoundingClientRect();
    const box = all(element, '.box')[0].getBoundingClientRect();
    expect(bar.width / box.width).toBeCloseTo(0.5, 1);
    expect(bar.height).toBe(4);
    expect(names(element)[0]).toContain('50 % of this device’s roof');
  });

  test('a box opens with formula, facts, its time and its values under the cursor', async () => {
    const taps = { 'h.0.ln_1': { shape: [16], data: Float32Array.from({ length: 16 }, (_, i) => i - 8) } };
    const element = await graph({ open: 'h.0.attn.qkv', trace, taps });
    const text = all(element, '[role=region]')[0].textContent.replace(/\s+/g, ' ');
    for (const part of ['matvec/naive', '20 µs ± 5.0 %', 'weight 48 × 16', 'root mean square'])
      expect(text).toContain(part.replace(' µs', ' µs').replace('5.0 %', '5.0 %'));
    const [cells] = all(element, '.cells');
    cells.focus();
    press('End');
    await drawn();
    expect(cells.getAttribute('aria-label')).toBe('h.0.ln_1[15] = 7');
    await expectAccessible(element);
  });

  test('the stream’s lengths and values', async () => {
    const data = Float32Array.from({ length: 16 }, () => 0.5);
    const taps = Object.fromEntries(
      ['embed', 'h.0.attn', 'h.0.out', 'h.1.out', 'h.2.out'].map((n) => [n, { shape: [16], data }]),
    );
    const element = await graph({ taps, values: 'norm' });
    expect(all(element, '.mark b').map((e) => e.textContent)).toEqual(['2', '2', '2', '2', '2']);
    element.values = 'heat';
    await drawn();
    const [canvas] = all<HTMLCanvasElement>(element, '.mark canvas');
    expect([canvas.width, canvas.height]).toEqual([16, 1]);
    const [r, g, b] = canvas.getContext('2d')!.getImageData(3, 0, 1, 1).data;
    expect([r, g, b].join()).toMatch(/^\d+,1\d\d,1\d\d$/); // verdigris: the largest value
  });

  test('hostile names stay text; the table has every kernel; the export has no script', async () => {
    const element = await graph({ plan: [{ ...plan[0], label: hostile, op: hostile }, ...plan.slice(1)], trace });
    expect(all(element, 'img')).toEqual([]);
    const tsv = await (await element.export('tsv')).text();
    expect(tsv.trim().split('\n')).toHaveLength(1 + plan.length);
    expect(tsv).toContain('h.1.mlp.proj\tmatvec\tnaive');
    const svg = await (await element.export('svg')).text();
    expect(svg).not.toMatch(/<script|<img/);
    expect(svg).toContain('<path');
  });

  test('a live model: plan, values and kernel come by themselves; another picture’s layer is marked', async () => {
    const run = new ComputedRun(() => openHost(), {
      source: 'char-mini',
      engine: 'cpu',
      prompt: 'To be',
      candidates: 4,
    });
    const element = await place<ModelGraph>('<nt-model-graph open="h.1.attn.qkv" values="norm"></nt-model-graph>');
    element.run = run;
    await run.open();
    await until('a kernel', () => all(element, 'pre').length && all(element, '.mark b').length > 4);
    expect(names(element).filter((name) => name.startsWith('layer'))).toHaveLength(4);
    expect(all(element, 'pre')[0].textContent).toContain('matvec');
    run.select('hover', { layer: 2 });
    await until('the mark', () => all(element, '.layer.marked').length === 1);
    const asked: unknown[] = [];
    element.addEventListener('kernel-edit', (event) => asked.push((event as CustomEvent<unknown>).detail));
    expect(all(element, '.row button')).toHaveLength(2); // nothing to edit: it is no WGSL
    run.close();
  }, 90_000);

  test('no style attribute was written', () => {
    expect(refusals()).toEqual([]);
  });
});
