/** The files of a model by name. */
import { parseRecord } from './json.ts';
import { openTensors } from './open.ts';
import type { Folder, TensorFile } from './types.ts';

export type { Folder } from './types.ts';

/** The text of a file, or undefined if there is none. */
export async function textOf(folder: Folder, name: string): Promise<string | undefined> {
  return folder.get(name)?.text();
}

/** A file's JSON object, or undefined if there is none. */
export async function recordOf(folder: Folder, name: string): Promise<Record<string, unknown> | undefined> {
  const text = await textOf(folder, name);
  return text === undefined ? undefined : parseRecord(text, name);
}

/**
 * The weights of a folder: safetensors in one piece or in several with their index, llama2.c's model.bin, or minGPT's JSON.
 * @throws FileFormatError saying what is there instead, and what to do
 */
export async function openWeights(folder: Folder): Promise<TensorFile> {
  const usual = folder.get('model.safetensors');
  return usual ? openTensors(usual, 'model.safetensors') : (await import('./find_weights.ts')).findWeights(folder);
}
