/** minGPT's weights as JSON, as the "LLM visualization" publishes its gpt-nano: name → {shape, dtype, data in base64}, and `config`. */
import { duplicateKey, isRecord, shown } from './json.ts';
import { sourceOf } from './source.ts';
import type { FileData } from './source.ts';
import { elements, isSize, tensorFile } from './tensors.ts';
import { FileFormatError } from './types.ts';
import type { TensorFile, TensorInfo } from './types.ts';

/** JSON is read as one text, so it must be small. Larger models have better formats. */
const MAX_BYTES = 256 * 2 ** 20;

export async function openMinGpt(data: FileData, name?: string): Promise<TensorFile> {
  const source = sourceOf(data, name);
  if (source.size > MAX_BYTES)
    throw new FileFormatError(source.name, `${source.size} bytes of JSON, the most is ${MAX_BYTES}; use safetensors`);
  let json: unknown;
  let text = '';
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(await source.read(0, source.size));
    json = JSON.parse(text);
  } catch (cause) {
    throw new FileFormatError(source.name, 'it is not JSON in UTF-8: cut short, or another format', { cause });
  }
  if (!isRecord(json) || !isRecord(json.config)) {
    throw new FileFormatError(
      source.name,
      `${shown(json)} has no config; expected minGPT's {config, name: {shape, dtype, data}}`,
    );
  }
  const twice = duplicateKey(text);
  if (twice !== undefined) throw new FileFormatError(source.name, 'it comes twice', { tensor: twice });
  const { config, ...entries } = json;
  const tensors = new Map<string, TensorInfo>();
  const encoded = new Map<string, string>();
  let end = 0;
  for (const [tensor, entry] of Object.entries(entries)) {
    const { shape, bytes, base64 } = readEntry(source.name, tensor, entry);
    tensors.set(tensor, { name: tensor, dtype: 'F32', shape, begin: end, end: (end += bytes) });
    encoded.set(tensor, base64);
  }
  const parts = { format: 'minGPT', tensors, config: config as Record<string, unknown> } as const;
  return tensorFile(source.name, parts, async ({ name: tensor, begin, end }) => {
    const offsets = [begin, end] as const;
    let letters: string;
    try {
      letters = atob(encoded.get(tensor) as string);
    } catch (cause) {
      throw new FileFormatError(source.name, 'its data is no base64', { tensor, offsets, cause });
    }
    if (letters.length !== end - begin) {
      throw new FileFormatError(source.name, `its data decodes to ${letters.length} bytes, ${end - begin} are wanted`, {
        tensor,
        offsets,
      });
    }
    return Uint8Array.from(letters, (letter) => letter.charCodeAt(0));
  });
}

function readEntry(file: string, tensor: string, entry: unknown): { shape: number[]; bytes: number; base64: string } {
  const fail = (message: string): never => {
    throw new FileFormatError(file, message, { tensor });
  };
  if (!isRecord(entry)) return fail(`its entry is ${shown(entry)}; expected {shape, dtype, data}`);
  const { shape, dtype, data } = entry;
  if (dtype !== 'torch.float32') return fail(`its dtype is ${shown(dtype)}; expected "torch.float32"`);
  if (!Array.isArray(shape) || !shape.every(isSize)) return fail(`its shape is ${shown(shape)}; expected sizes ≥ 0`);
  const count = elements(shape);
  if (typeof data !== 'string') return fail(`its data is ${shown(data)}; expected base64`);
  const bytes = (data.replace(/=+$/, '').length * 3) >> 2;
  if (count === undefined || bytes !== 4 * count) {
    return fail(
      `${bytes} bytes for f32 of shape [${shape.join(', ')}], which takes ${count === undefined ? 'more than can be counted' : 4 * count}`,
    );
  }
  return { shape, bytes, base64: data };
}
