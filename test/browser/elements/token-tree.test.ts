/** `<nt-token-tree>`: nodes that never move, roads, going back and elsewhere, keys, the folded beginning. */
import { describe, expect, test } from 'vitest';
import type { NtTokenTree } from '../../../src/elements/token-tree/token-tree.class.ts';
import '../../../src/elements/token-tree/define.ts';
import { RecordedRun } from '../../../src/run/recorded.ts';
import type { Branch } from '../../../src/run/types.ts';
import { all, drawn, expectAccessible, place, press, recording, shiftDuring, watchPolicy } from './common.ts';

watchPolicy();

const shown = async (values: Partial<NtTokenTree>, width?: number, html = '<nt-token-tree></nt-token-tree>') => {
  const tree = await place<NtTokenTree>(html, width);
  Object.assign(tree, values);
  await drawn();
  return tree;
};
const run = async (steps: number) => new RecordedRun(await recording(), steps);
const nodes = (tree: NtTokenTree) => all(tree, '[role=treeitem]');
const focused = (tree: NtTokenTree) => tree.shadowRoot!.activeElement!;

const leaf = (token: number, text: string, p: number, more: Partial<Branch> = {}): Branch => ({
  token,
  text,
  p,
  by: 'draw',
  taken: false,
  children: [],
  more: 0,
  ...more,
});
/** "a" was taken, then " b"; you went back and chose "<img …>". */
const record: Branch = leaf(-1, 'It', 1, {
  by: 'prompt',
  taken: true,
  more: 2045,
  children: [
    leaf(1, ' a', 0.6, { taken: true, children: [leaf(2, ' b', 0.5, { taken: true }), leaf(3, ' c', 0.2)] }),
    leaf(4, ' the', 0.2),
    leaf(5, '<img src=x onerror=alert(1)>', 0.1, {
      taken: true,
      by: 'you',
      children: [leaf(6, ' x', 0.9, { taken: true })],
    }),
  ],
});

describe('records', () => {
  test('red is the road taken, blue is where you turned off; thickness is probability', async () => {
    const tree = await shown({ tree: record, path: [1, 2] });
    const named = (start: string) => nodes(tree).find((node) => node.ariaLabel?.startsWith(start))!;
    expect(named('a,').ariaLabel).toBe('a, 60 %, taken');
    expect(named('b,').ariaLabel).toBe('b, 50 %, taken, the text ends here');
    expect(named('the').ariaLabel).toBe('the, 20 %');
    expect(named('<img').ariaLabel).toBe('<img src=x onerror=alert(1)>, 10 %, you chose');
    expect(named('x,').ariaLabel).toBe('x, 90 %, taken earlier');
    expect(named('prompt').ariaLabel).toBe('prompt: It, 2,045 more');
    expect(named('a,').className).toContain('taken');
    expect(named('x,').className).toContain('you');
    expect(named('b,').ariaCurrent).toBe('true');
    expect(all(tree, 'img')).toEqual([]);
    const thick = all<SVGPathElement>(tree, 'path').map((path) => Number(path.getAttribute('stroke-width')));
    expect(Math.max(...thick)).toBeCloseTo(1.2 + 25 * 0.9);
    expect(await (await tree.export('svg')).text()).not.toMatch(/<script|<img/);
    const tsv = await (await tree.export('tsv')).text();
    expect(tsv).toContain(' a\t␣b\t2\t0.5\t0.3\tdrawn');
  });

  test('a press asks the page only', async () => {
    const tree = await shown({ tree: record, path: [1, 2] });
    const asked: unknown[] = [];
    tree.addEventListener('branch-pick', (event) => asked.push((event as CustomEvent<unknown>).detail));
    nodes(tree)
      .find((node) => node.ariaLabel?.startsWith('x,'))!
      .click();
    expect(asked).toEqual([{ path: [5, 6] }]);
  });
});

test('taking tokens adds columns: no node ever moves in the world, nothing shifts', async () => {
  const tree = await shown({ run: await run(0) });
  const where = () =>
    new Map(
      nodes(tree).map((node) => [
        node,
        `${node.style.getPropertyValue('--at-x')} ${node.style.getPropertyValue('--at-y')}`,
      ]),
    );
  let before = where();
  const shift = await shiftDuring(async () => {
    for (let n = 0; n < 15; n++) {
      await tree.run!.step();
      await drawn();
      const now = where();
      for (const [node, at] of now) if (before.has(node)) expect(before.get(node)).toBe(at);
      before = now;
    }
  });
  expect(shift).toBeLessThan(0.001);
  expect(tree.offsetHeight).toBe(300);
  expect(nodes(tree).length).toBeLessThan(70);
  // the text's end and what could follow are in the box
  const box = all(tree, '.box')[0].getBoundingClientRect();
  const tip = all(tree, '[aria-current=true]')[0].getBoundingClientRect();
  expect(tip.left).toBeGreaterThan(box.left);
  expect(tip.right).toBeLessThan(box.right + 1);
  expect(tip.top).toBeGreaterThanOrEqual(box.top);
  expect(tip.bottom).toBeLessThanOrEqual(box.bottom + 1);
});

