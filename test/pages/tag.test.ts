/** `nextoken.js` and its folder in a real browser: from a plain folder, from another origin, under a strict policy, twice on a page. */
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { BUDGETS } from '../../tools/budgets.mjs';
import { CORS, ISOLATION, serve, type Site } from '../package/server.ts';
import { launch, openPage } from './browser.ts';
import { tagFolder } from './tag_folder.ts';

const browser = await launch();
let folder = '';
beforeAll(async () => {
  folder = await tagFolder();
}, 120_000);
afterAll(() => browser.close());

const STRICT =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; worker-src 'self'; connect-src 'self'; font-src 'self'; require-trusted-types-for 'script'; trusted-types lit-html nextoken";

/** Generates three tokens through the host and says where. */
const HOST = (address: string) => `
  import { openHost } from '${address}';
  addEventListener('securitypolicyviolation', (e) => (document.body.dataset.violation = e.effectiveDirective + ' ' + e.blockedURI));
  const host = await openHost();
  const lane = await host.open('char-mini', { engine: 'cpu' });
  let text = '';
  for await (const record of lane.generate({ text: 'And the LORD said ' }, { maxTokens: 3, temperature: 0 }))
    if (record.kind === 'token') text += record.token.text;
  document.body.append(JSON.stringify({ text, thread: host.place.thread, why: host.place.why, engine: lane.engine.why,
    threads: lane.engine.facts.description }));
  document.body.dataset.done = 'yes';
`;
const PAGE = '<!doctype html><meta charset="utf-8"><body><script type="module" src="go.js"></script>';

async function answers(site: Site, path = '', allowed: readonly RegExp[] = []) {
  const { page, problems, close } = await openPage(browser, site.address + path);
  await page.locator('body[data-done]').waitFor();
  const said = JSON.parse(await page.locator('body').innerText()) as Record<
    'text' | 'thread' | 'why' | 'engine',
    string
  >;
  const violation = await page.locator('body').getAttribute('data-violation');
  const unexpected = problems.filter((problem) => !allowed.some((one) => one.test(problem)));
  await close();
  return { ...said, violation, problems: unexpected };
}

const TEXT = 'unt';

test('a plain folder below a path: it computes in a worker, and nothing else is asked for than its own files', async () => {
  const site = await serve(`${folder}/..`, { '/tag/page.html': PAGE, '/tag/go.js': HOST('./nextoken.js') });
  expect(await answers(site, 'tag/page.html')).toMatchObject({
    thread: 'worker',
    why: '',
    violation: null,
    problems: [],
    text: TEXT,
  });
  expect(site.seen.filter((path) => path.includes('model.safetensors'))).toEqual([
    '/tag/models/char-mini/model.safetensors',
  ]);
  expect(site.seen.filter((path) => !path.startsWith('/tag/'))).toEqual([]);
  site.close();
});

test.each([
  ['', {}],
  [' of an isolated page, with threads', ISOLATION],
])('the strict policy with trusted types%s: a worker, and no violation', async (_, more) => {
  const pages = { '/page.html': PAGE, '/go.js': HOST('./nextoken.js') };
  const site = await serve(folder, pages, { 'Content-Security-Policy': STRICT, ...more });
  expect(await answers(site, 'page.html')).toMatchObject({
    thread: 'worker',
    why: '',
    violation: null,
    problems: [],
    text: TEXT,
  });
  site.close();
});

test.each([
  ['', {}],
  [' of an isolated page, with threads', ISOLATION],
])('a script from another origin%s: a worker of the page imports it', async (_, more) => {
  const cdn = await serve(folder, {}, CORS);
  const address = `${cdn.address.replace('localhost', '127.0.0.1')}nextoken.js`;
  const site = await serve('/nowhere', { '/page.html': PAGE, '/go.js': HOST(address) }, more);
  expect(await answers(site, 'page.html')).toMatchObject({
    thread: 'worker',
    why: '',
    violation: null,
    problems: [],
    text: TEXT,
  });
  expect(cdn.seen.filter((path) => path.includes('model.safetensors'))).toEqual([
    '/models/char-mini/model.safetensors',
  ]);
  site.close();
  cdn.close();
});

test('a script from another origin where workers from blob: are refused: the page’s thread, and the directive', async () => {
  const cdn = await serve(folder, {}, CORS);
  const address = `${cdn.address.replace('localhost', '127.0.0.1')}nextoken.js`;
  const from = new URL(address).origin;
  const policy = `default-src 'none'; script-src 'self' 'wasm-unsafe-eval' ${from}; worker-src 'self'; connect-src ${from}`;
  const site = await serve(
    '/nowhere',
    { '/page.html': PAGE, '/go.js': HOST(address) },
    { 'Content-Security-Policy': policy },
  );
  const { thread, why, text } = await answers(site, 'page.html', [/worker/]);
  expect(thread).toBe('page');
  expect(why).toMatch(/Content-Security-Policy \(worker-src\) refuses the worker: add worker-src blob:/);
  expect(text).toBe(TEXT);
  site.close();
  cdn.close();
});

test('two copies of the script: no exception, one worker', async () => {
  const both = `import './copy/nextoken.js';\n${HOST('./tag/nextoken.js')}`;
  const site = await serve(`${folder}/..`, { '/page.html': PAGE, '/go.js': both });
  const two = await serve(`${folder}/..`, { '/page.html': PAGE, '/go.js': both });
  two.close();
  const { page, problems, close } = await openPage(browser, 'about:blank');
  await page.route('**/copy/**', (route) => route.continue({ url: route.request().url().replace('/copy/', '/tag/') }));
  await page.goto(`${site.address}page.html`);
  await page.locator('body[data-done]').waitFor();
  expect(page.workers()).toHaveLength(1);
  expect(problems).toEqual([]);
  await close();
  site.close();
});

test('<next-token>: its first token comes with no more code than the budget, other elements when their tag appears', async () => {
  const site = await serve(folder, {
    '/page.html': `<!doctype html><meta charset="utf-8"><script type="module" src="nextoken.js"></script>
      <next-token engine="cpu" loading="eager"></next-token><script type="module" src="go.js"></script>`,
    '/go.js': `const element = document.querySelector('next-token');
      const told = async () => {
        if (element.shown.recorded) return; // the recording's, before the model is there
        element.removeEventListener('predict', told);
        await fetch('predicted');
        element.append(document.createElement('nt-token-strip'));
      };
      element.addEventListener('predict', told);`,
  });
  const { page, close } = await openPage(browser, `${site.address}page.html`);
  await page.locator('nt-token-strip[state="ready"]').waitFor();
  // the check of the kernels begins with the answer, up to a frame before the event
  const end = site.seen.findIndex((path) => path === '/predicted' || /lane_views/.test(path));
  const before = site.seen.slice(0, end);
  const code = [...new Set(before)].filter((path) => /^\/(nextoken\.js|parts\/.*)$/.test(path));
  const bytes = code.reduce((sum, path) => sum + gzipSync(readFileSync(folder + path), { level: 9 }).length, 0);
  expect(bytes / 1000, code.join(' ')).toBeLessThan(BUDGETS.cpu);
  expect(code).toContain('/parts/relaxed_first.wasm');
  expect(site.seen).toContain('/elements/token-strip.js');
  await close();
  site.close();
}, 60_000);
