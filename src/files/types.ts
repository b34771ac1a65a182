/** What every file of tensors looks like once it is open, and how it fails. */

/** Bytes of the element types that safetensors names. Of newer types only the raw bytes can be read. */
export const DTYPE_BYTES = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  C64: 8,
  F8_E4M3: 1,
  F8_E5M2: 1,
  F8_E8M0: 1,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U64: 8,
  U32: 4,
  U16: 2,
  U8: 1,
  BOOL: 1,
} as const satisfies Record<string, number>;

/** The element types that `f32` reads and `writeSafetensors` writes. */
export type FloatDtype = 'F32' | 'F16' | 'BF16';

export interface TensorInfo {
  readonly name: string;
  /** As the file names it: one of DTYPE_BYTES, or something newer. */
  readonly dtype: string;
  /** Slowest dimension first; row-major, no gaps. */
  readonly shape: readonly number[];
  /** First byte in the file and the one after the last; in the decoded data if the file is text. */
  readonly begin: number;
  readonly end: number;
}

/** A tensor's numbers. */
export interface NamedTensor {
  /** Slowest dimension first; row-major. */
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

export type FileFormat = 'safetensors' | 'llama2.c' | 'minGPT';

/** An open file: names and shapes are known and checked; data is read on demand. */
export interface TensorFile {
  readonly format: FileFormat;
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  /** The author's notes: safetensors' `__metadata__`. */
  readonly metadata: Readonly<Record<string, string>>;
  /** The model's sizes, if the file has them (llama2.c: dim, n_layers, …; minGPT: n_embd, n_layer, …). */
  readonly config: Readonly<Record<string, unknown>>;
  /** A fresh copy of a tensor's bytes, little-endian. */
  raw(name: string): Promise<Uint8Array<ArrayBuffer>>;
  /** A tensor of F32, F16 or BF16 as f32, in a fresh array. Other types are an error. */
  f32(name: string): Promise<Float32Array<ArrayBuffer>>;
}

/** Where in a file something is wrong. */
export interface Where {
  readonly tensor?: string | undefined;
  /** First byte and the one after the last, in the file. */
  readonly offsets?: readonly [number, number] | undefined;
  readonly cause?: unknown;
}

/**
 * A file that cannot be used: wrong, cut short, hostile, or of another format.
 *
 * @example
 * if (error instanceof FileFormatError) console.error(error.file, error.tensor, error.message);
 */
export class FileFormatError extends Error {
  override readonly name = 'FileFormatError';
  /** The file's name or address, if known. */
  readonly file: string;
  readonly tensor: string | undefined;
  readonly offsets: readonly [number, number] | undefined;

  constructor(file: string, message: string, { tensor, offsets, cause }: Where = {}) {
    const place = offsets ? `, bytes ${offsets[0]} … ${offsets[1]}` : '';
    const about = tensor === undefined ? '' : ` tensor ${JSON.stringify(tensor)}${place}:`;
    super(`${file}:${about} ${message}`, cause === undefined ? {} : { cause });
    this.file = file;
    this.tensor = tensor;
    this.offsets = offsets;
  }
}

/** Files of a model: name without folders → content. */
export type Folder = ReadonlyMap<string, Blob>;
