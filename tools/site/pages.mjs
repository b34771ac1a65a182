// A Vite plugin: what the site's pages have in common. Texts stand in both languages as {{English|中文}}; header and footer are put in;
// home has its first picture as HTML, of a recorded run, with the styles that the element itself will have.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { openLoader } from '../load.mjs';
import { chrome } from './chrome.mjs';

const root = resolve(import.meta.dirname, '../..');
const demo = join(root, 'demo');

/** Recordings of home: so many tokens that the next one stands among the first candidates. */
const FIRST = [
  { lang: 'en', model: 'austen', steps: 11 },
  { lang: 'zh', model: 'tang', steps: 15 },
];

/** Every page of the site: a folder of demo with an index.html, and those of the root. */
export function pagesOf(folder = demo, at = '') {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = at + entry.name;
    if (entry.isDirectory()) return entry.name === 'public' ? [] : pagesOf(join(folder, entry.name), `${path}/`);
    return entry.name === 'index.html' || path === '404.html' ? [path] : [];
  });
}

/** {{English|中文}}: both in the text, shown by the page's language; in an attribute the second beside it. */
export function bilingual(html) {
  return html
    .replace(/([\w-]+)="\{\{([^|}]*)\|([^}]*)\}\}"/g, '$1="$2" data-zh-$1="$3"')
    .replace(
      /\{\{([^|}]*)\|([^}]*)\}\}/g,
      (_, en, zh) => `<span lang="en">${en.trim()}</span><span lang="zh-Hans">${zh.trim()}</span>`,
    );
}

/** Posters, their files and styles; made once a build, and again in a dev server when it is asked. */
async function makePosters() {
  const loader = await openLoader();
  try {
    const { beginning, posterOf, posterStyles, Rules } = await loader.load(join(import.meta.dirname, 'poster.ts'));
    const rules = new Rules();
    const files = {};
    let html = '';
    for (const { lang, model, steps } of FIRST) {
      const text = beginning(readFileSync(join(root, 'models', model, 'run.json'), 'utf8'), steps);
      files[`recorded/first-${lang}.json`] = text;
      html += posterOf(text, lang, rules);
    }
    return { files, html, css: posterStyles(rules) };
  } finally {
    await loader.close();
  }
}

/** @returns {import('vite').Plugin} */
export function sitePages() {
  let made;
  const posters = () => (made ??= makePosters());
  const styles = join(demo, 'home/poster.css');
  const page = (path) => relative(demo, path).replaceAll('\\', '/');
  return {
    name: 'site-pages',
    enforce: 'pre',
    resolveId: (id) => (/(^|\/)home\/poster\.css$/.test(id) ? styles : undefined),
    async load(id) {
      return id.split('?')[0] === styles ? (await posters()).css : undefined;
    },
    configureServer(server) {
      server.middlewares.use(async (request, response, next) => {
        const name = new URL(request.url ?? '', 'http://localhost').pathname.slice(1);
        if (!name.startsWith('recorded/first-')) return next();
        response.setHeader('Content-Type', 'application/json').end((await posters()).files[name]);
      });
    },
    async generateBundle() {
      for (const [fileName, source] of Object.entries((await posters()).files))
        this.emitFile({ type: 'asset', fileName, source });
    },
    transformIndexHtml: {
      order: 'pre',
      async handler(html, { filename }) {
        const path = page(filename);
        if (!pagesOf().includes(path)) return html;
        const up = dirname(path) === '.' ? './' : '../'.repeat(dirname(path).split('/').length);
        const exists = (folder) => existsSync(join(demo, folder, 'index.html'));
        const filled = chrome(html, { path, up, exists }).replace('<!-- first picture -->', () => '{{first}}');
        const both = bilingual(filled);
        return both.includes('{{first}}') ? both.replace('{{first}}', (await posters()).html) : both;
      },
    },
  };
}
