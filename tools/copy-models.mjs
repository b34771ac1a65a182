// A Vite plugin: lays the models and nextoken.css beside nextoken.js.
import { cpSync, readdirSync, readFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
/** Only tests read them. */
const LEFT_OUT = new Set(['golden.json']);

/** @returns {import('vite').Plugin} */
export function copyModels() {
  let out;
  return {
    name: 'copy-models',
    configResolved({ build }) {
      out = resolve(root, build.outDir);
    },
    buildStart() {
      this.emitFile({
        type: 'asset',
        fileName: 'nextoken.css',
        source: readFileSync(`${root}/src/entries/nextoken.css`),
      });
    },
    writeBundle() {
      for (const name of readdirSync(`${root}/models`))
        cpSync(`${root}/models/${name}`, `${out}/models/${name}`, {
          recursive: true,
          filter: (path) => !LEFT_OUT.has(basename(path)),
        });
    },
  };
}
