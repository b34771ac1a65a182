// Pictures of a page as people will see it: node tools/look.mjs <address or file> <folder> [--widths 320,360,768,1440]
// [--themes light,dark,forced,print] [--langs en,zh] [--wait <selector or ms>]. In the tests' browser, with WebGPU. A file of the
// repository is served by Vite, so it may import TypeScript. Says what the page logs as an error, what it could not load, and whether
// it scrolls sideways; exit code 1 when something was found.
import { mkdirSync } from 'node:fs';
import { basename, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright';
import { createServer } from 'vite';
import { findBrowser } from './browser.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

/** What the browser is told for each look. */
const THEMES = {
  light: { colorScheme: 'light' },
  dark: { colorScheme: 'dark' },
  forced: { forcedColors: 'active', colorScheme: 'dark' },
  print: { media: 'print' },
};
const LOCALES = { en: 'en-GB', zh: 'zh-CN' };

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    widths: { type: 'string', default: '320,360,768,1440' },
    themes: { type: 'string', default: 'light,dark' },
    langs: { type: 'string', default: 'en' },
    wait: { type: 'string', default: '500' },
  },
});
const [page, out] = positionals;
if (!page || !out) {
  console.error('node tools/look.mjs <address or file> <folder> [--widths …] [--themes …] [--langs …] [--wait …]');
  process.exit(2);
}

/** The address to open, and what to close afterwards. */
async function serve(target) {
  if (/^\w+:\/\//.test(target)) return { address: target, close: async () => {} };
  const path = relative(root, resolve(target)).replaceAll('\\', '/');
  const server = await createServer({
    root,
    configFile: false,
    logLevel: 'warn',
    optimizeDeps: { entries: [path] }, // else it looks through every page of the repository
    server: {
      port: 0,
      hmr: false,
      watch: null,
      headers: { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' },
    },
  });
  await server.listen();
  return { address: new URL(path, server.resolvedUrls.local[0]).href, close: () => server.close() };
}

/** @returns {Promise<string[]>} what was found at one width, theme and language */
async function look(browser, address, width, theme, lang) {
  const context = await browser.newContext({
    viewport: { width, height: width < 600 ? 720 : 900 },
    locale: LOCALES[lang] ?? lang,
    reducedMotion: 'reduce', // else a picture may show half a motion
  });
  await context.addInitScript(
    (tag) => {
      const name = () => document.documentElement && (document.documentElement.lang = tag);
      new MutationObserver((_, observer) => name() && observer.disconnect()).observe(document, { childList: true }); // before its scripts
    },
    lang === 'zh' ? 'zh-Hans' : lang,
  );
  const tab = await context.newPage();
  await tab.emulateMedia(THEMES[theme]);
  const found = [];
  tab.on('console', (message) => message.type() === 'error' && found.push(message.text()));
  tab.on('pageerror', (error) => found.push(error.stack ?? error.message));
  tab.on('requestfailed', (request) => found.push(`${request.url()}: ${request.failure()?.errorText}`));
  await tab.goto(address, { waitUntil: 'load' });
  await (/^\d+$/.test(values.wait) ? tab.waitForTimeout(Number(values.wait)) : tab.waitForSelector(values.wait));
  const over = await tab.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  if (over > 0) found.push(`scrolls sideways by ${over} px`);
  const name = basename(new URL(address).pathname).replace(/\.\w+$/, '') || 'index';
  const path = join(out, `${name}-${theme}-${lang}-${width}.png`);
  await tab.screenshot({ path, fullPage: true });
  await context.close();
  console.log(path);
  return found;
}

const lists = ['widths', 'themes', 'langs'].map((key) => values[key].split(','));
const [widths, themes, langs] = lists;
const unknown = themes.find((theme) => !THEMES[theme]);
if (unknown) throw new Error(`no theme ${unknown}: there are ${Object.keys(THEMES).join(', ')}`);
mkdirSync(out, { recursive: true });
const { address, close } = await serve(page);
const { executablePath, args, env } = await findBrowser();
const browser = await chromium.launch({ executablePath, args, env, chromiumSandbox: false });
let faults = 0;
for (const lang of langs)
  for (const theme of themes)
    for (const width of widths)
      for (const line of await look(browser, address, Number(width), theme, lang)) {
        console.log(`  ${line}`);
        faults++;
      }
await browser.close();
await close();
process.exit(faults ? 1 : 0);
