// A Vite plugin: stand-alone.js, one classic script with the elements that a saved page shows a recording with. Built beside the pages;
// in a dev server when it is asked for.
import { resolve } from 'node:path';
import { build } from 'vite';

const root = resolve(import.meta.dirname, '../..');

/** @returns {Promise<string>} */
export async function standAloneScript() {
  const output = await build({
    root,
    configFile: false,
    logLevel: 'warn',
    publicDir: false,
    build: {
      write: false,
      modulePreload: false,
      target: 'es2022',
      minify: true,
      rolldownOptions: {
        input: resolve(root, 'demo/shell/stand_alone_page.ts'),
        transform: { define: { 'import.meta': '{}' } }, // a classic script has none, and nothing of it is used
        output: { format: 'iife', codeSplitting: false },
      },
    },
  });
  const [script] = (Array.isArray(output) ? output[0] : output).output;
  return script.code;
}

/** @returns {import('vite').Plugin} */
export function standAlone() {
  return {
    name: 'stand-alone',
    configureServer(server) {
      server.middlewares.use('/stand-alone.js', async (_request, response) => {
        response.setHeader('Content-Type', 'text/javascript').end(await standAloneScript());
      });
    },
    async generateBundle() {
      this.emitFile({ type: 'asset', fileName: 'stand-alone.js', source: await standAloneScript() });
    },
  };
}
