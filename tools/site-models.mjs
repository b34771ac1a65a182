// A Vite plugin: the models of the package at `models/` of the site, read from their one place in the repository.
import { createReadStream, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';

const folder = resolve(import.meta.dirname, '..', 'models');
/** What a page asks for: golden.json is for tests. */
const files = readdirSync(folder, { recursive: true })
  .map((name) => String(name).replaceAll('\\', '/'))
  .filter((name) => statSync(join(folder, name)).isFile() && !name.endsWith('golden.json'));
const TYPES = { json: 'application/json', md: 'text/markdown; charset=utf-8', svg: 'image/svg+xml' };

/** @returns {import('vite').Plugin} */
export function siteModels() {
  return {
    name: 'site-models',
    configureServer(server) {
      server.middlewares.use('/models/', (request, response, next) => {
        const name = decodeURIComponent(new URL(request.url ?? '', 'http://localhost').pathname.slice(1));
        if (!files.includes(name)) return next();
        response.setHeader('Content-Type', TYPES[name.split('.').at(-1)] ?? 'application/octet-stream');
        createReadStream(join(folder, name)).pipe(response);
      });
    },
    generateBundle() {
      for (const name of files)
        this.emitFile({ type: 'asset', fileName: `models/${name}`, source: readFileSync(join(folder, name)) });
    },
  };
}
