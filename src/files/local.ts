/** Folders and files on disk, in node and similar runtimes. No node module is loaded until a path is requested. */
import type { Folder } from './folder.ts';
import { FileFormatError } from './types.ts';

interface NodeFs {
  statSync(path: string | URL, options: { throwIfNoEntry: false }): { isDirectory(): boolean } | undefined;
  readdirSync(path: string | URL): string[];
  openAsBlob(path: string | URL): Promise<Blob>;
}
type NodeProcess = { getBuiltinModule?(name: 'node:fs'): NodeFs } | undefined;

const fs = (): NodeFs | undefined => (globalThis as { process?: NodeProcess }).process?.getBuiltinModule?.('node:fs');

/** Whether there is such a file or folder on disk; false where there is no disk. */
export function existsLocally(path: string | URL): boolean {
  return fs()?.statSync(path, { throwIfNoEntry: false }) !== undefined;
}

/**
 * The files of a folder (not of the folders in it), or the one file. Contents are read on demand.
 * @throws FileFormatError when there is no such path, or no disk
 */
export async function readLocal(path: string | URL): Promise<Folder> {
  const disk = fs();
  const shown = String(path);
  if (!disk) throw new FileFormatError(shown, 'there are no paths here, only in node: give an address or files');
  const found = disk.statSync(path, { throwIfNoEntry: false });
  if (!found) throw new FileFormatError(shown, 'there is no such file or folder');
  const whole = (name: string) =>
    typeof path === 'string' ? `${path.replace(/\/?$/, '/')}${name}` : new URL(name, path);
  if (!found.isDirectory()) return new Map([[shown.replace(/.*[\\/]/, ''), await disk.openAsBlob(path)]]);
  const folder = new Map<string, Blob>();
  for (const name of disk.readdirSync(path)) {
    if (disk.statSync(whole(name), { throwIfNoEntry: false })?.isDirectory() === false)
      folder.set(name, await disk.openAsBlob(whole(name)));
  }
  return folder;
}
