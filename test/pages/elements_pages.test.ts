/** The pages of elements: as documented, in both languages, and harmless whatever a visitor or a link writes into them. */
import type { Page } from 'playwright';
import { afterAll, describe, expect, inject, test } from 'vitest';
import { ABOUT, nameOf, POSES } from '../../demo/elements/about.ts';
import { elementsOf } from '../../tools/element-pages.mjs';
import { manifestOf, sources } from '../../tools/manifest.mjs';
import { axeFinds, sideways } from './axe.ts';
import { launch, openPage } from './browser.ts';

const elements = elementsOf(manifestOf(sources()).manifest) as readonly {
  tagName: string;
  attributes?: { name: string }[];
  events?: { name: string }[];
  slots?: { name: string }[];
  cssParts?: { name: string }[];
  cssProperties?: { name: string }[];
}[];
const tags = elements.map(({ tagName }) => tagName);
const address = (tag: string) => `${inject('site')}elements/${nameOf(tag)}/`;

const browser = await launch();
afterAll(() => browser.close());

/** The page's script may still be loading on a busy machine. */
const soon = { timeout: 20_000 };

const write = (page: Page, text: string) => page.locator('textarea').first().fill(text);
const stage = (page: Page) => page.locator('#stage');

test.each(tags)('%s has a sentence in chinese', (tag) => {
  expect(ABOUT[tag]?.zh).toMatch(/\p{Script=Han}.*。$/u);
});

/** The other tests of a page are in English. */
const LOCALES = process.env['NEXTOKEN_WIDE'] === '1' ? ['en', 'zh-CN'] : ['zh-CN'];

describe.each(elements)('$tagName', (element) => {
  test('its page opens without a fault and shows it', async () => {
    const { page, problems, close } = await openPage(browser, address(element.tagName));
    await stage(page).locator(element.tagName).first().waitFor({ state: 'attached' });
    await page.waitForFunction((tag) => customElements.get(tag) !== undefined, element.tagName);
    expect(await page.getByRole('heading', { level: 1 }).innerText()).toBe(`<${element.tagName}>`);
    expect(problems).toEqual([]);
    await close();
  });

  test('its tables say what the manifest says, also without javascript', async () => {
    const { page, close } = await openPage(browser, address(element.tagName), { javaScriptEnabled: false });
    const rows = async (kind: string) =>
      (
        await page.locator(`table[data-kind="${kind}"] th[scope="row"] > :is(code, span[lang="en"])`).allInnerTexts()
      ).map((name) => (name === '(default)' ? '' : name));
    const names = (list: readonly { name: string }[] = []) => list.map(({ name }) => name).toSorted();
    expect((await rows('attributes')).toSorted()).toEqual(names(element.attributes));
    expect((await rows('events')).toSorted()).toEqual(names(element.events));
    expect((await rows('slots')).toSorted()).toEqual(names(element.slots));
    expect((await rows('parts')).toSorted()).toEqual(names(element.cssParts));
    expect((await rows('custom-properties')).toSorted()).toEqual(names(element.cssProperties));
    expect(await page.locator('table[data-kind="keys"] th[scope="row"]').count()).toBeGreaterThan(5);
    await close();
  });

  test.each(LOCALES)('axe finds nothing, and nothing scrolls sideways, in %s', async (locale) => {
    const { page, close } = await openPage(browser, address(element.tagName), { locale });
    await stage(page).locator(element.tagName).first().waitFor({ state: 'attached' });
    await page.waitForTimeout(500); // a recording is read
    expect(await axeFinds(page)).toEqual([]);
    for (const width of [320, 360, 768, 1440]) {
      await page.setViewportSize({ width, height: 800 });
      expect([width, await sideways(page)]).toEqual([width, 0]);
    }
    await close();
  });

  test('every state can be shown', async () => {
    const { page, problems, close } = await openPage(browser, address(element.tagName));
    for (const pose of ABOUT[element.tagName]?.poses ?? POSES) {
      const radio = page.locator(`input[name=state][value=${pose}]`);
      if (await radio.count()) await radio.check();
      await stage(page).locator(element.tagName).first().waitFor({ state: 'attached' });
    }
    // a model that nobody looks at any more is not loaded to its end
    expect(problems.filter((problem) => !problem.endsWith('net::ERR_ABORTED'))).toEqual([]);
    await close();
  });
});

