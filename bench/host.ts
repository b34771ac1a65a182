/** What the numbers were taken on, besides the adapter. */
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

export function host(): Record<string, string | number> {
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
