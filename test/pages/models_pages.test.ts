/** The pages of models: what the card says, in both languages, and files that are what they should be. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, inject, test } from 'vitest';
import { CHINESE } from '../../demo/models/chinese.ts';
import type { Card } from '../../demo/models/page.ts';
import models from '../../models/index.json';
import { axeFinds, sideways } from './axe.ts';
import { launch, openPage } from './browser.ts';

const browser = await launch();
afterAll(() => browser.close());

const cardOf = (name: string): Card =>
  JSON.parse(readFileSync(new URL(`../../models/${name}/card.json`, import.meta.url), 'utf8')) as Card;

describe.each(models)('$name', ({ name, files }) => {
  const address = () => `${inject('site')}models/${name}/`;

  test('everything that its card says is there in chinese', () => {
    const { text, training, weaknesses } = cardOf(name);
    const said = [text.source, text.licence, training.engine, training.device, ...training.notes, ...weaknesses];
    expect(said.filter((sentence) => !CHINESE[sentence])).toEqual([]);
  });

  test('its page says what the card says, without a fault', async () => {
    const card = cardOf(name);
    const { page, problems, close } = await openPage(browser, address());
    const words = await page.locator('main').innerText();
    expect(words).toContain(card.parameters.toLocaleString('en'));
    expect(words).toContain(card.loss.validation.bitsPerCharacter.toFixed(3));
    for (const line of card.weaknesses) expect(words).toContain(line); // <unk> is a text, no tag
    const curve = page.locator('nt-loss-chart');
    await curve.scrollIntoViewIfNeeded();
    await expect.poll(() => curve.getAttribute('state'), { timeout: 20_000 }).toBe('ready');
    const strip = page.locator('nt-token-strip');
    await strip.scrollIntoViewIfNeeded();
    await expect.poll(() => strip.getAttribute('state'), { timeout: 20_000 }).toBe('ready');
    expect(problems).toEqual([]);
    await close();
  });

  test('its files are as their checksums say', async () => {
    const { page, close } = await openPage(browser, address());
    for (const { name: file, bytes, sha256 } of files) {
      const link = page.locator(`a[download="${file}"]`);
      const body = await (await page.request.get(new URL((await link.getAttribute('href'))!, page.url()).href)).body();
      expect(body.length).toBe(bytes);
      expect(createHash('sha256').update(body).digest('hex')).toBe(sha256);
      await page.getByText(sha256).waitFor();
    }
    for (const file of ['card.md', 'card.json', 'curves.svg'])
      expect((await page.request.get(new URL(file, page.url()).href)).status()).toBe(200);
    await close();
  });

  test.each(['en', 'zh-CN'])('axe finds nothing, and nothing scrolls sideways, in %s', async (locale) => {
    const { page, close } = await openPage(browser, address(), { locale });
    await page.waitForTimeout(500);
    expect(await axeFinds(page)).toEqual([]);
    for (const width of [320, 360, 768, 1440]) {
      await page.setViewportSize({ width, height: 800 });
      expect([width, await sideways(page)]).toEqual([width, 0]);
    }
    if (locale === 'zh-CN')
      for (const paragraph of await page
        .locator('article :is(h1, h2, p, li, th):not(blockquote *, :has(a[download]))')
        .allInnerTexts())
        if (paragraph.trim()) expect(paragraph).toMatch(/\p{Script=Han}|SHA-256/u);
    await close();
  });
});

test.each([320, 360, 768, 1440])('the list of models at %i pixels', async (width) => {
  const { page, problems, close } = await openPage(browser, `${inject('site')}models/`, {
    viewport: { width, height: 800 },
  });
  expect(await page.locator('.rows li').count()).toBe(models.length);
  expect(await sideways(page)).toBe(0);
  expect(await axeFinds(page)).toEqual([]);
  expect(problems).toEqual([]);
  await close();
});