describe('the example', () => {
  test('shows what is written', async () => {
    const { page, problems, close } = await openPage(browser, address('nt-token-strip'));
    await write(
      page,
      '<p title="a">Hello</p><nt-token-strip show="ids" src="../../recorded/tang.json"></nt-token-strip>',
    );
    await expect.poll(() => stage(page).getByText('Hello').count(), soon).toBe(1);
    expect(await stage(page).locator('nt-token-strip').getAttribute('show')).toBe('ids');
    expect(await page.locator('.left-out').innerText()).toBe('');
    await page.getByRole('button', { name: 'Reset' }).click();
    await expect.poll(() => stage(page).getByText('Hello').count(), soon).toBe(0);
    expect(problems).toEqual([]);
    await close();
  });

  test('is as wide as chosen', async () => {
    const { page, close } = await openPage(browser, address('nt-token-strip'), {
      viewport: { width: 1440, height: 800 },
    });
    for (const width of [320, 768, 1200]) {
      await page.locator(`input[name=width][value="${width}"]`).check();
      await expect.poll(() => stage(page).evaluate((e) => e.clientWidth), soon).toBe(width);
      expect(await sideways(page)).toBe(0);
    }
    await close();
  });

  test('fails, loads and recovers in words', async () => {
    const { page, close } = await openPage(browser, address('nt-token-strip'));
    const states = { loading: 'loading', failed: 'failed', lost: 'recovering', running: 'running' };
    for (const [pose, state] of Object.entries(states)) {
      await page.locator(`input[name=state][value=${pose}]`).check();
      await expect.poll(() => stage(page).locator('nt-token-strip').getAttribute('state'), soon).toBe(state);
    }
    await close();
  });
});

const HOSTILE = `<img src="nowhere.png" onerror="globalThis.harm='img'">
<script>globalThis.harm = 'script'</script>
<a href="javascript:globalThis.harm='a'">one</a>
<a href=" java
script:globalThis.harm='a'">two</a>
<a href="//elsewhere.example/">three</a>
<a href="data:text/html,<script>1</script>">four</a>
<svg onload="globalThis.harm='svg'"><use href="#x"></use></svg>
<math><mtext></mtext></math>
<iframe srcdoc="<script>parent.harm='iframe'</script>"></iframe>
<p style="position:fixed;inset:0;background:red" onclick="globalThis.harm='p'" class="head">five</p>
<style>body { display: none }</style><link rel="stylesheet" href="nowhere.css">
<form action="https://elsewhere.example/"><input name="a"><button>six</button></form>
<template><p>seven</p></template><object data="x"></object><base href="https://elsewhere.example/">
<nt-token-strip src="https://elsewhere.example/run.json" onfail="globalThis.harm='fail'"></nt-token-strip>
<next-token model="https://elsewhere.example/model/" record="//elsewhere.example/run.json"></next-token>
<next-token model="owner/name"></next-token>`;

async function nothingOf(page: Page, requests: readonly string[]): Promise<void> {
  await page.waitForTimeout(700);
  const found = await stage(page).evaluate((host) => {
    const all = [...host.shadowRoot!.querySelectorAll('*')];
    return {
      tags: [...new Set(all.map((e) => e.localName))].toSorted(),
      attributes: [...new Set(all.flatMap((e) => e.getAttributeNames()))].filter((name) =>
        /^(on.*|style|class|href|src|record|model|srcdoc|action)$/.test(name),
      ),
    };
  });
  expect(found.tags).toEqual(['a', 'div', 'next-token', 'nt-token-strip', 'p']);
  expect(found.attributes).toEqual(['class']); // our own box around it
  await stage(page).getByText('one', { exact: true }).click();
  await stage(page).getByText('five', { exact: true }).click();
  expect(await page.evaluate(() => (globalThis as { harm?: string }).harm)).toBeUndefined();
  expect(await page.locator('main').isVisible()).toBe(true);
  expect(requests.filter((url) => /elsewhere|nowhere|javascript/.test(url))).toEqual([]);
}

