/** Writes safetensors; safetensors.ts reads them. */
import { toBfloat, toHalf } from './half.ts';
import { METADATA } from './safetensors.ts';
import { elements, isSize } from './tensors.ts';
import { DTYPE_BYTES, FileFormatError } from './types.ts';
import type { FloatDtype, NamedTensor } from './types.ts';

/** Stands for a file's name in messages. */
const WRITING = 'safetensors to write';

export interface WriteOptions {
  /** Element type in the file; f32 is rounded to the nearest. Default F32. */
  readonly dtype?: FloatDtype;
  readonly metadata?: Readonly<Record<string, string>>;
}

/** A safetensors file of these tensors, in their order. The file is the only large allocation. */
export function writeSafetensors(
  tensors: ReadonlyMap<string, NamedTensor>,
  { dtype = 'F32', metadata }: WriteOptions = {},
): Uint8Array<ArrayBuffer> {
  const width = DTYPE_BYTES[dtype];
  const entries: [string, unknown][] = metadata ? [[METADATA, metadata]] : [];
  let total = 0;
  for (const [tensor, { shape, data }] of tensors) {
    if (tensor === METADATA) throw new FileFormatError(WRITING, 'this name is taken by the format', { tensor });
    if (!shape.every(isSize) || elements(shape) !== data.length) {
      throw new FileFormatError(WRITING, `${data.length} numbers do not fill shape [${shape.join(', ')}]`, { tensor });
    }
    const end = total + data.length * width;
    entries.push([tensor, { dtype, shape, data_offsets: [total, end] }]);
    total = end;
  }
  const header = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  const start = 8 + header.length + (-header.length & 7); // data begins at a multiple of 8, after spaces
  const file = new Uint8Array(start + total).fill(0x20, 0, start);
  new DataView(file.buffer).setBigUint64(0, BigInt(start - 8), true);
  file.set(header, 8);
  let at = start;
  for (const [tensor, { data }] of tensors) {
    if (dtype === 'F32') new Float32Array(file.buffer, at, data.length).set(data);
    else writeHalves(new Uint16Array(file.buffer, at, data.length), tensor, data, dtype);
    at += data.length * width;
  }
  return file;
}

function writeHalves(out: Uint16Array, tensor: string, data: Float32Array, dtype: 'F16' | 'BF16'): void {
  const [convert, infinity] = dtype === 'F16' ? ([toHalf, 0x7c00] as const) : ([toBfloat, 0x7f80] as const);
  for (let i = 0; i < data.length; i++) {
    out[i] = convert(data[i]);
    if ((out[i] & 0x7fff) === infinity && Number.isFinite(data[i])) {
      throw new FileFormatError(WRITING, `${data[i]} at ${i} is too large for ${dtype}; write F32`, { tensor });
    }
  }
}
