// A Vite plugin: the pages below models/, one for each shipped model, from its card; and the small files of a card beside them. Weights
// are carried along by the addresses in src/session/shipped.ts: the links of a page lead to those.
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openLoader } from './load.mjs';
import { demo, generatedPages, root } from './site/generated.mjs';

const folder = join(root, 'models');

/** Files of a card that the site has at their own names. */
const BESIDE = ['card.json', 'card.md', 'curves.svg'];

const read = (path) => JSON.parse(readFileSync(path, 'utf8'));
const models = read(join(folder, 'index.json'));
const hashOf = (source) => createHash('sha256').update(source).digest('hex');

async function make() {
  const loader = await openLoader();
  try {
    const { modelList, modelPage } = await loader.load(join(demo, 'models', 'page.ts'));
    const cards = models.map(({ name }) => read(join(folder, name, 'card.json')));
    const pages = cards.map(async (card, i) => [`models/${card.name}/index.html`, await modelPage(card, models[i])]);
    return {
      pages: new Map(await Promise.all(pages)),
      parts: { 'model list': modelList(cards) },
    };
  } finally {
    await loader.close();
  }
}

/** @returns {import('vite').Plugin[]} */
export function modelPages() {
  let made;
  const all = () => (made ??= make());
  const pages = generatedPages({
    name: 'model-pages',
    pages: async () => (await all()).pages,
    parts: async () => (await all()).parts,
  });
  const files = {
    name: 'model-files',
    enforce: 'post', // after the pages were written
    configureServer(server) {
      server.middlewares.use('/models/', (request, response, next) => {
        const [name, file, more] = new URL(request.url ?? '', 'http://localhost').pathname.slice(1).split('/');
        const model = models.find((known) => known.name === name);
        const known = model && more === undefined && [...BESIDE, ...model.files.map((f) => f.name)].includes(file);
        if (!known || !existsSync(join(folder, name, file))) return next();
        response.setHeader('Content-Type', file.endsWith('.svg') ? 'image/svg+xml' : 'application/octet-stream');
        createReadStream(join(folder, name, file)).pipe(response);
      });
    },
    generateBundle(_, bundle) {
      const places = new Map(
        Object.values(bundle)
          .filter((file) => file.type === 'asset' && /\.(json|safetensors)$/.test(file.fileName))
          .map((file) => [hashOf(file.source), file.fileName]),
      );
      for (const { name, files } of models) {
        const page = bundle[`models/${name}/index.html`];
        for (const file of files) {
          const place = places.get(file.sha256);
          if (!place) this.error(`models/${name}: the site has no file with the bytes of ${file.name}`);
          page.source = String(page.source).replace(`href="${file.name}"`, `href="../../${place}"`);
        }
        for (const file of BESIDE)
          this.emitFile({
            type: 'asset',
            fileName: `models/${name}/${file}`,
            source: readFileSync(join(folder, name, file)),
          });
      }
    },
  };
  return [pages, files];
}
