/** `<nt-token-strip>`: blocks that are only ever appended, other texts, editing, bytes, merges. */
import { describe, expect, test } from 'vitest';
import type { NtTokenStrip } from '../../../src/elements/token-strip/token-strip.class.ts';
import '../../../src/elements/token-strip/define.ts';
import { RecordedRun } from '../../../src/run/recorded.ts';
import type { TokenInfo } from '../../../src/run/types.ts';
import { all, drawn, expectAccessible, place, press, recording, shiftDuring, watchPolicy, until } from './common.ts';

watchPolicy();

const utf8 = (text: string) => [...new TextEncoder().encode(text)];
/** Each word a token of 2 bits, the first one without. */
function tokensOf(text: string): TokenInfo[] {
  let from = 0;
  return (text.match(/\s*\S+|\s+$/g) ?? []).map((word, i) => {
    const token = { id: 100 + i, text: word, bytes: utf8(word), from, to: from + word.length };
    from += word.length;
    return i ? { ...token, bits: 2 } : token;
  });
}
const shown = async (values: Partial<NtTokenStrip>, width?: number, html = '<nt-token-strip></nt-token-strip>') => {
  const strip = await place<NtTokenStrip>(html, width);
  Object.assign(strip, values);
  await drawn();
  return strip;
};
const cells = (strip: NtTokenStrip) => all(strip, '.cell');
const caption = (strip: NtTokenStrip) => all(strip, '.caption')[0].textContent;

describe('blocks', () => {
  test('one for each token, with a foot of 1.25 px a bit, and a name', async () => {
    const tokens = [
      ...tokensOf('a great deal'),
      { id: 7, text: '<img src=x onerror=alert(1)>', bytes: [], from: 12, to: 12, bits: 40 },
    ];
    const strip = await shown({ tokens });
    expect(cells(strip).map((cell) => cell.ariaLabel)).toEqual([
      'a, token 100',
      'great, token 101, 2.00 bits',
      'deal, token 102, 2.00 bits',
      '<img src=x onerror=alert(1)>, token 7, 40.00 bits',
    ]);
    const foot = (i: number) => getComputedStyle(all(strip, '.foot')[i], '::before').height;
    expect([foot(1), foot(3)]).toEqual(['2.5px', '15px']);
    expect(all(strip, '.foot')[3].classList.contains('open')).toBe(true);
    expect(all(strip, '.foot')[0].classList.contains('unknown')).toBe(true);
    expect(all(strip, 'img')).toEqual([]);
    expect(caption(strip)).toContain('Mean 14.7 bits a token');
    expect(caption(strip)).toContain('(n = 3)');
    expect(all(strip, '.token')[1].textContent).toBe(' great'); // its space is real
  });

  test('parts of a character are hatched bytes, and the character stands where it is whole', async () => {
    const [a, b, c] = utf8('床');
    const part = (id: number, bytes: number[]) => ({ id, text: '<0xE5>', bytes, from: 0, to: 0 });
    const strip = await shown({ tokens: [part(1, [a, b])] });
    expect(all(strip, '.token')[0].textContent).toBe('e5 ba');
    expect(all(strip, '.token')[0].classList.contains('part')).toBe(true);
    strip.tokens = [part(1, [a, b]), part(2, [c])];
    await drawn();
    expect(all(strip, '.token')[1].textContent).toBe('8a 床');
    expect(cells(strip)[1].ariaLabel).toBe('8a 床, part of a character, token 2');
    expect(strip.shadowRoot!.textContent).not.toContain('�');
  });

  test('a run only appends: earlier blocks stay the same elements, the last one is marked', async () => {
    const run = new RecordedRun(await recording(), 2);
    const strip = await shown({ run });
    const before = cells(strip);
    const seen: MutationRecord[] = [];
    const observer = new MutationObserver((changes) => seen.push(...changes));
    observer.observe(all(strip, '.flow')[0], { childList: true, subtree: true });
    for (let n = 0; n < 4; n++) await run.step();
    await drawn();
    observer.disconnect();
    expect(cells(strip).slice(0, before.length)).toEqual(before);
    expect(cells(strip)).toHaveLength(before.length + 4);
    expect(seen.flatMap(({ removedNodes }) => [...removedNodes])).toEqual([]);
    expect(all(strip, '.drawn')).toEqual([cells(strip).at(-1)!.firstElementChild]);
    await run.goTo(run.steps.slice(0, 1).map(({ token }) => token));
    await drawn();
    expect(cells(strip)).toHaveLength(before.length - 1);
  });

  test('ids and bytes on demand; none: only the blocks', async () => {
    const strip = await shown({ tokens: tokensOf('a deal'), show: 'ids bytes' });
    expect(all(strip, '.id').map((id) => id.textContent)).toEqual(['100', '101']);
    expect(all(strip, '.hex')[1].textContent).toBe('20 64 65 61 6c');
    strip.show = 'none';
    await drawn();
    expect(all(strip, '.id, .hex')).toEqual([]);
  });

  test('beyond 2,000 tokens what is far from the window is skipped', async () => {
    const strip = await shown({ tokens: tokensOf('word '.repeat(2500)) });
    expect(all(strip, '.chunk')).toHaveLength(13);
    expect(getComputedStyle(all(strip, '.chunk')[5]).contentVisibility).toBe('auto');
  });
});

