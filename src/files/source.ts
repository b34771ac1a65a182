/** Bytes that can be read in pieces: a file of gigabytes is never in memory as a whole. */
import { FileFormatError } from './types.ts';

export interface ByteSource {
  /** For messages. */
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** A fresh copy of the bytes from `begin` up to `end`, which must lie inside. */
  read(begin: number, end: number): Promise<Uint8Array<ArrayBuffer>>;
}

/** What a file can be opened from. A `File` brings its name along. */
export type FileData = Blob | ArrayBuffer | Uint8Array;

export function sourceOf(data: FileData, name?: string): ByteSource {
  if (data instanceof Blob)
    return blobSource(data, name ?? (data instanceof File && data.name !== '' ? data.name : 'file'));
  const bytes = data instanceof Uint8Array ? data : new Uint8Array(data);
  return {
    name: name ?? 'file',
    size: bytes.length,
    read: async (begin, end) => new Uint8Array(bytes.subarray(begin, end)),
  };
}

function blobSource(blob: Blob, name: string): ByteSource {
  return {
    name,
    size: blob.size,
    async read(begin, end) {
      let bytes: Uint8Array<ArrayBuffer>;
      try {
        bytes = new Uint8Array(await blob.slice(begin, end).arrayBuffer());
      } catch (cause) {
        const offsets = [begin, end] as const;
        throw new FileFormatError(name, `bytes ${begin} … ${end} cannot be read: was the file changed or removed?`, {
          offsets,
          cause,
        });
      }
      if (bytes.length !== end - begin) {
        throw new FileFormatError(
          name,
          `${bytes.length} bytes came for ${begin} … ${end}: the file has changed since it was opened`,
        );
      }
      return bytes;
    },
  };
}
