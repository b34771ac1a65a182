/** The design tokens in a real browser: themes, what is inherited, what a page may set, and the numbers for canvases. */
import { html, LitElement } from 'lit';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { cdp } from 'vitest/browser';
import { COLOURS, hex, palette, rgb } from '../../src/elements/core/colours.ts';
import { InksController, readInks } from '../../src/elements/core/inks.ts';
import { tokens } from '../../src/elements/core/tokens.ts';

class Inner extends LitElement {
  static override styles = tokens;
  readonly inks = new InksController(this);
  drawn = 0;
  override render() {
    this.drawn++;
    return html`<i>${hex(this.inks.now.red)}</i>`;
  }
}

class Outer extends LitElement {
  static override styles = tokens;
  readonly inks = new InksController(this);
  override render() {
    return html`<tokens-inner></tokens-inner><slot></slot>`;
  }
}

beforeAll(() => {
  customElements.define('tokens-inner', Inner);
  customElements.define('tokens-outer', Outer);
});

const style = document.createElement('style');
document.head.append(style);
/** Emulates a system's theme, forced colours or paper. */
const emulate = (media: string, features: Record<string, string> = {}) =>
  (cdp() as unknown as { send(method: string, parameters: object): Promise<void> }).send('Emulation.setEmulatedMedia', {
    media,
    features: Object.entries(features).map(([name, value]) => ({ name, value })),
  });

afterEach(async () => {
  await emulate('');
  document.body.replaceChildren();
  document.documentElement.removeAttribute('class');
  style.textContent = '';
});

async function show(markup: string) {
  document.body.innerHTML = markup;
  const outer = document.querySelector<Outer>('tokens-outer')!;
  await outer.updateComplete;
  const inner = outer.shadowRoot!.querySelector<Inner>('tokens-inner')!;
  await inner.updateComplete;
  return { outer, inner };
}

const side = (name: keyof typeof COLOURS, theme: 'light' | 'dark') => hex(rgb(COLOURS[name][theme === 'dark' ? 1 : 0]));

test.each(['light', 'dark'] as const)('without a theme it is the system’s: %s', async (theme) => {
  await emulate('', { 'prefers-color-scheme': theme });
  const { outer, inner } = await show('<tokens-outer></tokens-outer>');
  for (const element of [outer, inner]) expect(readInks(element)).toEqual(palette(theme));
  expect(outer.hasAttribute('style')).toBe(false);
});

test('canvases are drawn again when the system’s theme changes', async () => {
  await emulate('', { 'prefers-color-scheme': 'light' });
  const { inner } = await show('<tokens-outer></tokens-outer>');
  await emulate('', { 'prefers-color-scheme': 'dark' });
  await expect.poll(() => inner.shadowRoot!.querySelector('i')!.textContent).toBe(side('red', 'dark'));
});

test('forced colours are the system’s, whatever the page has set', async () => {
  style.textContent = ':root { --nt-ink: #00ff01; } tokens-outer { --nt-sheet: #00ff01; --nt-red: #00ff01; }';
  await emulate('', { 'forced-colors': 'active' });
  const { outer, inner } = await show('<tokens-outer theme="dark"></tokens-outer>');
  const system = (name: string, at: Element) => {
    const probe = document.createElement('b');
    probe.style.color = name;
    at.shadowRoot!.append(probe);
    return getComputedStyle(probe)
      .color.match(/[\d.]+/g)!
      .slice(0, 3)
      .map(Number); // Highlight is not quite opaque
  };
  for (const element of [outer, inner]) {
    const { ink, sheet, red, blue } = readInks(element);
    const names = ['CanvasText', 'Canvas', 'Highlight', 'LinkText'];
    expect([ink, sheet, red, blue]).toEqual(names.map((n) => system(n, element)));
  }
});

