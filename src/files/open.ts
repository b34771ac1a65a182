/**
 * Opens any file of tensors: looks at the first bytes, recognises the format, and opens the file or says why not. Code for rare formats is
 * loaded only when needed.
 */
import { openSafetensors } from './safetensors.ts';
import { sourceOf } from './source.ts';
import type { FileData } from './source.ts';
import { FileFormatError } from './types.ts';
import type { TensorFile } from './types.ts';

const LOOK = 64;

/**
 * Safetensors, llama2.c's model.bin, or minGPT's JSON. For a model in several files: openSharded.
 * @param name for messages; a File has its own
 */
export async function openTensors(data: FileData, name?: string): Promise<TensorFile> {
  const source = sourceOf(data, name);
  const head = await source.read(0, Math.min(LOOK, source.size));
  if (head.length < 9) throw new FileFormatError(source.name, `${source.size} bytes are too few for a file of tensors`);
  const text = String.fromCharCode(...head);
  // a length below 2³², then the brace that the format requires
  if (text[8] === '{' && text.slice(4, 8) === '\0\0\0\0') return openSafetensors(data, source.name);
  return (await import('./foreign.ts')).openForeign(data, source, text);
}
