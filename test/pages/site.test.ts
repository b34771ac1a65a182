/** The built site as a whole: no faults, accessible, nothing jumps, isolated where the server says so and working where it cannot. */
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, inject, test } from 'vitest';
import { axeFinds, sideways } from './axe.ts';
import { launch, openPage, predict, ready, stepsOf, textOf } from './browser.ts';
import { serveSite } from './static_server.ts';

const browser = await launch();
afterAll(() => browser.close());

const PAGES = ['', 'predict/'];

test.each(PAGES)('/%s predicts without a fault, isolated', async (path) => {
  const { page, problems, close } = await openPage(browser, inject('site') + path);
  expect(await page.evaluate(() => [isSecureContext, crossOriginIsolated])).toEqual([true, true]);
  await ready(page);
  const before = await textOf(page);
  expect((await predict(page)).length).toBeGreaterThan(before.length);
  expect(problems).toEqual([]);
  await close();
});

describe.each(PAGES)('/%s', (path) => {
  test.each([1440, 360])('axe finds nothing at %i pixels', async (width) => {
    const { page, close } = await openPage(browser, inject('site') + path, { viewport: { width, height: 800 } });
    await predict(page);
    expect(await axeFinds(page)).toEqual([]);
    await close();
  });

  test.each([320, 360, 768, 1440])('nothing jumps or sticks out at %i pixels, to the end of a run', async (width) => {
    const { page, close } = await openPage(browser, 'about:blank', { viewport: { width, height: 800 } });
    await page.addInitScript(() => {
      Object.assign(globalThis, { shifted: 0 });
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries() as (PerformanceEntry & { value: number; hadRecentInput: boolean })[])
          if (!entry.hadRecentInput) (globalThis as unknown as { shifted: number }).shifted += entry.value;
      }).observe({ type: 'layout-shift', buffered: true });
    });
    await page.goto(inject('site') + path);
    await ready(page);
    await page.evaluate(async () => {
      const line = document.querySelector('next-token') as unknown as {
        pace: number | string;
        updateComplete: Promise<unknown>;
        shown: { run(n: number): Promise<void> };
      };
      line.pace = 'free';
      await line.updateComplete;
      await line.shown.run(50);
    });
    await page.waitForTimeout(300);
    expect(await page.evaluate(() => (globalThis as unknown as { shifted: number }).shifted)).toBeLessThan(0.005);
    expect(await sideways(page)).toBe(0);
    await close();
  });

  test('in chinese: no text of the page is english', async () => {
    const { page, problems, close } = await openPage(browser, `${inject('site')}${path}?lang=zh`);
    await ready(page);
    expect(await page.evaluate(() => document.documentElement.lang)).toBe('zh-Hans');
    expect(await page.title()).toMatch(/\p{Script=Han}/u);
    await page.evaluate(() => document.querySelector('pre')?.remove()); // code is in no language
    expect(await page.locator('main').innerText()).not.toMatch(/\b(the|token|model|your)\b/i);
    expect(problems).toEqual([]);
    await close();
  });
});

test('the language changes in place: text and model stay, and it is kept', async () => {
  const { page, close } = await openPage(browser, inject('site'));
  const text = await predict(page);
  await page.getByRole('button', { name: '中文' }).click();
  await page.getByRole('button', { name: '下一个词元' }).waitFor();
  expect(await textOf(page)).toBe(text);
  await page.reload();
  expect(await page.evaluate(() => document.documentElement.lang)).toBe('zh-Hans');
  await close();
});

test('without javascript home shows the recorded line and wheel as text', async () => {
  const { page, close } = await openPage(browser, inject('site'), { javaScriptEnabled: false });
  const first = page.locator('.poster').first();
  expect(await first.innerText()).toMatch(/It\s*was[\s\S]*drawn[\s\S]*other tokens together/);
  expect(await first.locator('li').first().isVisible()).toBe(true);
  await close();
});

test('what the first paint of home waits for is at most 45 kB', async () => {
  const folder = new URL('../../node_modules/.cache/pages/', import.meta.url);
  const html = readFileSync(new URL('index.html', folder), 'utf8');
  const names = [
    ...html.matchAll(/<link rel="(?:stylesheet|preload)"[^>]*href="\.\/([^"]+)"|<script src="\.\/([^"]+)"/g),
  ];
  const size = (name: string) => {
    const file = readFileSync(new URL(name, folder));
    return name.endsWith('.woff2') ? file.length : gzipSync(file).length;
  };
  const files = names.map(([, link, script]) => link ?? script);
  expect(files.some((name) => name.endsWith('.woff2'))).toBe(true);
  expect([...files, 'index.html'].reduce((sum, name) => sum + size(name), 0)).toBeLessThan(45_000);
});

test('the menu of a narrow page: rows for fingers, closed by Escape', async () => {
  const { page, close } = await openPage(browser, inject('site'), { viewport: { width: 360, height: 700 } });
  await page.getByRole('button', { name: 'Menu' }).click();
  const rows = page.locator('.sheet a');
  for (const box of await rows.evaluateAll((list) => list.map((e) => e.getBoundingClientRect().height)))
    expect(box).toBeGreaterThanOrEqual(48);
  await page.keyboard.press('Escape');
  expect(await rows.first().isVisible()).toBe(false);
  await close();
});

test('presenting: the line alone, three keys, and back', async () => {
  const { page, problems, close } = await openPage(browser, inject('site'));
  await ready(page);
  const before = await stepsOf(page);
  await page.locator('body').press('Shift+P');
  expect(await page.locator('.head').isVisible()).toBe(false);
  await page.keyboard.press('ArrowRight');
  await expect.poll(() => stepsOf(page)).toBe(before + 1);
  await page.keyboard.press('ArrowLeft');
  await expect.poll(() => stepsOf(page)).toBe(before);
  await page.keyboard.press('b');
  expect(await page.locator('html.dark-screen').count()).toBe(1);
  await page.keyboard.press('Escape');
  expect(await page.locator('.head').isVisible()).toBe(true);
  expect(problems).toEqual([]);
  await close();
});

test('a host that sends no headers, below a path: the same site, without threads', async () => {
  const server = await serveSite();
  try {
    const { page, problems, close } = await openPage(browser, server.url);
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(false);
    await predict(page);
    await page.getByRole('navigation', { name: 'Pages' }).first().getByRole('link', { name: 'Predict' }).click();
    await predict(page);
    expect(problems).toEqual([]);
    await close();
  } finally {
    server.close();
  }
});

test('without a network: home and the model that was used', async () => {
  const server = await serveSite();
  const { page, close } = await openPage(browser, server.url);
  await predict(page);
  await page.locator('.offline:not([hidden])').waitFor({ state: 'attached' });
  await page.evaluate(() => navigator.serviceWorker.ready);
  await page.reload(); // what this visit fetched before the worker was there
  await predict(page);
  await page.context().setOffline(true);
  server.close();
  await page.reload();
  expect(await predict(page)).toMatch(/^It was a/);
  await close();
});