test('paper is white and its ink black, whatever the theme', async () => {
  style.textContent = 'tokens-outer { --nt-ink: #eeeeee; }';
  await emulate('print', { 'prefers-color-scheme': 'dark' });
  const { outer, inner } = await show('<tokens-outer theme="dark"></tokens-outer>');
  for (const element of [outer, inner]) {
    const { ink, sheet, red } = readInks(element);
    expect([hex(ink), hex(sheet), hex(red)]).toEqual(['#000000', '#ffffff', side('red', 'light')]);
  }
});

test.each(['light', 'dark'] as const)('theme="%s" also holds for the elements inside', async (theme) => {
  const { outer, inner } = await show(
    `<tokens-outer theme="${theme}"><p><tokens-inner></tokens-inner></p></tokens-outer>`,
  );
  const slotted = outer.querySelector<Inner>('tokens-inner')!;
  for (const element of [outer, inner, slotted]) expect(readInks(element)).toEqual(palette(theme));
});

test('an element inside may have a theme of its own', async () => {
  const { outer } = await show('<tokens-outer theme="dark"><tokens-inner theme="light"></tokens-inner></tokens-outer>');
  expect(readInks(outer.querySelector('tokens-inner')!)).toEqual(palette('light'));
});

test('a page sets a token on an element or around it, and it reaches what is inside', async () => {
  const { outer, inner } = await show('<tokens-outer theme="light"></tokens-outer>');
  style.textContent = 'tokens-outer { --nt-red: #00ff01; } :root { --nt-blue: light-dark(#010203, #040506); }';
  for (const element of [outer, inner]) {
    const { red, blue, ink } = readInks(element);
    expect([hex(red), hex(blue), hex(ink)]).toEqual(['#00ff01', '#010203', side('ink', 'light')]);
  }
});

test('a page chooses one theme for all elements', async () => {
  const { inner } = await show('<tokens-outer></tokens-outer>');
  for (const theme of ['dark', 'light'] as const) {
    style.textContent = `:root { --nt-scheme: ${theme}; }`;
    expect(readInks(inner)).toEqual(palette(theme));
  }
});

test('colours of other notations are read as sRGB', async () => {
  const { inner } = await show('<tokens-outer></tokens-outer>');
  style.textContent = ':root { --nt-red: color(srgb 1 0 0.5); --nt-blue: hsl(120deg 100% 50%); }';
  expect(hex(readInks(inner).red)).toBe('#ff0080');
  expect(hex(readInks(inner).blue)).toBe('#00ff00');
});

test('theme="inherit" takes the page’s text colour and scheme, in filled buttons too', async () => {
  const { outer, inner } = await show(
    '<section style="color-scheme: dark; color: rgb(1 200 3)"><tokens-outer theme="inherit"></tokens-outer></section>',
  );
  const button = document.createElement('button');
  button.style.cssText = 'color: var(--nt-sheet); background: var(--nt-ink)';
  inner.shadowRoot!.append(button);
  expect(getComputedStyle(button).backgroundColor).toBe('rgb(1, 200, 3)');
  expect(hex(readInks(inner).red)).toBe(side('red', 'dark'));
  expect(getComputedStyle(inner).colorScheme).toBe('dark');
  outer.setAttribute('theme', 'light');
  outer.requestUpdate();
  await outer.updateComplete;
  expect(readInks(inner)).toEqual(palette('light'));
});

test('what is drawn with numbers is drawn again when a theme changes, and only then', async () => {
  const { outer, inner } = await show('<tokens-outer theme="light"></tokens-outer>');
  const frames = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  const text = () => inner.shadowRoot!.querySelector('i')!.textContent;
  expect([text(), inner.drawn]).toEqual([side('red', 'light'), 1]);
  outer.setAttribute('theme', 'dark');
  await frames();
  await inner.updateComplete;
  expect([text(), inner.drawn]).toEqual([side('red', 'dark'), 2]);
  style.textContent = '.own { --nt-red: #123456; }';
  document.documentElement.className = 'own';
  await frames();
  await inner.updateComplete;
  expect([text(), inner.drawn]).toEqual(['#123456', 3]);
  document.documentElement.className = 'own other';
  await frames();
  expect(inner.drawn).toBe(3);
});
