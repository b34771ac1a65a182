/** What all readers share: from checked places in a file to numbers. */
import { fromBfloats, fromHalves } from './half.ts';
import { FileFormatError } from './types.ts';
import type { NamedTensor, TensorFile, TensorInfo } from './types.ts';

/** Product of the sizes, or undefined when it is not an exact integer. */
export function elements(shape: readonly number[]): number | undefined {
  let product = 1;
  for (const size of shape) {
    product *= size;
    if (!Number.isSafeInteger(product)) return undefined;
  }
  return product;
}

export function isSize(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** Bytes as f32, by the tensor's element type. */
function toF32(file: string, info: TensorInfo, bytes: Uint8Array<ArrayBuffer>): Float32Array<ArrayBuffer> {
  const { dtype } = info;
  if (dtype === 'F32') return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  if (dtype !== 'F16' && dtype !== 'BF16') {
    const offsets = [info.begin, info.end] as const;
    throw new FileFormatError(
      file,
      `its elements are ${dtype}, and only F32, F16 and BF16 are read as numbers; raw() gives the bytes`,
      {
        tensor: info.name,
        offsets,
      },
    );
  }
  const words = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2);
  return dtype === 'F16' ? fromHalves(words) : fromBfloats(words);
}

/**
 * Assembles an open file.
 * @param read bytes of a tensor, fresh and aligned: the views above need it
 */
export function tensorFile(
  name: string,
  parts: Pick<TensorFile, 'format' | 'tensors'> & Partial<Pick<TensorFile, 'metadata' | 'config'>>,
  read: (info: TensorInfo) => Promise<Uint8Array<ArrayBuffer>>,
): TensorFile {
  const { tensors } = parts;
  const infoOf = (tensor: string): TensorInfo => {
    const info = tensors.get(tensor);
    if (info) return info;
    const some = [...tensors.keys()].slice(0, 3).map((key) => JSON.stringify(key));
    throw new FileFormatError(name, `it is not in the file, which has ${tensors.size} tensors: ${some.join(', ')}, …`, {
      tensor,
    });
  };
  return {
    metadata: {},
    config: {},
    ...parts,
    raw: async (tensor) => read(infoOf(tensor)),
    f32: async (tensor) => {
      const info = infoOf(tensor);
      return toF32(name, info, await read(info));
    },
  };
}

/**
 * All tensors that are numbers (F32, F16, BF16) as f32; others, such as GPT-2's masks of bytes, are left out.
 * @param onTensor called after each one
 */
export async function readAll(
  file: TensorFile,
  onTensor?: (done: number, of: number) => void,
): Promise<Map<string, NamedTensor & { readonly data: Float32Array<ArrayBuffer> }>> {
  const infos = [...file.tensors.values()].filter(
    ({ dtype }) => dtype === 'F32' || dtype === 'F16' || dtype === 'BF16',
  );
  const all = new Map<string, NamedTensor & { readonly data: Float32Array<ArrayBuffer> }>();
  for (const { name, shape } of infos) {
    all.set(name, { shape, data: await file.f32(name) });
    onTensor?.(all.size, infos.length);
  }
  return all;
}
