import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { defineConfig } from 'vite';
import { keepUrls } from './tools/keep-urls.mjs';
import { stripShaders } from './tools/strip-shaders.mjs';

const pkg = JSON.parse(readFileSync(resolve(import.meta.dirname, 'package.json'), 'utf8')) as {
  dependencies?: Record<string, string>;
};
const external = Object.keys(pkg.dependencies ?? {}).map((name) => new RegExp(`^${name}(/.*)?$`));

const elements = resolve(import.meta.dirname, 'src/elements');
/** Of each element: a file that defines it, and one with its class. */
const ofElements = Object.fromEntries(
  readdirSync(elements, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== 'core')
    .map((entry) => entry.name)
    .flatMap((name) =>
      readdirSync(resolve(elements, name)).flatMap((file) =>
        file === 'define.ts' || file === `${name}.class.ts`
          ? [[`elements/${file === 'define.ts' ? name : `${name}.class`}`, resolve(elements, name, file)]]
          : [],
      ),
    ),
);

// The library: one file per entry, what two entries share in a chunk. It runs in a page without a bundler or an import map, so nothing
// but the elements' lit stays a bare import.
export default defineConfig({
  base: './',
  publicDir: false,
  plugins: [stripShaders(), keepUrls()],
  build: {
    target: 'es2022',
    minify: false, // whoever bundles it does that; until then it can be read and debugged as it is
    license: { fileName: 'licenses.md' }, // of what is bundled along
    lib: {
      entry: {
        index: resolve(import.meta.dirname, 'src/index.ts'),
        train: resolve(import.meta.dirname, 'src/train/index.ts'),
        bench: resolve(import.meta.dirname, 'src/bench/index.ts'),
        host: resolve(import.meta.dirname, 'src/entries/host.ts'),
        elements: resolve(import.meta.dirname, 'src/entries/elements.ts'),
        ...ofElements,
        'elements/next-token': resolve(import.meta.dirname, 'src/entries/next-token.ts'),
      },
      formats: ['es'],
    },
    rolldownOptions: {
      external,
      output: {
        entryFileNames: '[name].js',
        chunkFileNames: 'shared/[name]-[hash].js',
        // whoever wants an engine alone should not get what opens models along with it
        codeSplitting: {
          groups: [
            {
              name: 'choose_engine',
              test: /\/src\/(session\/(choose_engine|reason)|cpu\/open|gpu\/open|gpu\/types)\.ts$/,
            },
          ],
        },
      },
    },
  },
});
