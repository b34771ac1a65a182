/** Recordings on the site: saved with their size, shown again, and as a page of their own that needs nothing. */
import { readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, expect, inject, test } from 'vitest';
import { pageOf } from '../../demo/shell/stand_alone.ts';
import { launch, openPage, predict, textOf } from './browser.ts';

const browser = await launch();
afterAll(() => browser.close());

test('a recording is saved, opened again in the same pictures, and typing goes back to the model', async () => {
  const { page, problems, close } = await openPage(browser, `${inject('site')}predict/`);
  await predict(page);
  const text = await predict(page);
  await page.getByRole('button', { name: 'Record' }).click();
  await page.getByText(/\d+ tokens, \d+\s?kB\./).waitFor();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Save the recording' }).click(),
  ]);
  const path = await download.path();
  expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({ schema: 'nextoken-run', prompt: 'It was a' });

  const chooser = page.waitForEvent('filechooser');
  await page.getByRole('button', { name: 'Open a recording…' }).click();
  await (await chooser).setFiles({ name: 'run.json', mimeType: 'application/json', buffer: await readFile(path) });
  await page.locator('next-token[recorded]').waitFor({ state: 'attached' });
  expect(await textOf(page)).toBe(text);
  await page.getByLabel('Your text').fill('She was');
  await page.locator('next-token:not([recorded])').waitFor({ state: 'attached' });
  expect(await textOf(page)).toBe('She was');
  expect(problems).toEqual([]);
  await close();
});

test('a file that is no recording gives a sentence', async () => {
  const { page, close } = await openPage(browser, `${inject('site')}predict/`);
  await predict(page);
  await page.getByRole('button', { name: 'Record' }).click();
  const chooser = page.waitForEvent('filechooser');
  await page.getByRole('button', { name: 'Open a recording…' }).click();
  await (
    await chooser
  ).setFiles({ name: '<b>x.json', mimeType: 'application/json', buffer: Buffer.from('{"schema":1}') });
  await expect.poll(() => page.locator('.line .notice').innerText()).toMatch(/^<b>x\.json: /);
  await close();
});

test('a page of its own: from a disk, without a network, and hostile text stays text', async () => {
  const script = await (await fetch(`${inject('site')}stand-alone.js`)).text();
  const recorded = JSON.parse(await readFile('models/austen/run.json', 'utf8')) as Record<string, unknown> & {
    tokens: { text: string }[];
  };
  const evil = '</script><img src=x onerror="document.title=1"><!--<script>';
  recorded.tokens[0].text = evil;
  recorded['prompt'] = evil;
  const html = await pageOf(script, JSON.stringify(recorded), '<title> & more', 'en');
  const path = join(tmpdir(), 'nextoken-stand-alone.html');
  await writeFile(path, html);
  const { page, problems, close } = await openPage(browser, 'about:blank');
  await page.context().setOffline(true);
  await page.goto(pathToFileURL(path).href);
  await page.locator('next-token[recorded]').waitFor();
  await page.locator('nt-layer-lens').waitFor();
  expect(await page.title()).toBe('<title> & more');
  expect(await page.locator('img').count()).toBe(0);
  expect(await textOf(page)).toContain(evil);
  expect(problems).toEqual([]);
  await close();
});
