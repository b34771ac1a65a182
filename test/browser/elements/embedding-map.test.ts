/** The map of a space: points, nearest, keys, search, a word's two paths, and a live model behind it. */
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import '../../../src/elements/embedding-map/define.ts';
import type { EmbeddingMap } from '../../../src/elements/embedding-map/embedding-map.class.ts';
import { openHost } from '../../../src/host/open_host.ts';
import { ComputedRun } from '../../../src/run/live.ts';
import type { Embedding, WordPaths } from '../../../src/run/types.ts';
import { all, drawn, expectAccessible, place, press, refusals, shiftDuring, strictPolicy, until } from './common.ts';

const hostile = '<img src=x onerror=alert(1)>';

/** Points on a cross: a centre, and one in each direction. */
const embedding: Embedding = {
  ids: [7, 3, 4, 5, 6],
  names: [' the', 'east', 'west', 'north', hostile],
  vectors: Float32Array.of(0.1, 0.1, 4, 0.2, -4, 0, 0, 3, 0.2, -3),
  dim: 2,
  projection: {
    points: Float32Array.of(0.1, 0.1, 4, 0.2, -4, 0, 0, 3, 0.2, -3),
    axes: Float32Array.of(1, 0, 0, 1),
    mean: Float32Array.of(0, 0),
    explained: [0.6, 0.4],
  },
};

const paths: WordPaths = {
  layers: ['embed', 'h.0', 'h.1'],
  texts: ['the bank of the river', 'the bank lent money'],
  word: 'bank',
  tokens: [1, 1],
  paths: [
    [Float32Array.of(1, 0, 0), Float32Array.of(2, 1, 0), Float32Array.of(3, 3, 0)],
    [Float32Array.of(1, 0, 0), Float32Array.of(2, -1, 0), Float32Array.of(3, -3, 0.5)],
  ],
  dim: 3,
  distances: [0, 0.4, 0.71],
};

async function map(more: Partial<EmbeddingMap> = {}, width = 400): Promise<EmbeddingMap> {
  const element = await place<EmbeddingMap>('<nt-embedding-map></nt-embedding-map>', width);
  Object.assign(element, { embedding, ...more });
  await drawn();
  return element;
}

const cursor = (element: Element) => all(element, '.cursor')[0];
const caption = (element: Element) => all(element, '.caption')[0].textContent.replace(/\s+/g, ' ').trim();

beforeAll(strictPolicy);
afterEach(() => document.body.replaceChildren());

describe('embedding-map', () => {
  test('a square of 280 to 560 px that stays in every state', async () => {
    for (const [width, height] of [
      [240, 280],
      [400, 400],
      [1200, 560],
    ]) {
      const element = await place<EmbeddingMap>('<nt-embedding-map></nt-embedding-map>', width);
      expect(element.getBoundingClientRect().height).toBe(height);
      expect(await shiftDuring(async () => Object.assign(element, { embedding }))).toBe(0);
      expect(element.getBoundingClientRect().height).toBe(height);
      element.remove();
    }
  });

  test('points and names; the caption says how much of the variance is seen; names are text', async () => {
    const element = await map();
    expect(caption(element)).toBe('2 of 2 directions: 100 % of the variance. 5 tokens.');
    expect(all(element, '.label').map((e) => e.textContent)).toContain(hostile);
    expect(all(element, 'img')).toEqual([]);
    const canvas = all<HTMLCanvasElement>(element, '.map canvas')[0];
    const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
    expect(data.some((x) => x > 0)).toBe(true);
    await expectAccessible(element);
  });

  test('arrow keys go to the nearest point in a direction; Enter pins it, Esc clears', async () => {
    const element = await map();
    const picked: unknown[] = [];
    element.addEventListener('word-pick', (event) => picked.push((event as CustomEvent<unknown>).detail));
    cursor(element).focus();
    press('ArrowRight');
    await drawn();
    expect(cursor(element).getAttribute('aria-label')).toMatch(/^east; nearest: ␣the 0\.74/);
    press('Enter');
    await drawn();
    expect(picked).toEqual([{ name: 'east' }]);
    expect(all(element, '.label.pin').map((e) => e.textContent)).toEqual(['east']);
    press('Escape');
    await drawn();
    expect(all(element, '.label.pin')).toHaveLength(0);
  });

  test('search finds a name and pins it', async () => {
    const element = await map();
    cursor(element).focus();
    press('/');
    await drawn();
    const [input] = all<HTMLInputElement>(element, '.find input');
    input.value = 'NOR';
    input.dispatchEvent(new InputEvent('input'));
    await drawn();
    press('Enter');
    await drawn();
    expect(all(element, '.label.pin').map((e) => e.textContent)).toEqual(['north']);
    expect(all(element, '.find')).toHaveLength(0);
  });

  test('the nearest around the chosen one, and as a list beside the map', async () => {
    const element = await map({ method: 'neighbours', near: 3 }, 1000);
    expect(all(element, '.cosine')).toHaveLength(3);
    expect(all(element, '.side li')).toHaveLength(3);
  });

  test('a word in two texts: its ends, its distance, its table', async () => {
    const element = await map({ of: 'words', paths });
    expect(caption(element)).toMatch(/^“bank” in two texts.*% of the variance/);
    expect(all(element, '.apart')[0].textContent).toContain('apart: 0.00 → 0.71');
    expect(all(element, '.label').map((e) => e.textContent)).toEqual(
      expect.arrayContaining(['● text 1, layer 2', '■ text 2, layer 2', 'embedding']),
    );
    const rows = (await (await element.export('tsv')).text()).trim().split('\n');
    expect(rows).toHaveLength(4);
    expect(rows[3]).toMatch(/^layer 2\t.*\t0\.71$/);
    await expectAccessible(element);
  });

  test('the picture is one image without scripts', async () => {
    const svg = await (await (await map()).export('svg')).text();
    expect(svg).toContain('<image');
    expect(svg).not.toMatch(/<script|<img/);
  });

  test('a live model: its tokens, what is near one, and a word that is asked for', async () => {
    const run = new ComputedRun(() => openHost(), {
      source: 'char-mini',
      engine: 'cpu',
      prompt: 'To be',
      candidates: 4,
    });
    const element = await map({ embedding: undefined, run });
    await run.open();
    await until('a map', () => all(element, '.label').length);
    expect(caption(element)).toMatch(/65 tokens/);
    run.select('pin', { token: run.tokens[0].id });
    await until('the pinned one', () => all(element, '.label.pin')[0]?.textContent === 'T');
    element.of = 'words';
    await drawn();
    const inputs = all<HTMLInputElement>(element, '.ask input');
    for (const [i, value] of ['be', 'To be or not', 'I will be there'].entries()) inputs[i].value = value;
    all<HTMLFormElement>(element, '.ask')[0].requestSubmit();
    await until('two paths', () => all(element, '.apart').length);
    expect(caption(element)).toMatch(/^“be”/);
    run.close();
  }, 90_000);

  test('no style attribute was written', () => {
    expect(refusals()).toEqual([]);
  });
});