test('the beginning is folded into a block that leads back to it', async () => {
  const tree = await shown({ run: await run(18) });
  const fold = () => all<HTMLButtonElement>(tree, '.fold:not(.ahead) button')[0];
  expect(fold().textContent.trim()).toMatch(/^… \d+$/);
  const from = Number(/\d+/.exec(fold().textContent)![0]);
  fold().click();
  await drawn();
  expect(Number(/\d+/.exec(fold().textContent)![0])).toBeLessThan(from);
  expect(all(tree, '.ahead button')).toHaveLength(1);
  await tree.run!.goTo([]);
  await drawn();
  expect(all(tree, '.fold')).toEqual([]);
});

describe('going', () => {
  test('a press goes there, unless the page refuses', async () => {
    const recorded = await run(5);
    const tree = await shown({ run: recorded });
    const before = recorded.steps;
    const back = () => nodes(tree).filter((node) => node.className.includes('now'))[2];
    tree.addEventListener('branch-pick', (event) => event.preventDefault(), { once: true });
    back().click();
    expect(recorded.steps).toBe(before);
    back().click();
    await drawn();
    expect(recorded.steps).toHaveLength(2);
    expect(all(tree, '[aria-current=true]')[0].ariaLevel).toBe('3');
  });

  test('by keyboard: parent, child, siblings, ends, enter; focus is never lost', async () => {
    const recorded = await run(16);
    const tree = await shown({ run: recorded });
    expect(nodes(tree).filter((node) => node.tabIndex === 0)).toHaveLength(1);
    nodes(tree)
      .find((node) => node.tabIndex === 0)!
      .focus();
    const go = async (key: string) => {
      press(key);
      await drawn();
      expect(focused(tree).getAttribute('role')).toBe('treeitem');
      const { left, right } = focused(tree).getBoundingClientRect();
      const box = all(tree, '.box')[0].getBoundingClientRect();
      expect(left).toBeGreaterThanOrEqual(box.left);
      expect(right).toBeLessThanOrEqual(box.right + 1);
      return Number(focused(tree).ariaLevel);
    };
    expect(focused(tree).ariaLevel).toBe('17');
    expect(await go('ArrowLeft')).toBe(16);
    expect(await go('Home')).toBe(1);
    expect(await go('ArrowRight')).toBe(2);
    const name = focused(tree).ariaLabel;
    await go('ArrowUp');
    await go('ArrowDown');
    await go('ArrowDown');
    expect(focused(tree).ariaLabel).not.toBe(undefined);
    expect(await go('End')).toBe(17);
    expect(await go('PageUp')).toBe(7);
    press('Enter');
    await drawn();
    expect(recorded.steps).toHaveLength(6);
    expect(recorded.selection.hover?.position).toBe(recorded.steps.at(-1)!.position);
    expect(focused(tree).getAttribute('role')).toBe('treeitem');
    expect(name).toBeTruthy();
  });
});

test('a place that others point at is marked', async () => {
  const recorded = await run(4);
  const tree = await shown({ run: recorded });
  recorded.select('pin', { position: recorded.steps[1].position });
  await drawn();
  expect(all(tree, '.pointed').map((node) => node.ariaLevel)).toEqual(['3']);
});

test('at any width, in both languages, empty or full: the same height, accessible', async () => {
  for (const [width, lang] of [
    [320, 'zh'],
    [360, 'en'],
    [1440, 'en'],
  ] as const) {
    const empty = await shown({}, width, `<nt-token-tree lang="${lang}"></nt-token-tree>`);
    expect(empty.offsetHeight).toBe(300);
    await expectAccessible(empty);
    empty.run = await run(12);
    await drawn();
    expect(empty.offsetHeight).toBe(300);
    expect(empty.scrollWidth).toBeLessThanOrEqual(width);
    await expectAccessible(empty);
    empty.parentElement!.remove();
  }
});
