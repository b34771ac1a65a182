// A Vite plugin for the folder of nextoken.js: WebAssembly goes beside the scripts as it is. In a script it would be base64, which
// compresses a quarter worse.
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';

/** @param {string} folder below the build's output @returns {import('vite').Plugin} */
export function rawWasm(folder) {
  return {
    name: 'raw-wasm',
    enforce: 'pre',
    load(id) {
      if (!/wasm_\w+\.gen\.ts$/.test(id)) return null;
      const [, flag] = /memoryFlagAt: (\d+)/.exec(readFileSync(id, 'utf8')) ?? [];
      const [, base64] = /base64: '([^']+)'/.exec(readFileSync(id, 'utf8')) ?? [];
      if (!flag || !base64) this.error(`${id} is not as tools/build-wasm.mjs writes it`);
      const fileName = `${folder}/${basename(id).replace(/^wasm_(\w+)\.gen\.ts$/, '$1.wasm')}`;
      this.emitFile({ type: 'asset', fileName, source: Buffer.from(base64, 'base64') });
      return `export default { memoryFlagAt: ${flag}, url: __KEPT_URL__("${this.environment.config.build.outDir}/${fileName}").href };`;
    },
  };
}
