/** What a person meets at first, in order: each was a fault once. */
import type { Page } from 'playwright';
import { afterAll, describe, expect, inject, test } from 'vitest';
import { inWorker, launch, openPage, predict } from './browser.ts';

const browser = await launch();
afterAll(() => browser.close());

const run = (page: Page) => page.getByRole('button', { name: 'Run', exact: true });
const stop = (page: Page) => page.getByRole('button', { name: 'Stop', exact: true }).first();
const prompt = (page: Page) => page.getByLabel('Prompt', { exact: true });
const text = (page: Page) => page.locator('#continuation').innerText();
const ready = (page: Page) => page.locator('candidate-bars').waitFor();
const focused = (page: Page) =>
  page.evaluate(() => document.activeElement?.textContent?.trim() || document.activeElement?.id);

const open = (hash = '') => openPage(browser, inject('site') + hash);

describe('a reply of an old run is never shown', () => {
  test('the prompt edited, started over and another model chosen while it generates', async () => {
    const { page, problems, close } = await open('#maxTokens=500');
    await ready(page);
    await run(page).click();
    await page.locator('#continuation mark').waitFor();
    await prompt(page).fill('She');
    await page.waitForTimeout(300);
    expect(await text(page)).toBe('She');

    await run(page).click();
    await page.locator('#continuation mark').waitFor();
    await page.getByRole('button', { name: 'Start over' }).click();
    await page.waitForTimeout(300);
    expect(await text(page)).toBe('She');

    await run(page).click();
    await page.locator('#continuation mark').waitFor();
    await page.getByLabel('Choose a model').selectOption('tang');
    await page.getByText('is ready.').waitFor();
    await page.waitForTimeout(300);
    expect(await text(page)).toBe('She');
    expect(problems).toEqual([]);
    await close();
  });
});

test('the keyboard alone: Enter on Run keeps the focus, Ctrl+Enter runs and stops', async () => {
  const { page, close } = await open('#maxTokens=500');
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
  await page.getByRole('button', { name: 'Start over' }).focus();
  await page.keyboard.press('Enter');
  expect(await focused(page)).toBe('Start over'); // it cannot be used now, and has the focus still
  await close();
});

test('nothing is claimed before it happened', async () => {
  const { page, close } = await open();
  await ready(page);
  expect(await page.locator('.numbers').innerText()).toBe('');
  expect(await page.locator('candidate-bars').locator('.chosen').count()).toBe(0);
  await run(page).click();
  await page.getByText(/first token \d+ ms/).waitFor();
  await close();
});

test('own files and addresses: nothing loads before they are chosen, and errors name the address', async () => {
  const { page, close } = await open();
  await ready(page);
  for (const choice of ['files', 'url']) {
    await page.getByLabel('Choose a model').selectOption(choice);
    await page.waitForTimeout(100);
    expect(await page.locator('progress').count()).toBe(0);
    expect(await page.locator('main').innerText()).not.toMatch(/Asking for/);
  }
  await page.getByLabel(/Address of a folder/).fill('http://127.0.0.1:9/model/');
  await page.getByRole('button', { name: 'Load', exact: true }).click();
  const alert = page.getByRole('alert');
  await alert.filter({ hasText: /http:\/\/127\.0\.0\.1:9\/model\/.*is the address right/ }).waitFor();
  await page.getByRole('button', { name: 'Try again' }).waitFor();
  expect(await page.getByRole('status').first().innerText()).toBe('Jane Austen still answers, on the CPU.');
  await close();
});

test('model, engine, prompt and settings survive a reload and are in the link', async () => {
  const { page, close } = await open();
  await ready(page);
  await page.getByLabel('Choose a model').selectOption('char-mini');
  await page.getByText('King James Bible, by character is ready.').waitFor();
  await prompt(page).fill('In the beginning & #1');
  await page.getByLabel('Seed').fill('77');
  await page.waitForTimeout(600); // the next token is predicted and shown while the number is being typed
  await page.getByLabel('Seed').blur();
  await page.getByLabel('Engine').selectOption('cpu');
  await page.getByText('CPU, as you chose').waitFor();
  await page.waitForTimeout(500);
  const link = page.url();
  for (const again of ['reload', 'link'] as const) {
    if (again === 'reload') await page.reload();
    else {
      await page.goto('about:blank');
      await page.goto(link);
    }
    await page.getByText('CPU, as you chose').waitFor();
    expect(await prompt(page).inputValue()).toBe('In the beginning & #1');
    expect(await page.getByLabel('Seed').inputValue()).toBe('77');
    expect(await page.getByLabel('Choose a model').inputValue()).toBe('char-mini');
    expect(await page.getByLabel('Engine').inputValue()).toBe('cpu');
  }
  await close();
});

