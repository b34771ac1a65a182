import { existsSync, readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { defineConfig } from 'vite';
import { copyModels } from './tools/copy-models.mjs';
import { firstLoad } from './tools/first-load.mjs';
import { plainImports } from './tools/plain-imports.mjs';
import { keepUrls } from './tools/keep-urls.mjs';
import { leanDecorators } from './tools/lean-decorators.mjs';
import { leanRecords } from './tools/lean-records.mjs';
import { minifiedTemplates } from './tools/minify-templates.mjs';
import { rawWasm } from './tools/raw-wasm.mjs';
import { stripShaders } from './tools/strip-shaders.mjs';

const src = resolve(import.meta.dirname, 'src');
const elements = readdirSync(`${src}/elements`).filter((name) => existsSync(`${src}/elements/${name}/define.ts`));

// The folder of `nextoken.js`: works on any static host, at any path, from another origin, without a bundler, headers or a server.
// Names without a hash are those that pages and scripts of ours write out.
export default defineConfig({
  base: './',
  publicDir: false,
  plugins: [
    plainImports(),
    stripShaders(),
    leanRecords(),
    leanDecorators(),
    minifiedTemplates(),
    rawWasm('parts'),
    keepUrls({ folder: 'parts', models: 'models' }),
    copyModels(),
  ],
  build: {
    outDir: 'dist/tag',
    emptyOutDir: true,
    target: 'es2022',
    minify: true,
    modulePreload: false,
    license: { fileName: 'licenses.md' },
    rolldownOptions: {
      input: {
        nextoken: `${src}/entries/tag.ts`,
        ...Object.fromEntries(
          elements
            .filter((name) => !['core', 'next-token'].includes(name))
            .map((name) => [`elements/${name}`, `${src}/elements/${name}/define.ts`]),
        ),
      },
      preserveEntrySignatures: 'allow-extension',
      output: {
        format: 'es',
        entryFileNames: '[name].js',
        chunkFileNames: 'parts/[name]-[hash].js',
        assetFileNames: 'parts/[name][extname]',
        codeSplitting: {
          includeDependenciesRecursively: false,
          groups: [
            firstLoad({
              page: `${src}/entries/tag.ts`,
              worker: `${src}/host/worker.ts`,
              cpu: ['engine.ts', 'wasm_relaxed_first.gen.ts', 'wasm_plain_first.gen.ts'].map(
                (name) => `${src}/cpu/${name}`,
              ),
              both: [`${src}/plan/scope.ts`, `${src}/plan/arenas.ts`],
              later: [`${src}/kernels/variants.ts`],
            }),
          ],
        },
      },
    },
  },
});
