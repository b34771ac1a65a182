/** What is known of a model before anything of it is downloaded. */
import type { CachedFile } from '../files/download.ts';
import { isShipped, shippedFiles } from '../session/shipped.ts';
import type { HostSource } from './protocol.ts';

export interface LoadFacts {
  /** Bytes that opening downloads, or has downloaded; 0 when it is not known. */
  readonly bytes: number;
  /** Nothing needs to be downloaded. */
  readonly cached: boolean;
}

/**
 * Bytes of a source, and whether they are here already. An address is asked for the size of its weights; without an answer it is 0.
 * @param cached what the browser keeps (HostClient.cached)
 * @param models address of the shipped models. Default: beside the package's code
 */
export async function loadFacts(
  source: HostSource,
  cached: readonly CachedFile[],
  models?: string,
  signal?: AbortSignal,
): Promise<LoadFacts> {
  if (typeof source !== 'string')
    return { bytes: 'training' in source ? 0 : source.reduce((sum, file) => sum + file.size, 0), cached: true };
  const whole = (url: string, sha256?: string) =>
    cached.find((file) => file.url === url && file.complete && (sha256 === undefined || file.sha256 === sha256));
  if (isShipped(source)) {
    const { files } = shippedFiles(source, models);
    return {
      bytes: files.reduce((sum, file) => sum + file.bytes, 0),
      cached: files.every(({ url, sha256 }) => whole(url, sha256)),
    };
  }
  const { modelAddress } = await import('../files/address.ts');
  const { folder, weights = 'model.safetensors' } = modelAddress(source, globalThis.document?.baseURI);
  const kept = whole(folder + weights);
  if (kept) return { bytes: kept.bytes, cached: true };
  const response = await fetch(folder + weights, { method: 'HEAD', signal: signal ?? null }).catch(() => undefined);
  signal?.throwIfAborted();
  const length = response?.ok ? Number(response.headers.get('content-length')) : 0;
  return { bytes: Number.isSafeInteger(length) ? length : 0, cached: false };
}
