/** The built site as a whole: no faults, accessible, isolated where the server says so and working where it cannot. */
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { extname } from 'node:path';
import type { Page } from 'playwright';
import { afterAll, expect, inject, test } from 'vitest';
import { launch, openPage } from './browser.ts';

const browser = await launch();
afterAll(() => browser.close());

/** Runs the model for a few tokens; resolves when they are there. */
async function predict(page: Page): Promise<string> {
  await page.getByRole('button', { name: 'Next token' }).click();
  await page.locator('#continuation mark').waitFor();
  return page.locator('#continuation').innerText();
}

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

test('a host that sends no headers, below a path: the same site, without threads', async () => {
  const types: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' };
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? '').replace(/[?#].*$/, '');
    const name = path.replace(/^\/repo\//, '').replace(/^$/, 'index.html');
    readFile(new URL(`../../node_modules/.cache/pages/${name}`, import.meta.url)).then(
      (body) => response.setHeader('content-type', types[extname(name)] ?? 'application/octet-stream').end(body),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  try {
    const { port } = server.address() as AddressInfo;
    const { page, problems, close } = await openPage(browser, `http://127.0.0.1:${port}/repo/`);
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(false);
    await predict(page);
    expect(problems).toEqual([]);
    await close();
  } finally {
    server.close();
  }
});
