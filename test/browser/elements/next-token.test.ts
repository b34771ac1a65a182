/** `<next-token>` with the real engine: from the recording to the live model, keys, forms, roads, and what it tells. */
import { beforeAll, describe, expect, test } from 'vitest';
import type { NextToken } from '../../../src/elements/next-token/next-token.class.ts';
import '../../../src/elements/next-token/define.ts';
import { all, drawn, expectAccessible, place, press, shiftDuring, until, watchPolicy, withServices } from './common.ts';

beforeAll(withServices);
watchPolicy();

const live = async (html: string, width?: number): Promise<NextToken> => {
  const element = await place<NextToken>(html, width);
  await until('the live model', () => element.state === 'ready' && !element.shown?.recorded && element.shown?.peek);
  await drawn();
  return element;
};

const textOf = (element: NextToken): string => element.value;
const button = (element: NextToken, part: string) => all<HTMLButtonElement>(element, `[part~="${part}"]`)[0];

test('the recording is operable before the model, and the live run continues at the same text', async () => {
  const element = await place<NextToken>('<next-token engine="cpu" reveal="interaction"></next-token>');
  await until('the recording', () => element.state === 'poster');
  await drawn();
  expect(element.hasAttribute('recorded')).toBe(true);
  const text = textOf(element);
  expect(text.startsWith('It was a')).toBe(true);
  expect(element.steps.length).toBeGreaterThan(10);
  expect(button(element, 'load').textContent).toContain('3.8');
  button(element, 'step').click(); // from the beginning again
  await until('the beginning', () => element.steps.length === 0);
  button(element, 'step').click();
  await until('a replayed token', () => element.steps.length === 1);
  button(element, 'load').click();
  await until('the live model', () => element.state === 'ready');
  expect(element.hasAttribute('recorded')).toBe(false);
  expect(element.steps.length).toBe(1);
  expect(text.startsWith(textOf(element))).toBe(true);
  // the live model goes the same way as the recording
  for (let n = 0; n < 4; n++) {
    await until('what comes next', () => element.shown?.peek);
    await element.shown!.step();
  }
  expect(text.startsWith(textOf(element))).toBe(true);
});

test('a step sets the token that was announced; candidates, shares and sentence are the run’s', async () => {
  const element = await live('<next-token engine="cpu" loading="eager" prompt="She was "></next-token>', 1000);
  const told: string[] = [];
  element.addEventListener('token', (event) =>
    told.push((event as CustomEvent<{ step: { text: string } }>).detail.step.text),
  );
  const peek = element.shown!.peek!;
  const rows = all(element, '[role="option"]');
  expect(rows.length).toBeGreaterThan(3);
  expect(rows.filter((row) => row.getAttribute('aria-selected') === 'true')).toHaveLength(1);
  button(element, 'step').click();
  await until('the token', () => element.steps.length === 1);
  expect(element.steps[0]).toBe(peek);
  await until('the event', () => told.length === 1);
  expect(told).toEqual([peek.text]);
  const other = all(element, '.sentence')[0].textContent;
  expect(other).toMatch(/2,0\d\d other tokens together .*full bar/);
});

test('a picked candidate is yours; what stood there stays in the tree; walking back and taking another road works by keys', async () => {
  const element = await live('<next-token engine="cpu" loading="eager"></next-token>', 1000);
  element.shown!.reset();
  await until('what comes next', () => element.shown?.peek);
  await element.shown!.step();
  await until('what comes next', () => element.shown?.peek);
  await drawn();
  const first = element.steps[0];
  all<HTMLElement>(element, '[role="option"]')[0].focus();
  press('ArrowLeft');
  await drawn();
  // the wheel shows what was chosen from at the first place
  const rows = all<HTMLElement>(element, '[role="option"]');
  const another = rows.find((row) => row.getAttribute('aria-selected') === 'false')!;
  another.focus();
  press('Enter');
  await until('another road', () => element.steps.length === 1 && element.steps[0].token !== first.token);
  expect(element.steps[0].by).toBe('you');
  const tokens = element.tree!.children.filter((child) => child.taken).map((child) => child.token);
  expect(tokens).toContain(first.token);
  expect(tokens).toContain(element.steps[0].token);
  press('Backspace');
  await until('one back', () => element.steps.length === 0);
});

