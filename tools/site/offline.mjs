// A Vite plugin: sw.js, the worker that keeps the built site for use without a network. Pages, scripts and styles are kept at once,
// models when they are used (the page's own cache has their weights). A newer version waits until a page says so.
import { generateSW } from 'workbox-build';

/** @returns {import('vite').Plugin} */
export function offline() {
  let folder;
  return {
    name: 'offline',
    apply: 'build',
    configResolved({ build }) {
      folder = build.outDir;
    },
    closeBundle: {
      sequential: true,
      order: 'post',
      async handler() {
        const { warnings } = await generateSW({
          globDirectory: folder,
          globPatterns: ['**/*.{html,js,css,woff2,svg,wasm}', 'recorded/first-*.json'],
          globIgnores: ['models/**'],
          swDest: `${folder}/sw.js`,
          inlineWorkboxRuntime: true,
          sourcemap: false,
          mode: 'production',
          directoryIndex: 'index.html',
          ignoreURLParametersMatching: [/./], // ?lang, ?present: the same page
          dontCacheBustURLsMatching: /\/assets\//, // their names are hashes
          runtimeCaching: [
            {
              urlPattern: ({ url, sameOrigin }) => sameOrigin && /\.(json|txt|md)$/.test(url.pathname),
              handler: 'CacheFirst',
              options: { cacheName: 'nextoken-used' },
            },
          ],
        });
        for (const warning of warnings) console.warn(warning);
      },
    },
  };
}
