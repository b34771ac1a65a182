/** The models of the package, from their folder. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openFiles } from '../../src/session/load.ts';
import type { BenchModel } from './models.ts';

const folder = fileURLToPath(new URL('../../models/', import.meta.url));

export async function shippedModels(): Promise<BenchModel[]> {
  if (!existsSync(join(folder, 'index.json'))) return [];
  const index = JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8')) as {
    name: string;
    files: { name: string }[];
  }[];
  return Promise.all(
    index.map(async ({ name, files }) => {
      const blobs = new Map(files.map((file) => [file.name, new Blob([readFileSync(join(folder, name, file.name))])]));
      const { config, weights } = await openFiles(blobs, name, false);
      return { name: `${name} (shipped)`, config, weights };
    }),
  );
}
