// What plugins that write pages share: a page of the site that has no file. The build takes it as an input; a dev server answers with it.
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { chrome } from './chrome.mjs';

export const root = resolve(import.meta.dirname, '../..');
export const demo = join(root, 'demo');

/** Puts header, footer and addresses into a page, or a part of one, that lies at `path` below demo. */
export function fill(html, path) {
  const up = dirname(path) === '.' ? './' : '../'.repeat(dirname(path).split('/').length);
  const both = (text) =>
    text
      .replace(/([\w-]+)="\{\{([^|}]*)\|([^}]*)\}\}"/g, '$1="$2" data-zh-$1="$3"')
      .replace(/\{\{([^|}]*)\|([^}]*)\}\}/g, '<span lang="en">$1</span><span lang="zh-Hans">$2</span>');
  return chrome(html, { path, up, exists: (folder) => existsSync(join(demo, folder, 'index.html')) }).replace(
    /^[^]*?(?=<main\b)|(?<=<\/main>)[^]*$/g, // around the text of the page, which may hold any signs
    both,
  );
}

/**
 * @param {{ name: string, pages: () => Promise<ReadonlyMap<string, string>>, parts?: () => Promise<Readonly<Record<string, string>>> }} of
 *   `pages`: by path below demo; `parts`: what stands for `<!-- name -->` in pages that are files
 * @returns {import('vite').Plugin}
 */
export function generatedPages({ name, pages, parts = async () => ({}) }) {
  let made;
  const all = () => (made ??= pages());
  const pathOf = (id) => id.split('?')[0].replace(`${demo.replaceAll('\\', '/')}/`, '');
  return {
    name,
    enforce: 'pre',
    async config() {
      return { build: { rolldownOptions: { input: [...(await all()).keys()].map((path) => join(demo, path)) } } };
    },
    async resolveId(id) {
      return (await all()).has(pathOf(id)) ? id : undefined;
    },
    async load(id) {
      const html = id.endsWith('.html') ? (await all()).get(pathOf(id)) : undefined;
      return html && fill(html, pathOf(id));
    },
    configureServer(server) {
      server.middlewares.use(async (request, response, next) => {
        const { pathname } = new URL(request.url ?? '', 'http://localhost');
        const path = `${pathname.slice(1)}${pathname.endsWith('/') ? 'index.html' : ''}`;
        const html = (await all()).get(path);
        if (!html) return next();
        const text = await server.transformIndexHtml(`/${path}`, fill(html, path), request.originalUrl);
        response.setHeader('Content-Type', 'text/html').end(text);
      });
    },
    transformIndexHtml: {
      order: 'pre',
      async handler(html, { filename }) {
        if (!/<!-- [\w ]+ -->/.test(html)) return html;
        const known = await parts();
        return html.replace(/<!-- ([\w ]+) -->/g, (whole, part) =>
          part in known ? fill(known[part], pathOf(filename.replaceAll('\\', '/'))) : whole,
        );
      },
    },
  };
}
