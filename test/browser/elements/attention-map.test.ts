/** The attention map in a real browser: its four views, keys, what it sends, its states, and what a large model costs. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import '../../../src/elements/attention-map/define.ts';
import type { AttentionMap } from '../../../src/elements/attention-map/attention-map.class.ts';
import { RecordedRun } from '../../../src/run/recorded.ts';
import type { AttentionRow, TokenInfo } from '../../../src/run/types.ts';
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

/** Each token looks at itself, at the first one, and at nothing else: half and half. */
function records(layers: number, heads: number, texts: readonly string[]) {
  const half = Math.round(255 * Math.sqrt(0.5));
  const rows = texts.map((_, query) => {
    const row = new Uint8Array(layers * heads * (query + 1));
    for (let i = 0; i < layers * heads; i++) {
      row[i * (query + 1)] = query ? half : 255;
      row[i * (query + 1) + query] = query ? half : 255;
    }
    return row;
  });
  const tokens = texts.map((text, id): TokenInfo => ({ id, text, bytes: [], from: 0, to: 0, by: 'prompt' }));
  return { attention: { layers, heads, rows }, tokens };
}

const texts = (n: number) => Array.from({ length: n }, (_, i) => ` t${i}`);

async function map(values: Partial<AttentionMap> = {}, width = 800): Promise<AttentionMap> {
  const element = await place<AttentionMap>('<nt-attention-map></nt-attention-map>', width);
  Object.assign(element, values);
  await drawn();
  return element;
}

/** A live run: it answers with exact numbers, and switches heads. */
class Live extends RecordedRun {
  asked: string[] = [];
  gated: unknown[] = [];

  override async row(layer = 0, head = 0, query = 0): Promise<AttentionRow> {
    this.asked.push([layer, head, query].join());
    const keys = query + 1;
    const score = Float32Array.from({ length: keys }, (_, k) => (k === 1 ? 3 : 0));
    const sum = Math.exp(3) + keys - 1;
    return { score, weight: score.map((s) => Math.exp(s) / sum), value: new Float32Array(2 * keys).fill(1) };
  }

  override async gate(layer = 0, head?: number, value?: 0 | 1): Promise<void> {
    this.gated.push([layer, head, value]);
    this.gates = value === 0 ? [{ layer, head }] : [];
    this.touch('gates');
  }
}

async function live(): Promise<Live> {
  const run = new Live(await recording());
  run.recorded = undefined;
  return run;
}

const words = (element: Element, selector: string) =>
  all(element, selector).map((e) => e.textContent.replace(/\s+/g, ' ').trim());
const name = (element: Element, id: string) => all(element, `#${id}`)[0].getAttribute('aria-label');
const focus = (element: Element, id: string) => all(element, `#${id}`)[0].focus();

/** The pixel in the middle of a cell of the large triangle, as a grey. */
function grey(element: Element, query: number, key: number, cell: number): number {
  const canvas = all<HTMLCanvasElement>(element, '#matrix')[0];
  const scale = canvas.width / canvas.getBoundingClientRect().width;
  const at = (n: number) => Math.floor((n + 0.4) * cell * scale);
  return canvas.getContext('2d')!.getImageData(at(key), at(query), 1, 1).data[0];
}

