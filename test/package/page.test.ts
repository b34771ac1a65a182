/** The packed package in a browser: pages without a bundler, of another origin than the package, under a strict policy, and through Vite. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build, createServer, type InlineConfig } from 'vite';
import { afterAll, describe, expect, inject, test } from 'vitest';
import { findBrowser } from '../../tools/browser.mjs';
import { launch, openPage } from '../pages/browser.ts';
import { samples, WRITES } from './samples.ts';
import type {} from '../../src/elements/next-token/define.ts';
import { CORS, ISOLATION, serve } from './server.ts';

const folder = inject('packed');
const hasBrowser = await findBrowser().then(
  () => true,
  () => false,
);
const browser = hasBrowser ? await launch() : undefined;
afterAll(() => browser?.close());

/** Opens the address until the page says that it is done; what it wrote, and everything that went wrong. */
async function read(address: string): Promise<{ text: string; problems: readonly string[] }> {
  const { page, problems, close } = await openPage(browser!, address);
  const end = await page.waitForFunction(() => ['done', 'failed'].find((title) => document.title === title));
  const text = (await page.locator('body').innerText()).replace(/\s+/g, ' ').trim();
  expect(await end.jsonValue(), text).toBe('done');
  await close();
  return { text, problems };
}

/** A program as a module script of a page that shows what it writes. Errors are text too. */
const page = (script: string): string => `<!doctype html><meta charset="utf-8"><title>busy</title>
  <link rel="icon" href="data:," /><body>${script}</body>`;
const shown = (code: string): string => `
  const show = (...values) => document.body.append(values.join(' ') + '\\n');
  console.log = show;
  ${code}
  document.title = 'done';`;
const PREDICTS = `
  import { openModel } from 'nextoken';
  const show = (...values) => document.body.append(values.join(' ') + '\\n');
  try {
    const model = await openModel('austen', { engine: 'cpu' });
    let text = '';
    for await (const token of model.generate('It was a', { maxTokens: 20, seed: 1 })) text += token.text;
    show(text, '|', model.engine.facts.description);
    await model.close();
  } catch (error) { show(String(error)); }
  document.title = 'done';`;
const EXPECTED = 'very fine thing. She was a very good-humoured girl';

/** Where a page without a bundler finds the package. */
const IMPORTS = JSON.stringify({
  imports: {
    nextoken: './node_modules/nextoken/dist/index.js',
    'nextoken/train': './node_modules/nextoken/dist/train.js',
    'nextoken/bench': './node_modules/nextoken/dist/bench.js',
  },
});
const mapped = (code: string) =>
  page(`<script type="importmap">${IMPORTS}</script><script type="module">${code}</script>`);

describe.skipIf(!browser)('without a bundler', () => {
  test.each(samples.filter(({ language }) => language === 'ts'))('README, $title', async ({ title, code }) => {
    const site = await serve(folder, { '/': mapped(shown(code)) }, ISOLATION);
    const { text, problems } = await read(site.address);
    // a folder is asked for files that it may lack, and browsers tell
    const lacking = title === 'Your own model' ? /404|_(config|map)\.json: net::ERR_ABORTED/ : /^$/;
    expect(problems.filter((problem) => !lacking.test(problem))).toEqual([]);
    expect(text).toMatch(WRITES[title]);
    site.close();
  });

  test('the README’s tag, on a server of another origin: a live token, and attention that follows it', async () => {
    const { code } = samples.find(({ title }) => title === 'One tag')!;
    const cdn = await serve(join(folder, 'node_modules'), {}, CORS);
    const html = code.replace('https://cdn.jsdelivr.net/npm/nextoken@0.1.0/', `${cdn.address}nextoken/`);
    expect(html).not.toBe(code);
    const site = await serve(folder, { '/': html, '/favicon.ico': '' });
    const opened = await openPage(browser!, site.address);
    await opened.page.locator('next-token[state="ready"]:not([recorded])').waitFor();
    await opened.page.getByRole('button', { name: 'Next token' }).click();
    await opened.page.waitForFunction(() => document.querySelector('next-token')!.steps.length > 0);
    await opened.page.locator('nt-attention-map[state="ready"]').waitFor();
    expect(site.seen.filter((path) => path !== '/' && path !== '/favicon.ico')).toEqual([]);
    expect(opened.problems).toEqual([]);
    await opened.close();
    site.close();
    cdn.close();
  });

  test('the README’s page, with the package on a server of another origin', async () => {
    const { code } = samples.find(({ title, language }) => title === 'Predict' && language === 'html')!;
    const cdn = await serve(join(folder, 'node_modules'), {}, CORS);
    const html = code.replace('https://cdn.jsdelivr.net/npm/nextoken@0.1.0/', `${cdn.address}nextoken/`);
    expect(html).not.toBe(code);
    const site = await serve(folder, { '/': html, '/favicon.ico': '' }, ISOLATION);
    const opened = await openPage(browser!, site.address);
    await opened.page.waitForFunction(() => document.getElementById('text')!.innerText.length > 60);
    expect(await opened.page.locator('#text').innerText()).toContain(EXPECTED);
    expect(opened.problems).toEqual([]);
    await opened.close();
    site.close();
    cdn.close();
  });

  const strict = (scripts: string) =>
    `default-src 'none'; script-src 'self'${scripts}; worker-src 'self'; connect-src 'self'; img-src data:`;
  const pages = {
    '/': page('<script type="module" src="program.js"></script>'),
    '/program.js': PREDICTS.replace("'nextoken'", "'./node_modules/nextoken/dist/index.js'"),
  };

  test('a strict Content-Security-Policy lets everything through, threads too', async () => {
    const headers = { ...ISOLATION, 'Content-Security-Policy': strict(" 'wasm-unsafe-eval'") };
    const site = await serve(folder, pages, headers);
    const { text, problems } = await read(site.address);
    expect(text).toContain(EXPECTED);
    expect(text).toMatch(/\| WebAssembly SIMD.*, [2-8] threads/);
    expect(site.seen).toContain('/node_modules/nextoken/dist/thread.js');
    expect(problems).toEqual([]);
    site.close();
  });

  test('a policy without WebAssembly is named in the error', async () => {
    const site = await serve(folder, pages, { ...ISOLATION, 'Content-Security-Policy': strict('') });
    const { text } = await read(site.address);
    expect(text).toContain("forbids WebAssembly: add 'wasm-unsafe-eval' to its script-src directive");
    site.close();
  });
});

