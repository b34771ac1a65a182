/** The built site as a whole: no faults, accessible, nothing jumps, isolated where the server says so and working where it cannot. */
import { createRequire } from 'node:module';
import { afterAll, expect, inject, test } from 'vitest';
import { launch, openPage, predict } from './browser.ts';
import { serveSite } from './static_server.ts';

const browser = await launch();
afterAll(() => browser.close());

test('predicts without a fault, isolated', async () => {
  const { page, problems, close } = await openPage(browser, inject('site'));
  expect(await page.evaluate(() => [isSecureContext, crossOriginIsolated])).toEqual([true, true]);
  const prompt = await page.getByLabel('Prompt', { exact: true }).inputValue();
  expect((await predict(page)).length).toBeGreaterThan(prompt.length);
  expect(problems).toEqual([]);
  await close();
});

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

test.each([1000, 360])('axe finds nothing at %i pixels', async (width) => {
  const { page, close } = await openPage(browser, inject('site'), { viewport: { width, height: 700 } });
  await predict(page);
  await page.addScriptTag({ path: axe });
  const violations = await page.evaluate(async () => {
    const { axe: tool } = globalThis as unknown as {
      axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
    };
    return (await tool.run()).violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html).join(' ')}`);
  });
  expect(violations).toEqual([]);
  await close();
});

test.each([320, 360, 1440])(
  'nothing jumps or sticks out at %i pixels, from the first paint to the end of a run',
  async (width) => {
    const { page, close } = await openPage(browser, 'about:blank', { viewport: { width, height: 800 } });
    await page.addInitScript(() => {
      Object.assign(globalThis, { shifted: 0 });
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries() as (PerformanceEntry & { value: number; hadRecentInput: boolean })[])
          if (!entry.hadRecentInput) (globalThis as unknown as { shifted: number }).shifted += entry.value;
      }).observe({ type: 'layout-shift', buffered: true });
    });
    await page.goto(inject('site'));
    await predict(page);
    await page.getByRole('button', { name: 'Run' }).click();
    await page.getByText('Done.').waitFor();
    expect(await page.evaluate(() => (globalThis as unknown as { shifted: number }).shifted)).toBeLessThan(0.005);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
    await close();
  },
);

test('a host that sends no headers, below a path: the same site, without threads', async () => {
  const server = await serveSite();
  try {
    const { page, problems, close } = await openPage(browser, server.url);
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(false);
    await predict(page);
    expect(problems).toEqual([]);
    await close();
  } finally {
    server.close();
  }
});