describe('what it shows', () => {
  test('four views of the records: heads, triangle, arcs, steps', async () => {
    const element = await map(records(3, 2, texts(6)), 1200);
    expect(element.state).toBe('ready');
    expect(words(element, '.column')).toEqual(['head 0', 'head 1']);
    expect(words(element, '.layer')).toEqual(['layer 1', 'layer 2', 'layer 3']);
    expect(words(element, '.slanted')).toEqual(texts(6).map((text) => text.trim()));
    expect(words(element, '.share')).toEqual(['50 %', '', '', '', '', '50 %'].map((s) => s.replace(' ', ' ')));
    expect(words(element, '.steps tbody th').slice(0, 2)).toEqual(['t0', 't5']);
    const ink = [grey(element, 0, 0, 16), grey(element, 5, 0, 16), grey(element, 5, 3, 16)];
    expect(ink[0]).toBeLessThan(60);
    expect(ink[1]).toBeGreaterThan(ink[0] + 20);
    expect(ink[2]).toBeGreaterThan(240); // bare paper
    expect(refusals()).toEqual([]);
  });

  test('a row a token: what is drawn in steps is what is drawn at once', async () => {
    const whole = records(2, 2, texts(14));
    const grown = await map({ ...records(2, 2, texts(12)) });
    const pixels = (element: Element, id: string) => {
      const canvas = all<HTMLCanvasElement>(element, id)[0];
      return canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height).data.join();
    };
    for (const n of [13, 14]) {
      grown.attention = { ...whole.attention, rows: [...grown.attention!.rows, whole.attention.rows[n - 1]] };
      grown.tokens = whole.tokens;
      await drawn();
    }
    const once = await map(whole);
    expect(pixels(grown, '#heads')).toBe(pixels(once, '#heads'));
    expect(pixels(grown, '#matrix')).toBe(pixels(once, '#matrix'));
    // and back: rows that are gone are bare again
    grown.attention = { ...whole.attention, rows: whole.attention.rows.slice(0, 3) };
    once.attention = grown.attention;
    await drawn();
    expect(pixels(grown, '#matrix')).toBe(pixels(once, '#matrix'));
    expect(pixels(grown, '#heads')).toBe(pixels(once, '#heads'));
  });

  test('one token has nothing else to look at, and says so', async () => {
    const element = await map(records(2, 2, ['A']));
    expect(words(element, '.matrix, .title').join(' ')).toContain('With one token there is nothing else to look at.');
    expect(grey(element, 0, 0, 16)).toBeLessThan(60);
  });

  test('views and the mean of heads by attributes', async () => {
    const element = await map({ ...records(2, 2, texts(4)), view: 'heads arcs' });
    expect(all(element, '.grid, .arcs, .matrix, .steps').map((e) => e.className)).toEqual(['grid', 'arcs']);
    element.averaged = true;
    await drawn();
    expect(words(element, '.column')).toEqual([]);
    expect(name(element, 'heads-cursor')).toBe('layer 1, mean of its heads');
    expect(element.shadowRoot!.querySelector('.switch')).toBeNull();
  });

  test('chinese', async () => {
    const element = await place<AttentionMap>('<nt-attention-map lang="zh-Hans"></nt-attention-map>');
    Object.assign(element, records(5, 4, ['床', '前']));
    await vi.waitFor(() => expect(name(element, 'matrix-cursor')).toMatch(/^第 4 层，头 0：前 → /));
    expect(words(element, '.caption')[0]).toMatch(/^5 层，每层 4 个注意力头/);
  });

  test('text that looks like html stays text', async () => {
    const hostile = '<img src=x onerror=alert(1)>';
    const element = await map(records(1, 1, [hostile, 'b']));
    expect(element.shadowRoot!.querySelector('img')).toBeNull();
    expect(words(element, '.slanted')[0]).toBe(hostile);
    const svg = await (await element.export('svg')).text();
    expect(new DOMParser().parseFromString(svg, 'image/svg+xml').querySelector('img, script, parsererror')).toBeNull();
  });
});