describe('through Vite, with no settings of its own', () => {
  const root = folder;
  writeFileSync(join(root, 'index.html'), page('<script type="module" src="/main.js"></script>'));
  const settings: InlineConfig = { root, configFile: false, logLevel: 'warn' };

  /** Builds the page of a program and opens it; bytes of what the page loaded, compressed as servers do. */
  async function built(
    program: string,
    more: InlineConfig = {},
  ): Promise<{ text: string; scripts: ReadonlyMap<string, number> }> {
    writeFileSync(join(root, 'main.js'), program);
    await build({ ...settings, ...more, build: { target: 'es2022' } });
    const dist = join(root, 'dist');
    const site = await serve(dist, {}, ISOLATION);
    const { text, problems } = await read(site.address);
    expect(problems).toEqual([]);
    const paths = site.seen.filter((path) => path.endsWith('.js') && existsSync(join(dist, path)));
    site.close();
    return { text, scripts: new Map(paths.map((path) => [path, gzipSync(readFileSync(join(dist, path))).length])) };
  }

  /** Kilobytes of JavaScript, and of the WebAssembly in it. */
  const sizes = (scripts: ReadonlyMap<string, number>) => {
    const of = (wasm: boolean) =>
      [...scripts].reduce((sum, [path, bytes]) => sum + (path.includes('/wasm_') === wasm ? bytes : 0), 0) / 1000;
    return { javascript: of(false), wasm: of(true) };
  };

  test.skipIf(!browser)(
    'a build carries model, threads and WebAssembly along; nothing for a GPU is loaded',
    async () => {
      const { text, scripts } = await built(PREDICTS);
      expect(text).toContain(EXPECTED);
      expect(text).toMatch(/threads/);
      const carried = readdirSync(join(root, 'dist', 'assets'));
      expect(carried.filter((name) => name.endsWith('.safetensors')).length).toBe(3);
      expect([...scripts.keys()].filter((path) => /texts|tokenizers|huggingface|plain_loops/.test(path))).toEqual([]);
      const { javascript, wasm } = sizes(scripts);
      console.log(`openModel, CPU path: ${javascript.toFixed(1)} kB and ${wasm.toFixed(1)} kB of WebAssembly`);
      expect(javascript).toBeLessThan(68);
      expect(wasm).toBeLessThan(25);
    },
  );

  test.skipIf(!browser)('an engine alone is smaller still', async () => {
    const { scripts } = await built(
      `import { chooseEngine } from 'nextoken'; (await chooseEngine('cpu')).engine.close(); document.title = 'done';`,
    );
    const { javascript, wasm } = sizes(scripts);
    console.log(`chooseEngine('cpu'): ${javascript.toFixed(1)} kB and ${wasm.toFixed(1)} kB of WebAssembly`);
    expect(javascript).toBeLessThan(30);
  });

  test.skipIf(!browser)('a worker with a top-level await wants the one line of the README', async () => {
    const entry = `const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
      worker.onmessage = ({ data }) => { document.body.append(data); document.title = 'done'; };`;
    const worker = `import { openModel } from 'nextoken';
      const model = await openModel('austen', { engine: 'cpu' });
      let text = '';
      for await (const token of model.generate('It was a', { maxTokens: 20, seed: 1 })) text += token.text;
      postMessage(text);`;
    writeFileSync(join(root, 'worker.js'), worker);
    writeFileSync(join(root, 'main.js'), entry);
    await expect(build({ ...settings, logLevel: 'silent' })).rejects.toThrow(/iife/i);
    const { text } = await built(entry, { worker: { format: 'es' } });
    expect(text).toContain(EXPECTED);
  });

  test.skipIf(!browser)('the dev server finds them too', async () => {
    writeFileSync(join(root, 'main.js'), PREDICTS);
    const server = await createServer({ ...settings, server: { port: 0, headers: ISOLATION } });
    await server.listen();
    const { text, problems } = await read(server.resolvedUrls!.local[0]);
    expect(text).toContain(EXPECTED);
    expect(text).toMatch(/threads/);
    expect(problems).toEqual([]);
    await server.close();
  });
});
