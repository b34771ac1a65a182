// Bytes over the wire of the folder of nextoken.js, read from the built files: what its first load takes, and what each element adds.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { gzipSync } from 'node:zlib';

/** A file and all that it imports statically, by path in the folder. */
function closure(folder, path, seen = new Set()) {
  if (seen.has(path)) return seen;
  seen.add(path);
  const text = readFileSync(join(folder, path), 'utf8');
  // `import`, `import … from` and `export … from`, as a minifier writes them; not `import(…)`
  for (const [, to] of text.matchAll(/(?:\bimport|\bfrom)\s*["'](\.{1,2}\/[^"']+\.js)["']/g))
    closure(folder, posix.join(posix.dirname(path), to), seen);
  return seen;
}

/** @returns {{ first: number, elements: Record<string, number> } | undefined} undefined where the folder was not built */
export function tagSizes(folder) {
  if (!existsSync(join(folder, 'nextoken.js'))) return undefined;
  const sizes = new Map();
  const sizeOf = (path) => {
    if (!sizes.has(path)) sizes.set(path, gzipSync(readFileSync(join(folder, path)), { level: 9 }).length);
    return sizes.get(path);
  };
  const sum = (paths) => [...paths].reduce((bytes, path) => bytes + sizeOf(path), 0);
  const first = closure(folder, 'nextoken.js');
  const files = existsSync(join(folder, 'elements')) ? readdirSync(join(folder, 'elements')) : [];
  const added = files
    .filter((file) => file.endsWith('.js'))
    .map((file) => [
      file.slice(0, -'.js'.length),
      sum([...closure(folder, `elements/${file}`)].filter((path) => !first.has(path))),
    ]);
  return { first: sum(first), elements: Object.fromEntries(added) };
}
