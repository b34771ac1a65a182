/** The layer lens in a real browser: its grid, keys, what it says, its states, and long texts. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import '../../../src/elements/layer-lens/define.ts';
import type { LayerLens } from '../../../src/elements/layer-lens/layer-lens.class.ts';
import { RecordedRun } from '../../../src/run/recorded.ts';
import type { Lens, LensColumn, TokenInfo } from '../../../src/run/types.ts';
import {
  all,
  drawn,
  expectAccessible,
  place,
  press,
  recording,
  refusals,
  shiftDuring,
  strictPolicy,
} from './common.ts';

beforeEach(strictPolicy);
afterEach(() => document.body.replaceChildren());

/** Layer by layer surer of the token that comes; the first layers say something else. */
function column(layers: number, next: string, agreeFrom: number, came = true): LensColumn {
  return {
    top: Array.from({ length: layers + 1 }, (_, i) => [
      { token: i < agreeFrom ? 900 + i : 7, text: i < agreeFrom ? `x${i}` : next, probability: (i + 1) / (layers + 2) },
      { token: 3, text: ' two', probability: 0.01 },
      { token: 4, text: ' three', probability: 0.005 },
    ]),
    actual: Array.from({ length: layers + 1 }, () => (came ? 0.25 : NaN)),
  };
}

function records(layers: number, n: number): { lens: Lens; tokens: TokenInfo[] } {
  const names = Array.from({ length: n }, (_, i) => ` t${i}`);
  return {
    lens: {
      layers: ['embed', ...Array.from({ length: layers }, (_, i) => `h.${i}`)],
      columns: names.map((_, i) => column(layers, ` t${i + 1}`, 1 + (i % layers), i < n - 1)),
    },
    tokens: names.map((text, id) => ({ id, text, bytes: [], from: 0, to: 0, by: id < 2 ? 'prompt' : 'draw' })),
  };
}

async function lens(values: Partial<LayerLens> = {}, width = 800): Promise<LayerLens> {
  const element = await place<LayerLens>('<nt-layer-lens></nt-layer-lens>', width);
  Object.assign(element, values);
  await drawn();
  return element;
}

const words = (element: Element, selector: string) =>
  all(element, selector).map((e) => e.textContent.replace(/\s+/g, ' ').trim());
const cell = (element: Element, row: number, position: number) =>
  all(element, `[data-row='${row}'][data-position='${position}']`)[0];
const labelled = (element: Element) => (element.shadowRoot!.activeElement as HTMLElement).getAttribute('aria-label');

