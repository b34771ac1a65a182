/** Files of a training in node: presets, texts, checkpoints, logs. */
import { existsSync } from 'node:fs';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from '../../src/train/checkpoint.ts';
import type { Preset } from '../../src/train/preset.ts';
import { UsageError } from '../command_line.ts';
import { checkPreset, DESCRIPTION } from './preset.ts';

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
  if (!existsSync(path)) throw new UsageError(`there is no checkpoint ${path}`);
  return decodeCheckpoint(new Uint8Array(await readFile(path)), path);
}

/** NEXTOKEN_DATA, or `../shared/data` beside the checkout. */
function dataFolder(): string {
  return process.env['NEXTOKEN_DATA'] ?? fileURLToPath(new URL('../../../shared/data', import.meta.url));
}

export async function readTexts(preset: Preset): Promise<string[]> {
  const texts: string[] = [];
  for (const name of preset.texts) {
    const path = isAbsolute(name) ? name : [join(dataFolder(), name), resolve(name)].find((p) => existsSync(p));
    if (!path || !existsSync(path))
      throw new UsageError(
        `preset ${preset.name}: there is no text ${name}${isAbsolute(name) ? '' : ` in ${dataFolder()} or the current folder; NEXTOKEN_DATA names the folder of texts`}`,
      );
    texts.push(await readFile(path, 'utf8'));
  }
  return texts;
}

type Module = { readonly default?: unknown };

/** The presets of the models that ship, by name. */
const shipped = Object.fromEntries(
  Object.entries(import.meta.glob<Module>('./presets/*.ts')).map(([path, load]) => [basename(path, '.ts'), load]),
);
export const shippedPresets: readonly string[] = Object.keys(shipped);

/** A preset by path (`.ts` with a default export, `.json`), or the name of one that ships. Throws UsageError for anything else. */
export async function readPreset(name: string): Promise<Preset> {
  const value = await readUnchecked(name);
  try {
    return checkPreset(value);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new UsageError(`preset ${name}: ${error.message}; ${DESCRIPTION} describes the fields`, { cause: error });
  }
}

async function readUnchecked(name: string): Promise<unknown> {
  if (Object.hasOwn(shipped, name)) return (await shipped[name]()).default;
  const isFile = /\.(ts|json)$/.test(name);
  if (!isFile || !existsSync(name))
    throw new UsageError(
      `${isFile ? 'there is no file' : 'there is no preset'} ${name}; a preset is a .ts or .json file (${DESCRIPTION} describes it) or one of ${shippedPresets.join(', ')}`,
    );
  try {
    if (name.endsWith('.json')) return JSON.parse(await readFile(name, 'utf8'));
    const module = (await import(/* @vite-ignore */ pathToFileURL(resolve(name)).href)) as Module;
    if (module.default === undefined) throw new TypeError('it has no default export');
    return module.default;
  } catch (error) {
    throw new UsageError(`${name} cannot be read as a preset: ${(error as Error).message}`, { cause: error });
  }
}
