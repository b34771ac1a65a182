/** What a person meets at first, in order: each was a fault once. */
import type { Page } from 'playwright';
import { afterAll, describe, expect, inject, test } from 'vitest';
import { type Shared, writeLink } from '../../demo/shell/link.ts';
import { inWorker, launch, openPage, predict, ready, stepsOf, textOf } from './browser.ts';

const browser = await launch();
afterAll(() => browser.close());

const button = (page: Page, name: string) => page.locator('section.line').getByRole('button', { name, exact: true });
const run = (page: Page) => button(page, 'Run');
const stop = (page: Page) => button(page, 'Stop');
const prompt = (page: Page) => page.locator('#prompt');
const notice = (page: Page, words: string | RegExp) => page.locator('.line .notice').getByText(words);
const said = async (page: Page, words: string | RegExp) => {
  await expect.poll(() => notice(page, words).count(), { timeout: 30_000 }).toBe(1);
};
const focused = (page: Page) =>
  page.evaluate(() => document.activeElement?.id || document.activeElement?.textContent?.trim());

const open = async (shared?: Shared) =>
  openPage(browser, `${inject('site')}predict/${shared ? await writeLink(shared) : ''}`);

/** A model is chosen, as the picker does it. */
const choose = (page: Page, model: string) =>
  page.evaluate((name) => Object.assign(document.querySelector('next-token')!, { model: name }), model);
const models = (page: Page, title: string) => page.locator('.model .title').getByText(title).waitFor();
const taken = async (page: Page, n = 1) => {
  await expect.poll(() => stepsOf(page), { timeout: 30_000 }).toBeGreaterThanOrEqual(n);
};

describe('a reply of an old run is never shown', () => {
  test('the prompt edited, started over and another model chosen while it generates', async () => {
    const { page, problems, close } = await open({ maxTokens: 500 });
    await ready(page);
    await run(page).click();
    await taken(page);
    await prompt(page).fill('She');
    await page.waitForTimeout(300);
    expect(await textOf(page)).toBe('She');

    await run(page).click();
    await taken(page);
    await button(page, 'Start over').click();
    await page.waitForTimeout(300);
    expect(await textOf(page)).toBe('She');

    await run(page).click();
    await taken(page);
    await choose(page, 'tang');
    await models(page, '唐诗');
    await page.waitForTimeout(300);
    expect(await textOf(page)).toBe('She');
    expect(problems).toEqual([]);
    await close();
  });
});

test('the keyboard alone: Enter on Run keeps the focus, Ctrl+Enter runs and stops', async () => {
  const { page, close } = await open({ maxTokens: 500 });
  await ready(page);
  await run(page).focus();
  await page.keyboard.press('Enter');
  await stop(page).waitFor();
  expect(await focused(page)).toBe('Stop');
  await page.keyboard.press('Enter');
  await run(page).waitFor();
  expect(await focused(page)).toBe('Run');
  await prompt(page).focus();
  await page.keyboard.press('Control+Enter');
  await stop(page).waitFor();
  expect(await focused(page)).toBe('prompt');
  await page.keyboard.press('Control+Enter');
  await run(page).waitFor();
  await button(page, 'Start over').focus();
  await page.keyboard.press('Enter');
  expect(await focused(page)).toBe('Start over'); // it cannot be used now, and has the focus still
  await close();
});

test('tabs of a narrow page by arrow keys, one picture at a time', async () => {
  const { page, close } = await open();
  await page.setViewportSize({ width: 360, height: 700 });
  await page.getByRole('tab', { name: 'Candidates' }).focus();
  await page.keyboard.press('ArrowRight');
  expect(await focused(page)).toBe('tab-attention');
  expect(await page.getByRole('tabpanel').count()).toBe(1);
  await page.getByRole('tabpanel', { name: 'Attention' }).waitFor();
  await close();
});

test('nothing is claimed before it happened', async () => {
  const { page, close } = await open({ maxTokens: 20 });
  await ready(page);
  expect(await page.locator('.standing').innerText()).not.toMatch(/tokens\/s/);
  await run(page).click();
  await page
    .locator('.standing')
    .getByText(/tokens\/s/)
    .waitFor();
  await close();
});

test('a link to an address downloads nothing by itself, and what is wrong with the address is said', async () => {
  const asked: string[] = [];
  const { page, close } = await openPage(browser, 'about:blank');
  page.on('request', (request) => asked.push(request.url()));
  const link = await writeLink({ page: 'predict', model: 'http://127.0.0.1:9/model/' });
  await page.goto(`${inject('site')}predict/${link}`);
  const load = button(page, 'Load the model');
  await load.waitFor();
  await page.waitForTimeout(500);
  expect(asked.filter((url) => url.includes('127.0.0.1:9'))).toEqual([]);
  await load.click();
  await said(page, /http:\/\/127\.0\.0\.1:9\/model\/.*is the address right/);
  await button(page, 'Try again').waitFor();
  await close();
});

test('a model that does not open leaves the one before', async () => {
  const { page, close } = await open();
  await ready(page);
  await choose(page, 'http://127.0.0.1:9/model/');
  await said(page, 'Jane Austen still answers, on the CPU.');
  expect(await predict(page)).toMatch(/^It was a/);
  await close();
});

