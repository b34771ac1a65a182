import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { defineConfig } from 'vite';
import { keepUrls } from './tools/keep-urls.mjs';
import { stripShaders } from './tools/strip-shaders.mjs';

const pkg = JSON.parse(readFileSync(resolve(import.meta.dirname, 'package.json'), 'utf8')) as {
  dependencies?: Record<string, string>;
};
const external = Object.keys(pkg.dependencies ?? {}).map((name) => new RegExp(`^${name}(/.*)?$`));

// The library: one file per entry, what two entries share in a chunk; dependencies stay imports.
export default defineConfig({
  base: './',
  publicDir: false,
  plugins: [stripShaders(), keepUrls()],
  build: {
    target: 'es2022',
    sourcemap: true,
    minify: false,
    lib: {
      entry: {
        index: resolve(import.meta.dirname, 'src/index.ts'),
        train: resolve(import.meta.dirname, 'src/train/index.ts'),
        bench: resolve(import.meta.dirname, 'src/bench/index.ts'),
      },
      formats: ['es'],
    },
    rolldownOptions: {
      external,
      output: { entryFileNames: '[name].js', chunkFileNames: 'shared/[name]-[hash].js' },
    },
  },
});
