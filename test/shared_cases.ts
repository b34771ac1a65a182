/**
 * The folder of reported cases, which is not part of the project: `../shared/cases` beside the checkout, or NEXTOKEN_CASES. Tests of a
 * whole folder are left out where it is absent; each kind of fault has a test of its own here besides.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = process.env.NEXTOKEN_CASES ?? fileURLToPath(new URL('../../shared/cases', import.meta.url));

/** Names of the cases that begin so. */
export function caseNames(start: RegExp): string[] {
  return existsSync(folder) ? readdirSync(folder).filter((name) => start.test(name)) : [];
}

export function caseText(path: string): string {
  return readFileSync(join(folder, path), 'utf8');
}

export function caseJson<T>(path: string): T {
  return JSON.parse(caseText(path)) as T;
}

/** The files of a case that is a folder. */
export function caseFiles(name: string): File[] {
  return readdirSync(join(folder, name))
    .filter((file) => file !== 'want.json')
    .map((file) => new File([readFileSync(join(folder, name, file))], basename(file)));
}
