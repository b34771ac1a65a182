/** What browsers and policies refuse: the site works on what is left, or says what is in the way and what to do. */
import type { Page } from 'playwright';
import { afterAll, expect, inject, test } from 'vitest';
import { writeLink } from '../../demo/shell/link.ts';
import { inWorker, launch, openPage, predict, ready } from './browser.ts';
import { serveSite } from './static_server.ts';

const browser = await launch();
afterAll(() => browser.close());

const NO_GPU = `Object.defineProperty(navigator, 'gpu', { value: undefined });`;
/** The software adapter, as if it were a real GPU. */
const REAL = `Object.defineProperty(GPUAdapter.prototype, 'info', { get: () => ({ vendor: 'some', architecture: 'gpu' }) });`;

/** The site with these lines in its worker. */
async function site(lines: string, hash = '') {
  const opened = await openPage(browser, 'about:blank');
  await inWorker(opened.page, lines);
  await opened.page.goto(`${inject('site')}predict/${hash}`);
  return opened;
}

/** Where the page's engines are, and why there. */
const hostOf = (page: Page) =>
  page.evaluate(async () => {
    const host = (globalThis as unknown as Record<symbol, Promise<{ thread: string; why: string }>>)[
      Symbol.for('nextoken.host 1')
    ];
    const { thread, why } = await host;
    return { thread, why };
  });

/** What the page says about where it computes. */
const runsOn = (page: Page) => page.locator('.standing span[title]').first().getAttribute('title');

test.each([
  ['no WebGPU', NO_GPU, /^CPU: this browser has no WebGPU, or the page was not opened over HTTPS/],
  [
    'an adapter that is refused',
    `navigator.gpu.requestAdapter = () => Promise.reject(new DOMException('blocklisted', 'OperationError'));`,
    /^CPU: the browser refuses the GPU\..*blocklisted/,
  ],
  [
    'no adapter',
    `navigator.gpu.requestAdapter = async () => null;`,
    /^CPU: the browser has WebGPU but found no GPU for it/,
  ],
  [
    'a device that is refused',
    `GPUAdapter.prototype.requestDevice = () => Promise.reject(new DOMException('limits', 'OperationError'));`,
    /^CPU: the GPU gave no device\..*limits/,
  ],
  [
    'too little memory',
    `${REAL}
    let large = false;
    const create = GPUDevice.prototype.createBuffer;
    GPUDevice.prototype.createBuffer = function (d) { large ||= d.size > 2e6; return create.call(this, d); };
    const pop = GPUDevice.prototype.popErrorScope;
    GPUDevice.prototype.popErrorScope = async function () {
      const error = await pop.call(this);
      if (!large) return error;
      large = false;
      return new GPUOutOfMemoryError('no room');
    };`,
    /^CPU: the GPU’s memory is too small for this model\..*bytes asked; no room/,
  ],
])('%s: it predicts on the CPU and says why', async (_, lines, why) => {
  const { page, problems, close } = await site(lines);
  await predict(page);
  expect(await runsOn(page)).toMatch(why);
  expect(problems).toEqual([]);
  await close();
});

test('an adapter without information: the GPU computes, unnamed', async () => {
  const lines = `Object.defineProperty(GPUAdapter.prototype, 'info', { get: () => undefined });`;
  const { page, problems, close } = await site(lines);
  await predict(page);
  expect(await runsOn(page)).toMatch(/^unnamed adapter, this machine’s GPU/);
  expect(problems).toEqual([]);
  await close();
});

test('WebGPU chosen where there is none: the old engine stays, with the reason', async () => {
  const { page, close } = await site(NO_GPU);
  await predict(page);
  await page.getByLabel('Engine').selectOption('gpu');
  const notice = page.locator('.line .notice');
  await notice
    .getByText(/There is no GPU to use: this browser has no WebGPU.*Jane Austen still answers, on the CPU\./)
    .waitFor();
  expect(await page.getByLabel('Engine').inputValue()).toBe('auto');
  expect(await runsOn(page)).toMatch(/^CPU/);
  await predict(page);
  await close();

  const chosen = await site(NO_GPU, await writeLink({ engine: 'gpu' }));
  await chosen.page.locator('.line .notice').getByText('this browser has no WebGPU').waitFor();
  await chosen.page.getByLabel('Engine').selectOption('auto');
  await ready(chosen.page);
  await chosen.close();
});

const STRICT =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; worker-src 'self'; connect-src 'self'; img-src 'self'; font-src 'self'";
const isolated = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };

test('a strict policy: all works, threads too, and nothing is refused', async () => {
  const server = await serveSite({ 'Content-Security-Policy': STRICT, ...isolated });
  const { page, problems, close } = await openPage(browser, server.url);
  await predict(page);
  expect(await hostOf(page)).toMatchObject({ thread: 'worker' });
  expect(problems).toEqual([]);
  await close();
  server.close();
});

test.each([
  ['', {}],
  [' of an isolated page, where the engine wants threads', isolated],
])('a policy without workers%s: it predicts on the page’s thread and names the directive', async (_, headers) => {
  const policy = STRICT.replace("worker-src 'self'", "worker-src 'none'");
  const server = await serveSite({ 'Content-Security-Policy': policy, ...headers });
  const { page, close } = await openPage(browser, server.url);
  await predict(page);
  const { thread, why } = await hostOf(page);
  expect(thread).toBe('page');
  expect(why).toMatch(/Content-Security-Policy \(worker-src\).*add worker-src 'self'/);
  await close();
  server.close();
});

const TYPED = `${STRICT}; require-trusted-types-for 'script'; trusted-types lit-html`;

test('a policy of trusted types that names ours: a worker, and nothing is refused', async () => {
  const server = await serveSite({ 'Content-Security-Policy': `${TYPED} nextoken`, ...isolated });
  const { page, problems, close } = await openPage(browser, server.url);
  expect(await predict(page)).toMatch(/^It was a/);
  expect(await hostOf(page)).toMatchObject({ thread: 'worker' });
  expect(problems).toEqual([]);
  await close();
  server.close();
});

test('a policy of trusted types that does not: it predicts on the page’s thread, and says how to have a worker', async () => {
  const server = await serveSite({ 'Content-Security-Policy': TYPED });
  const { page, close } = await openPage(browser, server.url);
  expect(await predict(page)).toMatch(/^It was a/);
  expect((await hostOf(page)).why).toMatch(/\(trusted-types\).*add nextoken to its trusted-types/);
  await close();
  server.close();
});

test('a policy without WebAssembly, and no GPU: the directive is named', async () => {
  const server = await serveSite({ 'Content-Security-Policy': STRICT.replace(" 'wasm-unsafe-eval'", '') });
  const { page, close } = await openPage(browser, server.url);
  const named = page.getByText(/Content-Security-Policy forbids WebAssembly.*add 'wasm-unsafe-eval' to its script-src/);
  await expect.poll(() => named.count(), { timeout: 30_000 }).toBe(1);
  await close();
  server.close();
});
