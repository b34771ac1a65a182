/** Files of tensors that tests make themselves. */
import type { NamedTensor } from '../../src/files/types.ts';

/** One seed for all fuzzed tests here, so that a failure comes again. */
export const SEED = 20_260_923;

/** Name → [shape, numbers]. */
export const tensors = (entries: Record<string, [number[], number[]]>): Map<string, NamedTensor> =>
  new Map(Object.entries(entries).map(([name, [shape, data]]) => [name, { shape, data: Float32Array.from(data) }]));

/** A safetensors file with any header and any data. */
export function made(header: unknown, data = 0, length?: bigint): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const file = new Uint8Array(8 + text.length + data);
  new DataView(file.buffer).setBigUint64(0, length ?? BigInt(text.length), true);
  file.set(text, 8);
  return file;
}
