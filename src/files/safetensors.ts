/**
 * Safetensors (https://github.com/huggingface/safetensors, README "Format"): u64 length of a header, the header in JSON
 * (name → dtype, shape, data_offsets; `__metadata__` → texts), then the data. Reading checks everything that the format promises
 * before it touches data: the tensors cover the file without overlaps or gaps.
 */
import { duplicateKey, isRecord, shown } from './json.ts';
import { sourceOf } from './source.ts';
import type { FileData } from './source.ts';
import { elements, isSize, tensorFile } from './tensors.ts';
import { DTYPE_BYTES, FileFormatError } from './types.ts';
import type { TensorFile, TensorInfo } from './types.ts';

/** The format's own limit. */
const MAX_HEADER = 100_000_000;
/** The key of the header that names no tensor. */
export const METADATA = '__metadata__';

export async function openSafetensors(data: FileData, name?: string): Promise<TensorFile> {
  const source = sourceOf(data, name);
  const fail = (message: string, cause?: unknown): never => {
    throw new FileFormatError(source.name, message, { cause });
  };
  if (source.size < 8)
    fail(`${source.size} bytes are too few for a safetensors file: the length of its header alone takes 8`);
  const length = new DataView((await source.read(0, 8)).buffer).getBigUint64(0, true);
  const room = Math.min(MAX_HEADER, source.size - 8);
  if (length > BigInt(room)) {
    fail(
      length > BigInt(MAX_HEADER)
        ? `a header of ${length} bytes is announced, the limit is ${MAX_HEADER}: this is not a safetensors file`
        : `a header of ${length} bytes is announced, ${room} follow: the file is cut short`,
    );
  }
  const start = 8 + Number(length);
  const bytes = await source.read(8, start);
  let json: unknown;
  let text = '';
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    json = JSON.parse(text);
  } catch (cause) {
    fail(`the header, bytes 8 … ${start}, is not JSON in UTF-8`, cause);
  }
  if (!isRecord(json) || !text.startsWith('{'))
    throw new FileFormatError(source.name, `the header is ${shown(json)}; expected an object`);
  const twice = duplicateKey(text);
  if (twice !== undefined) throw new FileFormatError(source.name, 'the header names it twice', { tensor: twice });

  const { [METADATA]: notes, ...entries } = json;
  const tensors = new Map<string, TensorInfo>();
  for (const [tensor, entry] of Object.entries(entries))
    tensors.set(tensor, readEntry(source.name, tensor, entry, start, source.size));
  checkCover(source.name, [...tensors.values()], start, source.size);
  const parts = { format: 'safetensors', tensors, metadata: readMetadata(source.name, notes) } as const;
  return tensorFile(source.name, parts, ({ begin, end }) => source.read(begin, end));
}

function readEntry(file: string, tensor: string, entry: unknown, start: number, size: number): TensorInfo {
  const fail = (message: string, offsets?: readonly [number, number]): never => {
    throw new FileFormatError(file, message, { tensor, offsets });
  };
  if (!isRecord(entry)) return fail(`its entry is ${shown(entry)}; expected {dtype, shape, data_offsets}`);
  const { dtype, shape, data_offsets: offsets } = entry;
  if (typeof dtype !== 'string') return fail(`its dtype is ${shown(dtype)}; expected a name such as F32`);
  if (!Array.isArray(shape) || !shape.every(isSize)) return fail(`its shape is ${shown(shape)}; expected sizes ≥ 0`);
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isSize)) {
    return fail(`its data_offsets are ${shown(offsets)}; expected [begin, end]`);
  }
  const [begin, end] = [start + offsets[0], start + offsets[1]];
  const at = [begin, end] as const;
  if (begin > end) return fail('they end before they begin', at);
  if (end > size) return fail(`the file ends at ${size}: it is cut short, or the offsets are wrong`, at);
  const count = elements(shape);
  const width = isKnown(dtype) ? DTYPE_BYTES[dtype] : undefined;
  const wanted = count === undefined ? undefined : count * (width ?? 0);
  // a type newer than this table has an unknown size, which matters only when the tensor is read
  if (width === undefined ? count === undefined : wanted !== end - begin) {
    return fail(
      `${end - begin} bytes for ${dtype} of shape [${shape.join(', ')}], which takes ${wanted ?? 'more than can be counted'}`,
      at,
    );
  }
  return { name: tensor, dtype, shape, begin, end };
}

function isKnown(dtype: string): dtype is keyof typeof DTYPE_BYTES {
  return Object.hasOwn(DTYPE_BYTES, dtype);
}

/** Every byte of the data belongs to exactly one tensor. */
function checkCover(file: string, tensors: TensorInfo[], start: number, size: number): void {
  tensors.sort((a, b) => a.begin - b.begin || a.end - b.end);
  let at = start;
  let last = 'the header';
  for (const { name: tensor, begin, end } of tensors) {
    if (begin !== at) {
      const wrong =
        begin < at ? `overlaps ${last}, which ends at ${at}` : `leaves a gap behind ${last}, which ends at ${at}`;
      throw new FileFormatError(file, wrong, { tensor, offsets: [begin, end] });
    }
    at = end;
    last = JSON.stringify(tensor);
  }
  if (at !== size)
    throw new FileFormatError(
      file,
      `the last tensor ends at ${at}, the file at ${size}: ${size - at} bytes belong to no tensor`,
    );
}

function readMetadata(file: string, notes: unknown): Record<string, string> {
  if (notes === undefined) return {};
  if (!isRecord(notes) || !Object.values(notes).every((note) => typeof note === 'string')) {
    throw new FileFormatError(file, `${METADATA} is ${shown(notes)}; expected an object of texts`);
  }
  return notes as Record<string, string>;
}