describe('another text', () => {
  const reading = async () => {
    const run = new RecordedRun(await recording());
    const asked: string[] = [];
    const score = async (text: string) => {
      asked.push(text);
      return tokensOf(text);
    };
    Object.assign(run, { score });
    return { run, asked };
  };

  test('is read by the Run', async () => {
    const { run, asked } = await reading();
    const strip = await shown({ run }, 600, '<nt-token-strip text="an unlikely sentence"></nt-token-strip>');
    await until('its tokens', () => cells(strip).length === 3);
    expect(asked).toEqual(['an unlikely sentence']);
    cells(strip)[1].click(); // its places mean nothing to the Run's other pictures
    expect(run.selection.pin).toBeUndefined();
  });

  test('can be edited: what is known stays, the rest is hatched until it is read', async () => {
    const { run, asked } = await reading();
    const strip = await shown({ run, text: 'one two', editable: true });
    await until('its tokens', () => all(strip, '.run:not(.pending)').length === 2);
    const area = all<HTMLTextAreaElement>(strip, 'textarea')[0];
    const changes: unknown[] = [];
    strip.addEventListener('text-change', (event) => changes.push((event as CustomEvent<unknown>).detail));
    area.value = 'one two three';
    area.dispatchEvent(new InputEvent('input', { bubbles: true }));
    await drawn();
    expect(changes).toEqual([{ text: 'one two three' }]);
    expect(all(strip, '.run.pending').map((e) => e.textContent)).toEqual([' two three']);
    await until('the new tokens', () => all(strip, '.run:not(.pending)').length === 3);
    expect(asked).toEqual(['one two', 'one two three']);
    // the blocks lie exactly behind the text
    expect(all(strip, '.under')[0].textContent).toBe('one two three\u200b');
    expect(all(strip, '.under')[0].offsetHeight).toBe(area.offsetHeight);
    area.focus();
    press('t');
    await drawn();
    expect(all(strip, 'table')).toEqual([]); // it is typed
    await expectAccessible(strip);
  });
});

test('keys: one tab stop, tokens, lines, ends, pin', async () => {
  const run = new RecordedRun(await recording());
  const strip = await shown({ run }, 320);
  const all_ = cells(strip);
  expect(all_.filter((cell) => cell.tabIndex === 0)).toEqual([all_.at(-1)]);
  const at = () => all_.indexOf(strip.shadowRoot!.activeElement as HTMLElement);
  all_.at(-1)!.focus();
  press('Home');
  expect(at()).toBe(0);
  press('ArrowRight');
  press('ArrowRight');
  press('ArrowLeft');
  expect(at()).toBe(1);
  expect(run.selection.hover).toEqual({ position: 1 });
  press('ArrowDown');
  expect(all_[at()].offsetTop).toBeGreaterThan(all_[1].offsetTop);
  press('ArrowUp');
  expect(all_[at()].offsetTop).toBe(all_[1].offsetTop);
  press('Home');
  press('PageDown');
  expect(at()).toBe(10);
  press('Enter');
  await drawn();
  expect(run.selection.pin).toEqual({ position: 10 });
  expect(all_[10].ariaSelected).toBe('true');
  expect(all_.filter((cell) => cell.tabIndex === 0)).toEqual([all_[10]]);
  press('Escape');
  await drawn();
  expect(all(strip, '.pin')).toEqual([]);
  run.select('hover', { position: 3 });
  await drawn();
  expect(all(strip, '.hover')).toEqual([all_[3]]);
});

test('merges: m joins one pair after the other', async () => {
  const tokens = tokensOf('low er');
  const strip = await shown({ tokens, show: 'merges', merges: [{ tokens: [0, 1], joins: [0, 0] }] });
  cells(strip)[0].focus();
  press('m');
  await drawn();
  const pieces = () => all(strip, '.piece').map((e) => e.textContent);
  expect(pieces()).toEqual(['l', 'o', 'w', ' er']);
  expect(strip.shadowRoot!.activeElement!.id).toBe('step'); // focus is not lost
  press('m');
  await drawn();
  expect(pieces()).toEqual(['lo', 'w', ' er']);
  expect(all(strip, '.fresh').map((e) => e.textContent)).toEqual(['lo']);
  expect(all(strip, 'label')[0].textContent).toBe('Merges: 1 of 2');
  await expectAccessible(strip);
  press('m');
  await drawn();
  expect(pieces()).toEqual([]);
});

test('the table has all tokens, and exports hold no script', async () => {
  const strip = await shown({ tokens: tokensOf('a <script>alert(1)</script>') });
  expect((await (await strip.export('tsv')).text()).split('\n').slice(0, 3)).toEqual([
    '#\ttext\tid\tbytes\tp\tbits',
    '1\ta\t100\t61\t\t',
    expect.stringContaining('2\t␣<script>alert(1)</script>\t101\t'),
  ]);
  expect(await (await strip.export('svg')).text()).not.toContain('<script');
});

test('the box keeps its height, whatever is in it', async () => {
  for (const width of [320, 800]) {
    const strip = await shown({}, width);
    const height = strip.offsetHeight;
    const run = new RecordedRun(await recording(), 0);
    const shift = await shiftDuring(async () => {
      strip.run = run;
      await drawn();
      for (let n = 0; n < 12; n++) {
        await run.step();
        await drawn();
      }
    });
    expect(shift).toBe(0);
    strip.tokens = tokensOf('word '.repeat(400));
    await drawn();
    expect(strip.offsetHeight).toBe(height);
    expect(strip.scrollWidth).toBeLessThanOrEqual(width);
    strip.style.setProperty('--nt-rows', '2');
    expect(strip.offsetHeight).toBe(height - 4 * 42);
    strip.parentElement!.remove();
  }
});

test('in Chinese, and accessible', async () => {
  const run = new RecordedRun(await recording('tang'));
  const strip = await shown({ run, show: 'surprise ids bytes' }, 360, '<nt-token-strip lang="zh"></nt-token-strip>');
  expect(caption(strip)).toContain('困惑度');
  expect(cells(strip)[1].ariaLabel).toBe('前 72 e5 89 8d，4.82 比特，开头');
  await expectAccessible(strip);
});