describe('pointing and keys', () => {
  test('arrows move in both groups, Enter pins, Esc clears', async () => {
    const element = await map(records(5, 4, texts(6)));
    const sent: unknown[] = [];
    element.addEventListener('selection-change', (event) => sent.push((event as CustomEvent<unknown>).detail));
    focus(element, 'heads-cursor');
    expect(name(element, 'heads-cursor')).toBe('layer 4, head 0');
    press('ArrowRight');
    press('ArrowDown');
    await drawn();
    expect(name(element, 'heads-cursor')).toBe('layer 5, head 1');
    press('Enter');
    await drawn();
    expect([element.layer, element.head]).toEqual([4, 1]);
    focus(element, 'matrix-cursor');
    press('Home');
    press('ArrowUp');
    await drawn();
    expect(name(element, 'matrix-cursor')).toBe('layer 5, head 1: ␣t4 → ␣t0, 50 %');
    expect(words(element, '.title')[0]).toBe('layer 5, head 1: ␣t4 → ␣t0, 50 %');
    press('Enter');
    await drawn();
    expect(words(element, '.title').at(-1)).toBe('layer 5, head 1, from “t4”');
    press('Escape');
    await drawn();
    expect(words(element, '.title').at(-1)).toBe('layer 5, head 1, from “t5”');
    expect(sent.at(-1)).toEqual({ kind: 'clear' });
    expect(sent).toContainEqual({ kind: 'pin', position: 4, layer: 4, head: 1 });
  });

  test('the pointer names a pair; a press pins its row', async () => {
    const element = await map(records(5, 4, texts(6)));
    const cells = all(element, '.cells')[0];
    const box = cells.getBoundingClientRect();
    const at = { clientX: box.left + 3, clientY: box.top + 2 * 16 + 3, bubbles: true, composed: true };
    cells.dispatchEvent(new PointerEvent('pointermove', at));
    await drawn();
    expect(words(element, '.title')[0]).toBe('layer 4, head 0: ␣t2 → ␣t0, 50 %');
    cells.dispatchEvent(new MouseEvent('click', at));
    await drawn();
    expect(words(element, '.title').at(-1)).toBe('layer 4, head 0, from “t2”');
  });

  test('the selection is shared: hover and pin of another picture show here', async () => {
    const run = new RecordedRun(await recording());
    const [one, two] = [await map({ run }), await map({ run })];
    run.select('hover', { position: 3 });
    await drawn();
    expect(all(one, '.band')).toHaveLength(2);
    run.select('pin', { position: 5, layer: 2, head: 1 });
    await drawn();
    expect([one, two].map((e) => words(e, '.title').at(-1))).toEqual(
      Array(2).fill(`layer 3, head 1, from “${run.tokens[5].text.trim()}”`),
    );
    const foot = all(one, '.foot').at(-1)!;
    foot.dispatchEvent(new PointerEvent('pointerenter'));
    expect(run.selection.hover).toMatchObject({ position: 5 });
    focus(one, 'heads-cursor');
    press('Escape');
    await drawn();
    expect(run.selection).toEqual({ hover: undefined, pin: undefined });
    expect(words(two, '.title').at(-1)).toMatch(/^layer 4, head 0/);
  });

  test('steppers choose layer and head; the ends are ends', async () => {
    const element = await map(records(5, 4, texts(3)), 320);
    const buttons = all<HTMLButtonElement>(element, '.stepper button');
    expect(buttons.map((b) => b.getAttribute('aria-label'))).toEqual([
      'layer: one less',
      'layer: one more',
      'head: one less',
      'head: one more',
    ]);
    for (const button of buttons) {
      const { width, height } = button.getBoundingClientRect();
      expect([width, height]).toEqual([44, 44]);
    }
    buttons[1].click();
    buttons[3].click();
    await drawn();
    expect(words(element, '.title')[0]).toBe('layer 5, head 1');
    expect([buttons[1].disabled, buttons[2].disabled]).toEqual([true, false]);
  });
});

describe('a live run', () => {
  test('x and the button switch a head off and on, unless the page says no', async () => {
    const run = await live();
    const element = await map({ run });
    const sent: unknown[] = [];
    element.addEventListener('head-toggle', (event) => sent.push((event as CustomEvent<unknown>).detail));
    focus(element, 'heads-cursor');
    press('ArrowUp');
    press('x');
    await drawn();
    expect(run.gated).toEqual([[2, 0, 0]]);
    expect(sent).toEqual([{ layer: 2, head: 0, on: false }]);
    expect(words(element, '.off')).toEqual(['off']); // a stroke, and the word
    expect(all<SVGElement>(element, '.off path')).toHaveLength(1);
    expect(name(element, 'heads-cursor')).toBe('layer 3, head 0, switched off');
    press('x');
    await drawn();
    expect(run.gated.at(-1)).toEqual([2, 0, 1]);
    element.addEventListener('head-toggle', (event) => event.preventDefault());
    all(element, '.switch')[0].click();
    await drawn();
    expect(run.gated).toHaveLength(2);
  });

  test('exact numbers of the row that has stood for a moment, and s walks through them', async () => {
    const run = await live();
    const element = await map({ run });
    await vi.waitFor(() => expect(words(element, '.steps tbody td')[0]).toBe('3'));
    const last = run.tokens.length - 1;
    expect(run.asked).toEqual([`3,0,${last}`]);
    const keys = last + 1;
    const weight = Math.exp(3) / (Math.exp(3) + keys - 1);
    expect(words(element, '.steps tbody tr')[0]).toBe(
      `${run.tokens[1].text.trim()} 3${Math.round(100 * weight)} %${Number((weight * Math.SQRT2).toPrecision(3))}`,
    );
    focus(element, 'matrix-cursor');
    const said: string[] = [];
    for (let n = 0; n < 4; n++) {
      press('s');
      await drawn();
      said.push(words(element, '.walk p')[0]);
      expect(all(element, '.steps td.hatched').length).toBe([14, 14, 7, 0][n]);
    }
    expect(said.map((text) => text.slice(0, 7))).toEqual(['1 Score', '2 Mask:', '3 Softm', '4 Value']);
    expect(said[2]).toContain(
      `e^(3 − 3) over the sum of all, ${Number((1 + (keys - 1) * Math.exp(-3)).toPrecision(3))}`,
    );
    expect(said[3]).toContain('whose length is 1.41');
  });

  test('a recorded run has the weights of its bytes, and says that the rest needs the model', async () => {
    const element = await map({ run: new RecordedRun(await recording()) });
    expect(words(element, '.steps tbody td').filter((text) => text.endsWith('%'))).not.toHaveLength(0);
    expect(words(element, '.walk')[0]).toMatch(/^Exact numbers need the model/);
    all(element, '.switch')[0].click();
    await drawn();
    await drawn();
    expect(words(element, '.status')[0]).toContain('needs the model');
  });
});

