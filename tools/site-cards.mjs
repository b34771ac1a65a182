// A Vite plugin: the cards of the models at `models/<name>/` of the site, read from their one place in the repository. The models
// themselves are carried along by the addresses in src/session/shipped.ts.
import { createReadStream, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const folder = resolve(import.meta.dirname, '..', 'models');
const files = readdirSync(folder, { recursive: true })
  .map((name) => String(name).replaceAll('\\', '/'))
  .filter((name) => /\/(card\.md|curves\.svg)$/.test(name));

/** @returns {import('vite').Plugin} */
export function siteCards() {
  return {
    name: 'site-cards',
    configureServer(server) {
      server.middlewares.use('/models/', (request, response, next) => {
        const name = new URL(request.url ?? '', 'http://localhost').pathname.slice(1);
        if (!files.includes(name)) return next();
        response.setHeader('Content-Type', name.endsWith('.svg') ? 'image/svg+xml' : 'text/markdown; charset=utf-8');
        createReadStream(join(folder, name)).pipe(response);
      });
    },
    generateBundle() {
      for (const name of files)
        this.emitFile({ type: 'asset', fileName: `models/${name}`, source: readFileSync(join(folder, name)) });
    },
  };
}
