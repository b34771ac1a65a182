import { resolve } from 'node:path';
import { defineConfig } from 'vite';
import { elementPages } from './tools/element-pages.mjs';
import { modelPages } from './tools/model-pages.mjs';
import { offline } from './tools/site/offline.mjs';
import { notFound } from './tools/site/not-found.mjs';
import { pagesOf, sitePages } from './tools/site/pages.mjs';
import { standAlone } from './tools/site/stand_alone.mjs';
import { stripShaders } from './tools/strip-shaders.mjs';

const demo = resolve(import.meta.dirname, 'demo');

/** Shared memory (threads of the CPU engine) and fine clocks need an isolated page; where the server cannot send these, the page works without. */
const isolation = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

// The demo site. Relative base: the build works at any path, so on a project's GitHub Pages too.
export default defineConfig({
  root: demo,
  base: './',
  appType: 'mpa', // what is not there is a 404, as on a static host
  server: { headers: isolation, fs: { allow: [import.meta.dirname] } },
  preview: { headers: isolation },
  plugins: [sitePages(), elementPages(), modelPages(), notFound(), stripShaders(), standAlone(), offline()],
  worker: { format: 'es', plugins: () => [stripShaders()] },
  build: {
    outDir: resolve(import.meta.dirname, 'dist-site'),
    emptyOutDir: true,
    target: 'es2022',
    cssTarget: ['chrome123', 'firefox128', 'safari17.5'], // light-dark() stays as it is: rewritten, a theme could not choose
    assetsInlineLimit: 0, // strict policies refuse data: addresses
    rolldownOptions: { input: pagesOf().map((path: string) => resolve(demo, path)) },
  },
});
