/** The machine on which numbers were taken, besides the adapter. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus, loadavg, platform, release } from 'node:os';
import { dirname, join } from 'node:path';

function version(name: string): string {
  let folder = dirname(createRequire(import.meta.url).resolve(name));
  while (!readFileSafe(join(folder, 'package.json')).includes('"version"')) folder = dirname(folder);
  return (JSON.parse(readFileSafe(join(folder, 'package.json'))) as { version: string }).version;
}

function readFileSafe(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** Call it before measuring: then `load` is that of other programs. */
export function host(): Record<string, string | number> & { readonly cores: number; readonly load: number } {
  const all = cpus();
  return {
    system: `${platform()} ${release()}`,
    cpu: all[0]?.model ?? 'unknown',
    cores: all.length,
    load: Number(loadavg()[0].toFixed(2)),
    node: process.version,
    dawn: `webgpu ${version('webgpu')}`,
  };
}

/** Do other programs use every core? Starting the bench itself makes a load of about one core. */
export const isBusy = ({ load, cores }: { readonly load: number; readonly cores: number }): boolean =>
  load > Math.max(cores, 1.5);