describe('the grid', () => {
  test('a row for each layer, a column for each token, and what came', async () => {
    const element = await lens(records(4, 6));
    expect(words(element, '[role=rowheader]')).toEqual(['layer 1', 'layer 2', 'layer 3', 'layer 4', 'set']);
    expect(words(element, '.after')).toEqual(['t0', 't1', 't2', 't3', 't4', 't5']);
    expect(all(element, '.guess')).toHaveLength(24);
    expect(words(element, '.came')).toEqual(['t1', 't2', 't3', 't4', 't5', '']);
    expect(all(element, '.came.open')).toHaveLength(1);
    expect(cell(element, 3, 2).getAttribute('aria-label')).toBe('layer 4, after ␣t2: ␣t3, 83 %');
    expect(refusals()).toEqual([]);
  });

  test('the red mark stands where the answer stays from then on, and is said', async () => {
    const element = await lens(records(4, 6));
    const marked = all(element, '.settled').map((e) => [e.dataset['position'], e.dataset['row']].join());
    expect(marked.toSorted()).toEqual(['0,0', '1,1', '2,2', '3,3', '4,0', '5,1']);
    expect(cell(element, 2, 2).getAttribute('aria-label')).toMatch(/83|67 %, stays from here on$/);
  });

  test('ink is the root of the share, and text on it is black or white', async () => {
    const element = await lens(records(4, 3));
    const tint = cell(element, 3, 0).style.getPropertyValue('--tint');
    expect(tint).toBe(`${Math.round(920 * Math.sqrt(5 / 6)) / 10}%`);
    expect(getComputedStyle(cell(element, 3, 0)).color).toBe('rgb(255, 255, 255)');
    expect(getComputedStyle(cell(element, 0, 0)).color).toBe('rgb(0, 0, 0)');
  });

  test('every second layer above 16, all by a press; the embedding and shares on request', async () => {
    const element = await lens(records(24, 3));
    expect(all(element, '[role=rowheader]')).toHaveLength(13);
    expect(words(element, '[role=rowheader]').at(-2)).toBe('layer 24');
    const button = all(element, '.detail button')[0];
    expect(button.textContent.trim()).toBe('All 24 layers');
    button.click();
    await drawn();
    expect(all(element, '[role=rowheader]')).toHaveLength(25);
    Object.assign(element, { ...records(4, 3), show: 'actual embed', rows: '' });
    await drawn();
    expect(words(element, '[role=rowheader]')).toEqual(['embed', 'layer 1', 'layer 2', 'layer 3', 'layer 4', 'set']);
    expect(words(element, '.guess')[0]).toBe('25 %');
  });

  test('200 tokens: only what is seen is in the page, newest in sight; scrolling back brings the others', async () => {
    const values = records(6, 200);
    const element = await lens({ ...values, lens: { ...values.lens, columns: values.lens.columns.slice(0, 199) } });
    expect(all(element, '.after').length).toBeLessThan(26);
    expect(words(element, '.after').at(-1)).toBe('t198');
    element.lens = values.lens;
    await drawn();
    const box = all(element, '.lens')[0];
    const seen = (e: Element) => {
      const [a, b] = [e.getBoundingClientRect(), box.getBoundingClientRect()];
      return a.left >= b.left && a.right <= b.right + 1;
    };
    expect(seen(cell(element, 0, 199))).toBe(true);
    box.scrollLeft = 0;
    await vi.waitFor(() => expect(words(element, '.after')[0]).toBe('t0'));
    expect(seen(cell(element, 0, 1))).toBe(true);
    element.lens = { ...values.lens, columns: [...values.lens.columns, column(6, 'x', 1, false)] };
    await drawn();
    expect(box.scrollLeft).toBe(0); // who reads back is not carried off
  });

  test('chinese, and text that looks like html', async () => {
    const values = records(4, 2);
    const hostile = '<img src=x onerror=alert(1)>';
    values.tokens[0] = { ...values.tokens[0], text: hostile };
    const element = await place<LayerLens>('<nt-layer-lens lang="zh"></nt-layer-lens>');
    Object.assign(element, values);
    await vi.waitFor(() => expect(words(element, '[role=rowheader]')[0]).toBe('第 1 层'));
    expect(element.shadowRoot!.querySelector('img')).toBeNull();
    expect(words(element, '.after')[0]).toBe(hostile);
    const svg = await (await element.export('svg')).text();
    expect(new DOMParser().parseFromString(svg, 'image/svg+xml').querySelector('img, script, parsererror')).toBeNull();
  });
});

