// A Vite plugin for the library: `new URL('./file', import.meta.url)` stays as it is written, for the bundler of whoever uses the
// package, and for pages without one. Vite itself would write the file into the script as a data: address, which strict
// Content-Security-Policies refuse. A file below `src` is laid beside the scripts; others must be in the package where they are.
import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, posix, relative, resolve, sep } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const WRITTEN = /new URL\(\s*(['"])(\.{1,2}\/[^'"]+)\1,\s*import\.meta\.url\s*\)/g;
const KEPT = /__KEPT_URL__\("([^"]+)"\)/g;

/** @returns {import('vite').Plugin} */
export function keepUrls() {
  let out = 'dist';
  return {
    name: 'keep-urls',
    enforce: 'pre',
    configResolved({ build }) {
      out = build.outDir;
    },
    transform(code, id) {
      const [path] = id.split('?');
      if (!path.startsWith(resolve(root, 'src') + sep)) return null;
      const kept = code.replace(WRITTEN, (_all, _quote, specifier) => {
        const file = resolve(dirname(path), specifier);
        if (!existsSync(file)) this.error(`${specifier} in ${path}: there is no such file`);
        const inPackage = relative(root, file).replaceAll(sep, '/');
        if (!inPackage.startsWith('src/')) return `__KEPT_URL__("${inPackage}")`;
        const fileName = basename(file);
        this.emitFile({ type: 'asset', fileName, source: readFileSync(file) });
        return `__KEPT_URL__("${out}/${fileName}")`;
      });
      return kept === code ? null : { code: kept, map: null }; // no line moves
    },
    renderChunk(code, { fileName }) {
      const from = posix.dirname(`${out}/${fileName}`);
      const written = code.replace(KEPT, (_all, file) => {
        const address = posix.relative(from, file);
        return `new URL('${address.startsWith('.') ? address : `./${address}`}', import.meta.url)`;
      });
      return written === code ? null : { code: written, map: null };
    },
  };
}