describe('hostile html does nothing and shows nothing', () => {
  test('in the example', async () => {
    const { page, close } = await openPage(browser, address('nt-token-strip'));
    const requests: string[] = [];
    page.on('request', (request) => requests.push(request.url()));
    await write(page, HOSTILE);
    await nothingOf(page, requests);
    expect(await page.locator('.left-out').innerText()).toMatch(/<img>.*<script>.*href.*<svg>.*<iframe>.*style/);
    await close();
  });

  test('in a link', async () => {
    const { page, close } = await openPage(browser, 'about:blank');
    const requests: string[] = [];
    page.on('request', (request) => requests.push(request.url()));
    await page.goto(`${inject('site')}elements/own/#${encodeURIComponent(HOSTILE)}`);
    await nothingOf(page, requests);
    expect(page.url()).toContain('/elements/own/#');
    await close();
  });
});

test('an example has a page of its own', async () => {
  const { page, problems, close } = await openPage(browser, address('nt-token-strip'));
  await write(page, '<p>Alone</p>');
  await expect.poll(() => page.locator('a.own').getAttribute('href'), soon).toContain('Alone');
  await page.goto(new URL((await page.locator('a.own').getAttribute('href'))!, page.url()).href);
  await stage(page).getByText('Alone').waitFor();
  expect(await axeFinds(page)).toEqual([]);
  await page.goto(`${inject('site')}elements/own/#%E0%A4%A`);
  await page.reload();
  await page.getByText('There is no example in this address.').waitFor();
  expect(problems).toEqual([]);
  await close();
});

describe.each(['en', 'zh-CN'])('how to use them, in %s', (locale) => {
  test.each([320, 360, 768, 1440])('at %i pixels', async (width) => {
    const { page, problems, close } = await openPage(browser, `${inject('site')}elements/`, {
      locale,
      viewport: { width, height: 800 },
    });
    expect(await page.locator('.rows li').count()).toBe(tags.length);
    expect(await sideways(page)).toBe(0);
    expect(await axeFinds(page)).toEqual([]);
    expect(problems).toEqual([]);
    await close();
  });
});

test('the list is searched by name and by what is said, in both languages', async () => {
  const { page, close } = await openPage(browser, `${inject('site')}elements/`);
  const shown = () => page.locator('.tags li:visible').allInnerTexts();
  await page.getByLabel('Search').fill('token-str');
  expect(await shown()).toEqual(['nt-token-strip']);
  await page.getByLabel('Search').fill('惊讶度');
  expect(await shown()).toContain('nt-token-strip');
  await page.getByLabel('Search').fill('no such thing');
  expect(await shown()).toEqual([]);
  await page.getByText('No element is called so.').waitFor();
  await close();
});

test('in chinese every heading is chinese', async () => {
  const { page, close } = await openPage(browser, address('nt-token-strip'), { locale: 'zh-CN' });
  const headings = await page.locator('h2').allInnerTexts();
  expect(headings.length).toBeGreaterThan(5);
  for (const heading of headings) expect(heading).toMatch(/\p{Script=Han}/u);
  expect(await page.locator('.about').innerText()).toMatch(/\p{Script=Han}/u);
  await page.goto(`${inject('site')}elements/`);
  for (const paragraph of await page.locator('article :is(h1, h2, h3, p)').allInnerTexts())
    expect(paragraph).toMatch(/\p{Script=Han}/u);
  await close();
});

test('a page that is not there says so, in the shell', async () => {
  const { page, problems, close } = await openPage(browser, `${inject('site')}404.html`);
  await page.getByRole('heading', { name: 'There is no page at this address' }).waitFor();
  // it is the answer at any depth
  const html = await (await page.request.get(`${inject('site')}404.html`)).text();
  expect(html).not.toMatch(/(?:src|href)="\.{1,2}\//);
  await page.getByRole('link', { name: 'Home', exact: true }).click();
  expect(page.url()).toBe(inject('site'));
  expect(problems).toEqual([]);
  await close();
});
