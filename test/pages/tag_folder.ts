/** The folder of `nextoken.js`, built as it is published, on servers as people have them. */
import { resolve } from 'node:path';
import { build } from 'vite';

const root = resolve(import.meta.dirname, '../..');

/** Builds it once for the tests that use it. */
export async function tagFolder(): Promise<string> {
  const outDir = resolve(root, 'node_modules/.cache/tag');
  const { NODE_ENV } = process.env;
  process.env['NODE_ENV'] = 'production'; // vitest's `test` would build lit's development code
  await build({ configFile: `${root}/vite.tag.config.ts`, root, logLevel: 'error', build: { outDir } });
  process.env['NODE_ENV'] = NODE_ENV;
  return outDir;
}