describe('pointing and keys', () => {
  test('one tab stop; arrows go from cell to cell, Enter pins, Esc clears', async () => {
    const element = await lens(records(4, 6));
    expect(all(element, '[role=gridcell][tabindex="0"]')).toHaveLength(1);
    cell(element, 3, 5).focus();
    const sent: unknown[] = [];
    element.addEventListener('selection-change', (event) => sent.push((event as CustomEvent<unknown>).detail));
    for (const key of ['ArrowLeft', 'ArrowUp']) {
      press(key);
      await drawn();
    }
    expect(labelled(element)).toMatch(/^layer 3, after ␣t4: /);
    expect(all(element, '[role=gridcell][tabindex="0"]')).toHaveLength(1);
    press('Enter');
    await drawn();
    expect(all(element, '.pinned')).toHaveLength(6); // the column: its token, four layers, what came
    press('Escape');
    await drawn();
    expect(all(element, '.pinned')).toHaveLength(0);
    expect(sent).toEqual([
      { kind: 'hover', position: 4, layer: 3 },
      { kind: 'hover', position: 4, layer: 2 },
      { kind: 'pin', position: 4, layer: 2 },
      { kind: 'clear' },
    ]);
  });

  test('keys reach cells that are not in the page yet', async () => {
    const element = await lens(records(4, 100));
    cell(element, 3, 99).focus();
    press('Home');
    await drawn();
    expect(labelled(element)).toMatch(/after ␣t0: /);
    press('PageDown');
    await drawn();
    expect(labelled(element)).toMatch(/after ␣t10: /);
    press('End');
    await drawn();
    expect(labelled(element)).toMatch(/after ␣t99: /);
  });

  test('the pointer names the three best and what came', async () => {
    const element = await lens(records(4, 6));
    cell(element, 3, 1).dispatchEvent(new PointerEvent('pointerover', { bubbles: true, composed: true }));
    await drawn();
    expect(words(element, '.detail p')[0]).toBe(
      'layer 4: ␣t2 83 % · ␣two 1.0 % · ␣three 0.5 %What came, “␣t2”, had 25 % here.'.replaceAll(/(?<=\d) (?=%)/g, ' '),
    );
  });

  test('the selection is shared', async () => {
    const run = new RecordedRun(await recording());
    const element = await lens({ run }, 1300);
    run.select('hover', { position: 3 });
    await drawn();
    expect(all(element, '.after.over').map((e) => e.dataset['position'])).toEqual(['3']);
    cell(element, 0, 4).click();
    expect(run.selection.pin).toEqual({ position: 4, layer: 0 });
  });
});

describe('states, table, export', () => {
  test('its size is the same unbound, with data, as a table and stale', async () => {
    const run = new RecordedRun(await recording());
    const element = await lens({}, 600);
    const heights = [element.offsetHeight];
    const note = async () => {
      await drawn();
      heights.push(element.offsetHeight);
    };
    const shift = await shiftDuring(async () => {
      element.run = run;
      await note();
      element.table = true;
      await note();
      element.table = false;
      Object.defineProperty(run, 'lens', { value: undefined });
      element.requestUpdate();
      await note();
    });
    expect(new Set(heights).size).toBe(1);
    expect(shift).toBe(0);
    expect(words(element, '.caption')).toEqual(['This belongs to an earlier text.']);
  });

  test('a token at a time moves nothing', async () => {
    const run = new RecordedRun(await recording(), 0);
    await lens({ run }, 1400);
    expect(
      await shiftDuring(async () => {
        for (let n = 0; n < 12; n++) {
          await run.step();
          await drawn();
        }
      }),
    ).toBe(0);
  });

  test('the table has what is shown, and exports as tsv and svg', async () => {
    const element = await lens(records(4, 5));
    element.table = true;
    await drawn();
    expect(all(element, 'tbody tr')).toHaveLength(20);
    const tsv = (await (await element.export('tsv')).text()).split('\n');
    expect(tsv[0]).toMatch(/^position\tafter\tlayer\tfirst\tp\t/);
    expect(tsv[4].split('\t').slice(0, 4)).toEqual(['0', '␣t0', 'layer 4', '␣t1']);
    element.table = false;
    const svg = await (await element.export('svg')).text();
    expect(svg).toContain('What 4 layers would say.');
    expect(svg).not.toMatch(/<script|javascript:/);
  });

  test('axe finds nothing', async () => {
    await expectAccessible(await lens(records(5, 8), 320));
    await expectAccessible(await lens(records(12, 60)));
    await expectAccessible(await lens());
  });
});
