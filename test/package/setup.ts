/**
 * The package as npm would hand it out: built, packed, and unpacked into node_modules of a folder far from this repository, where only
 * what is in the tarball can be found. Tests get that folder with `inject('packed')`.
 */
import { execFileSync } from 'node:child_process';
import { createReadStream, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-fs';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** A project's folder with `node_modules/nextoken` and nothing else. */
    packed: string;
  }
}

const root = join(import.meta.dirname, '..', '..');

export default async function setup(project: TestProject): Promise<() => void> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'nextoken-')));
  const npm = (...args: string[]) =>
    execFileSync('npm', args, { cwd: root, encoding: 'utf8', shell: process.platform === 'win32', stdio: 'pipe' });
  npm('run', '--silent', 'build:lib');
  const [{ filename }] = JSON.parse(npm('pack', '--json', '--ignore-scripts', '--pack-destination', folder)) as [
    { filename: string },
  ];
  const unpacked = join(folder, 'node_modules', 'nextoken');
  const unpack = extract(unpacked, { map: (header) => ({ ...header, name: header.name.replace(/^package\//, '') }) });
  await pipeline(createReadStream(join(folder, filename)), createGunzip(), unpack);
  project.provide('packed', folder);
  return () => rmSync(folder, { recursive: true, force: true });
}
