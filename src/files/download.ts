/**
 * Files from an address: streamed with progress, abortable, resumed where they were cut, cached for the next visit, and checked. In the
 * store, a download is a few blobs and a note about them. So nothing is ever copied as a whole, and what has arrived stays when the
 * page goes.
 */
import { forget, noteOf, openEntry, withLock } from './entry.ts';
import type { Entry } from './entry.ts';
import { bestStore, cacheApiStore, memoryStore, opfsStore } from './store.ts';
import type { Store } from './store.ts';
import { DownloadError, newerVersion, transfer } from './transfer.ts';
import type { DownloadOptions } from './transfer.ts';

export { DownloadError } from './transfer.ts';
export type { DownloadOptions, Progress } from './transfer.ts';

/** A downloaded file. Read it in pieces with `blob.slice`, or open it with openTensors. */
export interface Fetched {
  /** The last part of the address, or the file's name. */
  readonly name: string;
  readonly blob: Blob;
  readonly from: 'network' | 'cache' | 'file';
  /** True when it will be there next time. */
  readonly kept: boolean;
}

/**
 * The file at `url`, from the cache when it is complete there. Aborting throws the signal's reason and keeps what has arrived, unless `discard` says otherwise.
 * A cached file is not compared with the server again unless `revalidate` says so: give its sha256, or clear it, when it may have
 * changed. What `check` refuses is never kept, and is removed from the cache if an earlier visit left it there.
 */
export async function download(url: string | URL, options: DownloadOptions = {}): Promise<Fetched> {
  const { signal, sha256, onProgress, cache = 'auto' } = options;
  const address = absolute(url);
  if (sha256 !== undefined && !/^[0-9a-f]{64}$/i.test(sha256)) {
    throw new DownloadError('hash', address, `sha256 is ${JSON.stringify(sha256)}; expected 64 hex digits`);
  }
  signal?.throwIfAborted();
  const store = await chooseStore(cache, address);
  const name = nameOf(address);
  return withLock(address, signal, async () => {
    const entry = await openEntry(store, address, sha256?.toLowerCase());
    const kept = cache !== 'none' && store.kind !== 'memory';
    const result = (from: Fetched['from']): Fetched => ({
      name,
      blob: new Blob([...entry.parts]),
      from,
      kept: kept && entry.saved,
    });
    if (entry.note.complete && (await passes(entry, options))) {
      const answer = options.revalidate && sha256 === undefined ? await newerVersion(entry, options) : undefined;
      if (answer) await replace(entry, answer, options);
      else onProgress?.({ loaded: entry.bytes, total: entry.bytes });
      return result(answer ? 'network' : 'cache');
    }
    if (entry.note.complete) await entry.restart();
    try {
      await bring(entry, options);
    } catch (error) {
      if (options.discard && signal?.aborted) await forget(store, address);
      throw error;
    }
    await entry.complete();
    return result('network');
  });
}

/** Downloads the rest of the file into its entry and checks it. */
async function bring(entry: Entry, options: DownloadOptions): Promise<void> {
  const { sha256, check } = options;
  const { url } = entry.note;
  const resumed = entry.bytes > 0;
  await transfer(entry, options);
  if (sha256 !== undefined) {
    let right = await hasSum(entry.parts, sha256, url);
    if (!right && resumed) {
      // the cached part may belong to another version: download all of it once more
      await entry.restart();
      await transfer(entry, options);
      right = await hasSum(entry.parts, sha256, url);
    }
    if (!right) {
      const { bytes } = entry;
      await entry.restart();
      throw new DownloadError('hash', url, `its sha256 is not ${sha256}: the file is another one, or was damaged`, {
        bytes,
      });
    }
  }
  try {
    await check?.(new Blob([...entry.parts]));
  } catch (error) {
    await entry.restart();
    throw error;
  }
}

/** Is the cached file the one that was asked for? */
async function passes(entry: Entry, { check }: DownloadOptions): Promise<boolean> {
  try {
    await check?.(new Blob([...entry.parts]));
    return true;
  } catch {
    return false;
  }
}

/** Replaces an old version. It stays until the new one is complete and checked. */
async function replace(entry: Entry, answer: Response, options: DownloadOptions): Promise<void> {
  const fresh = await openEntry(memoryStore(), entry.note.url, undefined);
  await bring(fresh, { ...options, fetch: once(answer, options.fetch) });
  await entry.restart();
  entry.begin(answer);
  for (const part of fresh.parts) await entry.append(part);
  await entry.complete();
}

/** A fetch whose first answer is this one. */
function once(answer: Response, fetch: typeof globalThis.fetch = globalThis.fetch): typeof globalThis.fetch {
  let first: Response | undefined = answer;
  return async (...request) => {
    const response = first ?? (await fetch(...request));
    first = undefined;
    return response;
  };
}

/** A file that a person chose or dropped, in the form of a download. */
export function fromFile(file: Blob): Fetched {
  return { name: file instanceof File && file.name !== '' ? file.name : 'file', blob: file, from: 'file', kept: false };
}

export interface CachedFile {
  readonly url: string;
  /** Bytes that have arrived. */
  readonly bytes: number;
  /** Total bytes, if known. */
  readonly total: number | undefined;
  /** False when a download was cut. The next one resumes it. */
  readonly complete: boolean;
  readonly sha256: string | undefined;
  /** Milliseconds since 1970. */
  readonly saved: number;
}

export async function cacheList(store?: Store): Promise<CachedFile[]> {
  const from = store ?? (await bestStore());
  const files: CachedFile[] = [];
  for (const key of await from.keys()) {
    const note = await noteOf(from, key);
    if (!note) continue;
    const { url, total, complete, sha256, saved, parts } = note;
    files.push({ url, bytes: parts.reduce((sum, size) => sum + size, 0), total, complete, sha256, saved });
  }
  return files.sort((a, b) => b.saved - a.saved);
}

/** Removes one address, with all its sums, or everything. Blobs in use become unreadable. */
export async function cacheClear(url?: string | URL, store?: Store): Promise<void> {
  const from = store ?? (await bestStore());
  await forget(from, url === undefined ? undefined : absolute(url));
}

async function hasSum(parts: readonly Blob[], sha256: string, url: string): Promise<boolean> {
  if (!globalThis.crypto?.subtle)
    throw new DownloadError('hash', url, 'sums cannot be checked here: the page must be served over https');
  const sum = new Uint8Array(await crypto.subtle.digest('SHA-256', await new Blob([...parts]).arrayBuffer()));
  return Array.from(sum, (byte) => byte.toString(16).padStart(2, '0')).join('') === sha256.toLowerCase();
}

async function chooseStore(cache: Exclude<DownloadOptions['cache'], undefined>, url: string): Promise<Store> {
  if (typeof cache === 'object') return cache;
  try {
    if (cache === 'opfs') return await opfsStore();
    if (cache === 'cache-api') return await cacheApiStore();
  } catch (cause) {
    throw new DownloadError('storage', url, `there is no ${cache} here; use cache: 'auto'`, { cause });
  }
  return cache === 'none' ? memoryStore() : bestStore();
}

function absolute(url: string | URL): string {
  try {
    const address = new URL(url, globalThis.location?.href);
    address.hash = '';
    return address.href;
  } catch (cause) {
    throw new DownloadError('network', String(url), 'this is not an address', { cause });
  }
}

function nameOf(address: string): string {
  const last = new URL(address).pathname.split('/').at(-1) || 'file';
  try {
    return decodeURIComponent(last);
  } catch {
    return last;
  }
}
