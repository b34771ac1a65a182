/** When two sources are the same model: the same address (with its known checksums), or files with the same content. */
import { isShipped, shippedFiles } from '../session/shipped.ts';
import type { SentFile } from './protocol.ts';

/** Bytes hashed at a time: a file of gigabytes is never in memory all at once. */
const SLICE = 2 ** 23;

/** A key that is equal for equal models. `models`: where the shipped ones are. */
export async function identityOf(source: string | readonly SentFile[], models?: string): Promise<string> {
  if (typeof source !== 'string') return contentOf(source);
  if (isShipped(source))
    return shippedFiles(source, models)
      .files.map(({ name, sha256 }) => `${name} ${sha256}`) // wherever they lie
      .join(' ');
  const { modelAddress } = await import('../files/address.ts');
  try {
    const { folder, weights = '' } = modelAddress(source, globalThis.location?.href);
    return folder + weights;
  } catch {
    return source; // a path, or something that cannot be opened, which loading will report
  }
}

async function contentOf(files: readonly SentFile[]): Promise<string> {
  if (!globalThis.crypto?.subtle) return `files ${Math.random()}`; // no checksums without https: nothing is shared
  const sums: string[] = [];
  for (const { path, content } of [...files].sort((a, b) => (a.path < b.path ? -1 : 1))) {
    let sum = '';
    for (let at = 0; at < content.size; at += SLICE) sum = await sumOf(sum, content.slice(at, at + SLICE));
    sums.push(`${path}:${content.size}:${sum}`);
  }
  return `files ${sums.join(' ')}`;
}

/** The SHA-256 of a slice together with what came before it. */
async function sumOf(before: string, slice: Blob): Promise<string> {
  const sum = await crypto.subtle.digest('SHA-256', await new Blob([before, slice]).arrayBuffer());
  return Array.from(new Uint8Array(sum), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