describe('states, table, export', () => {
  test('its size is the same unbound, empty, with data, as a table and stale', async () => {
    const run = new RecordedRun(await recording());
    const element = await map({}, 1200);
    const after = document.createElement('p');
    after.textContent = 'after';
    element.after(after);
    expect(words(element, '.none')[0]).toMatch(/^No model/);
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
      Object.defineProperty(run, 'attention', { value: undefined });
      element.requestUpdate();
      await note();
    });
    expect(new Set(heights).size).toBe(1);
    expect(shift).toBe(0);
    expect(element.hasAttribute('stale')).toBe(true);
    expect(words(element, '.caption')[0]).toMatch(/^This belongs to an earlier text\./);
  });

  test('the table has every pair of the chosen head, and what is exported is what is shown', async () => {
    const element = await map(records(2, 2, texts(5)));
    element.table = true;
    await drawn();
    expect(all(element, 'tbody tr')).toHaveLength(15);
    const tsv = await (await element.export('tsv')).text();
    expect(tsv.split('\n')[0]).toBe('query\tkey\tscore\tweight');
    expect(tsv.split('\n').at(-2)).toMatch(/^␣t4\t␣t4\t\t50/);
    element.table = false;
    const svg = await (await element.export('svg')).text();
    expect(svg.match(/<image/g)).toHaveLength(2);
    expect(svg).not.toMatch(/<script|javascript:/);
    expect(svg).toContain('Attention of 2 layers with 2 heads each.');
  });

  test('axe finds nothing: with data, without, on a phone', async () => {
    await expectAccessible(await map(records(5, 4, texts(8)), 320));
    await expectAccessible(await map({}));
    await expectAccessible(await map({ ...records(12, 12, texts(40)) }, 320));
  });
});

describe('512 tokens, 12 layers of 12 heads', () => {
  /** Weights that fall off with the distance; random enough. */
  function large() {
    const [layers, heads] = [12, 12];
    const rows = Array.from({ length: 512 }, (_, query) =>
      new Uint8Array(layers * heads * (query + 1)).map((_x, i) => (i * 7919 + query * 31) & 255),
    );
    const { tokens } = records(1, 1, texts(512));
    return { attention: { layers, heads, rows }, tokens };
  }

  test('opens in pieces, on a canvas under 4 million pixels; a token more paints its row only', async () => {
    const pieces: number[] = [];
    const put = vi.spyOn(CanvasRenderingContext2D.prototype, 'putImageData');
    const wait = vi.spyOn(globalThis, 'setTimeout');
    const element = await map({}, 1360);
    const values = large();
    put.mockClear();
    wait.mockClear();
    Object.assign(element, values);
    await element.updateComplete;
    pieces.push(put.mock.calls.length);
    await element.painted();
    expect(put.mock.calls).toHaveLength(145);
    expect(pieces[0]).toBeLessThan(30); // the large triangle and some heads are in the first task
    expect(wait.mock.calls.length).toBeGreaterThanOrEqual(8);
    for (const canvas of all<HTMLCanvasElement>(element, 'canvas')) {
      expect(canvas.width * canvas.height).toBeLessThanOrEqual(4e6);
      expect(canvas.width * canvas.height).toBeGreaterThan(1e4);
    }
    put.mockClear();
    const last = values.attention.rows[511];
    element.attention = { ...values.attention, rows: [...values.attention.rows.slice(0, 511), last.slice()] };
    await element.updateComplete;
    await element.painted();
    expect(put.mock.calls).toHaveLength(145);
    const rows = put.mock.calls.map(([image]) => image.height);
    expect(Math.max(...rows)).toBeLessThanOrEqual(2);
    put.mockRestore();
    wait.mockRestore();
  });
});
