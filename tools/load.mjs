// Loads TypeScript modules of this repository into node through Vite, so that `.ts` imports, `?raw` and import.meta.url mean
// the same as in the page and in the tests.
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createServer } from 'vite';

/** @returns {Promise<{ load(path: string): Promise<Record<string, any>>, close(): Promise<void> }>} paths from the current folder */
export async function openLoader() {
  const server = await createServer({
    root: fileURLToPath(new URL('..', import.meta.url)),
    configFile: false,
    appType: 'custom',
    logLevel: 'warn',
    server: { middlewareMode: true, hmr: false, ws: false, watch: null },
    optimizeDeps: { noDiscovery: true },
  });
  return { load: (path) => server.ssrLoadModule(resolve(path)), close: () => server.close() };
}