test('model, engine, prompt and settings survive a reload and are in the link', async () => {
  const { page, close } = await open();
  await ready(page);
  await choose(page, 'char-mini');
  await models(page, 'King James Bible');
  await prompt(page).fill('In the beginning & #1');
  await page.getByLabel('seed').fill('77');
  await page.getByLabel('seed').blur();
  await page.getByLabel('Engine').selectOption('cpu');
  await ready(page);
  const text = await predict(page);
  await page.getByRole('button', { name: 'Share' }).click();
  await expect.poll(() => page.url()).toMatch(/#1\./);
  const link = page.url();
  await page.waitForTimeout(500);
  for (const address of [`${inject('site')}predict/`, link]) {
    await page.goto('about:blank');
    await page.goto(address);
    await models(page, 'King James Bible');
    await ready(page);
    expect(await prompt(page).inputValue()).toBe('In the beginning & #1');
    expect(await page.getByLabel('seed').inputValue()).toBe('77');
    expect(await page.getByLabel('Engine').inputValue()).toBe('cpu');
  }
  await expect.poll(() => textOf(page)).toBe(text); // the link also has what followed
  await close();
});

test('a hostile link: text stays text', async () => {
  const evil = '<img src=x onerror="document.title=1"><script>document.title=1</script>';
  const { page, problems, close } = await open({ prompt: evil, model: 'austen', sampling: { seed: 3 } });
  await predict(page);
  expect(await prompt(page).inputValue()).toBe(evil);
  expect(await page.title()).toBe('Predict · nextoken');
  expect(await page.locator('img').count()).toBe(0);
  expect(problems).toEqual([]);
  await close();
});

test('a cut link is not used, and it is said', async () => {
  const link = (await writeLink({ prompt: 'It was the best of times, it was the worst of times' }))!;
  const { page, close } = await openPage(browser, `${inject('site')}predict/${link.slice(0, 20)}`);
  await said(page, /The link was not used: this link was cut/);
  expect(await predict(page)).toMatch(/^It was a/);
  await close();
});

test('a prompt longer than the context: how much is not read is said', async () => {
  const { page, close } = await open();
  await ready(page);
  await prompt(page).fill('It was a truth universally acknowledged. '.repeat(60));
  await said(page, /longer than the model can see: the first \d+ tokens are not read/);
  expect(await stepsOf(page)).toBe(0);
  await close();
});

test('a seed outside its range is refused with the range', async () => {
  const { page, close } = await open();
  await ready(page);
  for (const wrong of ['-5', '1e20', '1.5', '']) {
    await page.getByLabel('seed').fill(wrong);
    await page.getByLabel('seed').blur();
    await said(page, 'from 0 to 4,294,967,295; the seed stays 1');
    await expect.poll(() => page.getByLabel('seed').inputValue()).toBe('1');
  }
  await close();
});

test('temperature, top-k and top-p move the outlines, never the bars', async () => {
  const { page, close } = await open();
  await ready(page);
  const rows = page.locator('nt-candidate-bars').getByRole('option');
  const names = () => rows.evaluateAll((list) => list.map((row) => row.getAttribute('aria-label') ?? ''));
  await expect.poll(async () => (await names()).length).toBeGreaterThan(6);
  const probabilities = async () => Object.fromEntries((await names()).map((name) => name.split(', ').slice(0, 2)));
  const before = await probabilities();
  await page.getByLabel('top-k').fill('2');
  await expect
    .poll(async () => (await names()).filter((name) => name.includes('cut by the settings')).length)
    .toBeGreaterThan(4);
  const after = await probabilities();
  for (const [token, p] of Object.entries(after)) expect([undefined, p]).toContain(before[token]);
  await close();
});

test('the GPU is lost while it generates: it is told in words, and the text is the same', async () => {
  const { page, problems, close } = await openPage(browser, 'about:blank');
  await inWorker(
    page,
    `const request = GPUAdapter.prototype.requestDevice;
     GPUAdapter.prototype.requestDevice = async function (d) {
       const device = await request.call(this, d);
       new BroadcastChannel('lose').onmessage = () => device.destroy();
       return device;
     };`,
  );
  const link = await writeLink({ engine: 'gpu', model: 'char-mini', maxTokens: 40, prompt: 'And the' });
  await page.goto(`${inject('site')}predict/${link}`);
  await ready(page);
  const once = async (lose: boolean) => {
    if (lose) await button(page, 'Start over').click();
    await run(page).click();
    await taken(page);
    if (lose) {
      await page.evaluate(() => new BroadcastChannel('lose').postMessage(0));
      await said(page, /The GPU was lost.*the text goes on/);
    }
    await taken(page, 40);
    await run(page).waitFor();
    return textOf(page);
  };
  const alone = await once(false);
  expect(await once(true)).toBe(alone);
  expect(problems).toEqual([]);
  await close();
});

test('trains, stops, and predicts with it where the person then is', async () => {
  const { page, problems, close } = await open();
  await ready(page);
  const panel = page.locator('nt-train-panel');
  await panel.scrollIntoViewIfNeeded();
  await panel.getByRole('button', { name: 'Sherlock Holmes' }).click();
  await panel.getByRole('button', { name: 'Start training' }).click();
  await panel
    .getByText(/step \d+ of/)
    .first()
    .waitFor();
  await panel.getByRole('button', { name: 'Stop', exact: true }).click();
  const use = panel.getByRole('button', { name: 'Use it' });
  await use.click();
  expect(await focused(page)).toBe('prompt');
  await expect.poll(() => page.locator('.model .title').innerText(), { timeout: 30_000 }).not.toBe('Jane Austen');
  expect(await predict(page)).toMatch(/^It was a/);
  expect(
    await prompt(page).evaluate(
      (e) => e.getBoundingClientRect().top >= 0 && e.getBoundingClientRect().bottom <= innerHeight,
    ),
  ).toBe(true);
  expect(problems).toEqual([]);
  await close();
});
