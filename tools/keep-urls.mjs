// A Vite plugin for the library and the folder of nextoken.js: `new URL('./file', import.meta.url)` stays as it is written, for the
// bundler of whoever uses the package, and for pages without one. Vite itself would write the file into the script as a data: address,
// which strict Content-Security-Policies refuse. A file below `src` is laid beside the scripts, a worker in TypeScript as a script of
// its own; models are in the package once, in MODELS.
import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, posix, relative, resolve, sep } from 'node:path';

const root = resolve(import.meta.dirname, '..');
/** Where the package has its models: beside nextoken.js, so that its folder works wherever it is copied. */
export const MODELS = 'dist/tag/models';
const WRITTEN = /new URL\(\s*(['"])(\.{1,2}\/[^'"]+)\1,\s*import\.meta\.url\s*\)/g;
const KEPT = /__KEPT_URL__\((['"`])([^'"`]+)\1\)/g;

/**
 * @param {{ folder?: string, models?: string }} [options] folder: where below the output files and workers go; models: where they are
 * below the output. Default: where the package has them
 * @returns {import('vite').Plugin}
 */
export function keepUrls({ folder = '', models } = {}) {
  let out = 'dist';
  return {
    name: 'keep-urls',
    enforce: 'pre',
    configResolved({ build }) {
      out = relative(root, resolve(root, build.outDir)).replaceAll(sep, '/');
    },
    transform(code, id) {
      const [path] = id.split('?');
      if (!path.startsWith(resolve(root, 'src') + sep)) return null;
      const kept = code.replace(WRITTEN, (_all, _quote, specifier) => {
        const file = resolve(dirname(path), specifier);
        if (!existsSync(file)) this.error(`${specifier} in ${path}: there is no such file`);
        const inPackage = relative(root, file).replaceAll(sep, '/');
        if (inPackage.startsWith('models/'))
          return `__KEPT_URL__("${models === undefined ? MODELS : `${out}/${models}`}/${inPackage.slice('models/'.length)}")`;
        const fileName = posix.join(folder, basename(file).replace(/\.ts$/, '.js'));
        if (file.endsWith('.ts')) this.emitFile({ type: 'chunk', id: file, fileName });
        else this.emitFile({ type: 'asset', fileName, source: readFileSync(file) });
        return `__KEPT_URL__("${out}/${fileName}")`;
      });
      return kept === code ? null : { code: kept, map: null }; // no line moves
    },
    renderChunk(code, { fileName }) {
      const from = posix.dirname(`${out}/${fileName}`);
      const written = code.replace(KEPT, (_all, _quote, file) => {
        const address = posix.relative(from, file);
        return `new URL('${address.startsWith('.') ? address : `./${address}`}', import.meta.url)`;
      });
      return written === code ? null : { code: written, map: null };
    },
  };
}