test('a veto keeps the text', async () => {
  const element = await live('<next-token engine="cpu" loading="eager"></next-token>', 1000);
  element.shown!.reset();
  await until('what comes next', () => element.shown?.peek);
  await drawn();
  element.addEventListener('candidate-pick', (event) => event.preventDefault(), { once: true });
  all<HTMLElement>(element, '[role="option"]')[0].click();
  await drawn();
  expect(element.steps).toHaveLength(0);
});

test('typing is predicted from; a run is stopped, and an earlier reply never lands in a new text', async () => {
  const element = await live('<next-token engine="cpu" loading="eager" pace="free" max-tokens="200"></next-token>');
  const run = element.shown!.run(200);
  await until('some tokens', () => element.steps.length > 2);
  const field = all<HTMLTextAreaElement>(element, 'textarea')[0];
  field.value = 'The ';
  field.dispatchEvent(new Event('input'));
  await run;
  expect(textOf(element)).toBe('The ');
  await until('a prediction', () => element.shown?.peek);
  expect(element.steps).toHaveLength(0);
  expect(element.shown!.tokens.map((token) => token.text).join('')).toBe('The ');
});

test('in a form: value, reset, required, disabled', async () => {
  const form = await place<HTMLFormElement>(
    '<form><fieldset><next-token name="text" engine="cpu" loading="eager" prompt="It was a" required></next-token></fieldset></form>',
  );
  const element = form.querySelector('next-token') as NextToken;
  await until('the live model', () => element.state === 'ready' && element.shown?.peek);
  await element.shown!.step();
  await drawn();
  expect(new FormData(form).get('text')).toBe(element.value);
  expect(element.value.length).toBeGreaterThan('It was a'.length);
  form.reset();
  await drawn();
  expect(new FormData(form).get('text')).toBe('It was a');
  element.value = '';
  await drawn();
  expect(form.checkValidity()).toBe(false);
  form.querySelector('fieldset')!.disabled = true;
  await drawn();
  expect(all<HTMLButtonElement>(element, 'button').every((b) => b.disabled)).toBe(true);
});

describe('what it looks like', () => {
  test.each([320, 360, 768, 1440])(
    '%i px: its size is the same in every state, and nothing shifts in 30 tokens',
    async (width) => {
      const element = await place<NextToken>('<next-token engine="cpu" reveal="interaction"></next-token>', width);
      const before = element.offsetHeight;
      expect(before).toBe(452);
      await until('the recording', () => element.state === 'poster');
      const shift = await shiftDuring(async () => {
        await element.load();
        await until('what comes next', () => element.shown?.peek);
        element.pace = 'free';
        await element.shown!.run(30);
        await drawn();
      });
      expect(element.offsetHeight).toBe(before);
      expect(shift).toBeLessThan(0.005);
      expect(element.shadowRoot!.querySelector('.stage')!.scrollWidth).toBeLessThanOrEqual(width);
      await expectAccessible(element);
    },
  );

  test('text that looks like HTML is text', async () => {
    const element = await live('<next-token engine="cpu" loading="eager"></next-token>');
    element.value = '<img src=x onerror=alert(1)>';
    await until('a prediction', () => element.shown?.peek);
    await drawn();
    expect(all(element, 'img')).toHaveLength(0);
    expect(all(element, '.run')[0].textContent?.replace(/\s+/g, ' ')).toContain('<img');
  });

  test('chinese: words and model', async () => {
    const element = await place<NextToken>('<next-token lang="zh" engine="cpu" loading="eager"></next-token>', 1000);
    await until('the live model', () => element.state === 'ready' && element.shown?.peek);
    await drawn();
    expect(element.shown!.model!.title).toBe('唐诗');
    expect(button(element, 'step').textContent).toContain('下一个词元');
    expect(element.shadowRoot!.textContent).not.toContain('\uFFFD');
  });
});
