/**
 * The folder of real weights and texts, which is not part of the project: `../shared/data` beside the checkout, or NEXTOKEN_DATA.
 * Tests that need a file of it are left out where it is absent, and say so.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = process.env.NEXTOKEN_DATA ?? fileURLToPath(new URL('../../shared/data', import.meta.url));

/** Path of a data file, or undefined (said once on the console) where it is absent: `describe.skipIf(!dataPath('text/kjv.txt'))`. */
export function dataPath(name: string): string | undefined {
  const path = join(folder, name);
  if (existsSync(path)) return path;
  console.warn(`left out: what needs ${name} (not in ${folder}; NEXTOKEN_DATA names another folder)`);
  return undefined;
}

/** Bytes of a data file; only inside a test that `dataPath` allowed. */
export function dataBytes(name: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(readFileSync(join(folder, name)));
}

/** Text of a data file; only inside a test that `dataPath` allowed. */
export function dataText(name: string): string {
  return readFileSync(join(folder, name), 'utf8');
}