test('a link to an address downloads nothing by itself', async () => {
  const { page, close } = await open(`#model=${encodeURIComponent('https://example.org/model/')}`);
  await page.getByText('Press Load to fetch the model of this link.').waitFor();
  expect(await page.getByLabel(/Address of a folder/).inputValue()).toBe('https://example.org/model/');
  expect(await page.locator('progress').count()).toBe(0);
  await close();
});

test('a prompt longer than the context: how much is not read, and where it was cut', async () => {
  const { page, close } = await open();
  await ready(page);
  const long = 'It was a truth universally acknowledged. '.repeat(60);
  await prompt(page).fill(long);
  await page.getByText(/sees 256 tokens at once; the first \d+ of this text/).waitFor();
  const cut = await page.locator('#continuation s').textContent();
  expect(long.startsWith(cut!)).toBe(true);
  expect(cut!.length).toBeGreaterThan(500);
  await close();
});

test('a seed outside its range is refused with the range', async () => {
  const { page, close } = await open();
  await ready(page);
  for (const wrong of ['-5', '1e20', '1.5', '']) {
    await page.getByLabel('Seed').fill(wrong);
    await page.getByLabel('Seed').blur();
    await page.getByRole('alert').filter({ hasText: 'from 0 to 4,294,967,295; the seed stays 1' }).waitFor();
    await expect.poll(() => page.getByLabel('Seed').inputValue()).toBe('1');
  }
  await close();
});

test('temperature, top-k and top-p move the outlines, never the bars', async () => {
  const { page, close } = await open();
  await ready(page);
  const bars = page.locator('candidate-bars');
  const labels = () => bars.getByRole('button').evaluateAll((list) => list.map((b) => b.getAttribute('aria-label')!));
  const before = await labels();
  await page.getByLabel('Top-k').fill('2');
  await bars.locator('.cut').first().waitFor();
  const after = await labels();
  expect(after.map((l) => l.split(', ').slice(0, 2))).toEqual(before.map((l) => l.split(', ').slice(0, 2)));
  expect(after.filter((l) => l.includes('cut by the settings'))).toHaveLength(8);
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
  await page.goto(`${inject('site')}#engine=gpu&model=char-mini&maxTokens=60&prompt=And%20the`);
  await ready(page);
  const once = async (lose: boolean) => {
    if (lose) await page.getByRole('button', { name: 'Start over' }).click();
    await run(page).click();
    await page.locator('#continuation mark').waitFor();
    if (lose) {
      await page.evaluate(() => new BroadcastChannel('lose').postMessage(0));
      await page.getByText('The GPU was lost; the text continues.').waitFor();
    }
    await page.getByText('Done.').waitFor();
    return text(page);
  };
  const alone = await once(false);
  expect(await once(true)).toBe(alone);
  expect(problems).toEqual([]);
  await close();
});

test('trains, stops, and predicts with it where the person then is', async () => {
  const { page, problems, close } = await open();
  await ready(page);
  await page.getByRole('button', { name: 'Sherlock Holmes' }).click();
  const start = page.getByRole('button', { name: 'Start training' });
  await start.and(page.locator('[aria-disabled=false]')).click();
  await page.getByText(/step \d+ \(/).waitFor();
  await page.getByRole('button', { name: 'Pause' }).click();
  await page.getByText('Paused').waitFor();
  await page.getByRole('button', { name: 'Resume' }).click();
  await page.getByRole('button', { name: 'Stop', exact: true }).last().click();
  await page.getByText(/Ended · .*Stopped\./).waitFor();
  await page.getByRole('button', { name: 'Predict with it' }).click();
  expect(await focused(page)).toBe('prompt');
  await page.getByText('Your text is ready.').waitFor();
  expect(
    await prompt(page).evaluate(
      (e) => e.getBoundingClientRect().top >= 0 && e.getBoundingClientRect().bottom <= innerHeight,
    ),
  ).toBe(true);
  await page.locator('candidate-bars').waitFor();
  expect((await predict(page)).length).toBeGreaterThan((await prompt(page).inputValue()).length);
  expect(problems).toEqual([]);
  await close();
});
