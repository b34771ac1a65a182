/** Files of a training in node: texts, checkpoints, logs. The only module of this folder that touches a disk. */
import { existsSync, readdirSync } from 'node:fs';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from './checkpoint.ts';
import type { Preset } from './preset.ts';
import { UsageError } from './usage.ts';

/** Writes beside the target, flushes to the disk, then renames: a crash leaves the old file or the new one, never half of one. */
export async function writeAtomic(path: string, data: Uint8Array | string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}.part`;
  try {
    const file = await open(temporary, 'w');
    try {
      await file.writeFile(data);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

export async function saveCheckpoint(path: string, checkpoint: Checkpoint): Promise<void> {
  await writeAtomic(path, encodeCheckpoint(checkpoint));
}

export async function loadCheckpoint(path: string): Promise<Checkpoint> {
  return decodeCheckpoint(new Uint8Array(await readFile(path)), path);
}

/** NEXTOKEN_DATA, or `../shared/data` beside the checkout. */
export function dataFolder(): string {
  return process.env['NEXTOKEN_DATA'] ?? resolve('..', 'shared', 'data');
}

export async function readTexts(preset: Preset): Promise<string[]> {
  const texts: string[] = [];
  for (const name of preset.texts) {
    const path = isAbsolute(name) ? name : [join(dataFolder(), name), resolve(name)].find((p) => existsSync(p));
    if (!path || !existsSync(path))
      throw new UsageError(
        `preset ${preset.name}: there is no ${name} in ${dataFolder()} or the current folder; set NEXTOKEN_DATA to where the texts lie`,
      );
    texts.push(await readFile(path, 'utf8'));
  }
  return texts;
}

/** A preset by path (`.ts` with a default export, `.json`), or by the name of one that ships. */
export async function readPreset(name: string): Promise<Preset> {
  const shipped = resolve('src', 'train', 'presets', `${name}.ts`);
  const path = existsSync(name) ? resolve(name) : shipped;
  if (!existsSync(path))
    throw new UsageError(
      `there is no preset ${name}: give a file, or one of ${readdirSync(dirname(shipped))
        .map((file) => basename(file, '.ts'))
        .join(', ')}`,
    );
  if (path.endsWith('.json')) return JSON.parse(await readFile(path, 'utf8')) as Preset;
  const module = (await import(/* @vite-ignore */ pathToFileURL(path).href)) as { default?: Preset };
  if (!module.default) throw new Error(`${path} has no default export; a preset exports one object`);
  return module.default;
}
