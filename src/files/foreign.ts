/** Files of tensors other than safetensors: opened where the format can be read, refused by name where not. Loaded on demand. */
import type { ByteSource, FileData } from './source.ts';
import { FileFormatError } from './types.ts';
import type { TensorFile } from './types.ts';

const GET_SAFETENSORS = 'get the safetensors of the same model';
const CAN_RUN_CODE = 'which can run code; convert it to safetensors';

/** Files that people drop or link by mistake: how they start, and what to do. */
const OTHERS: readonly (readonly [readonly string[], string])[] = [
  [['GGUF'], `this is a GGUF file; ${GET_SAFETENSORS}`],
  [['ggml', 'lmgg', 'ggmf', 'fmgg', 'ggjt', 'tjgg'], `this is a GGML file; ${GET_SAFETENSORS}`],
  [['PK\x03\x04'], `this is a PyTorch (zip) file, ${CAN_RUN_CODE}`],
  [['\x80\x02', '\x80\x03', '\x80\x04', '\x80\x05'], `this is a Python pickle, ${CAN_RUN_CODE}`],
  [['\x89HDF'], `this is an HDF5 file (TensorFlow); ${GET_SAFETENSORS}`],
  [['\x93NUMPY'], 'this is a NumPy array; write the tensors as safetensors'],
  [['\x1f\x8b'], 'this is compressed (gzip); unpack it'],
  [['version https://git-lfs'], 'this is a Git LFS pointer, not the file itself; download the file'],
  [['<'], 'this is a web page or XML, not a file of tensors; is the address right, does it need a login?'],
];

/** @param head the first bytes of `source`, as characters */
export async function openForeign(data: FileData, source: ByteSource, head: string): Promise<TensorFile> {
  const text = head.trimStart();
  for (const [starts, advice] of OTHERS)
    if (starts.some((start) => text.startsWith(start))) throw new FileFormatError(source.name, advice);
  if (text.startsWith('{')) return (await import('./mingpt.ts')).openMinGpt(data, source.name);
  try {
    return await (await import('./llama2c.ts')).openLlama2cModel(data, source.name);
  } catch (cause) {
    const reason = cause instanceof FileFormatError ? cause.message : String(cause);
    throw new FileFormatError(
      source.name,
      `no safetensors (no header in JSON), no minGPT JSON, and as a llama2.c model it fails: ${reason}`,
      { cause },
    );
  }
}
