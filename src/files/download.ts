/**
 * Files from an address: streamed with progress in bytes, abortable, continued where they were cut, kept for the next visit, checked.
 * In the store a download is a few parts (a blob each) and a note about them, so that nothing is ever copied as a whole, and what has
 * come stays when the page goes.
 */
import { forget, noteOf, openEntry, withLock } from './entry.ts';
import type { Entry } from './entry.ts';
import { bestStore, cacheApiStore, memoryStore, opfsStore } from './store.ts';
import type { Store } from './store.ts';

export interface Progress {
  /** Bytes so far, what was there before included. */
  readonly loaded: number;
  /** Bytes in all; undefined where the server does not say. */
  readonly total: number | undefined;
}

export interface DownloadOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /** 64 hex digits. A file with another sum is an error and is not kept. */
  readonly sha256?: string | undefined;
  /** Where to keep it. Default 'auto': OPFS, else the Cache API, else memory. */
  readonly cache?: 'auto' | 'opfs' | 'cache-api' | 'none' | Store | undefined;
  /** A larger file is an error, as soon as that is known. Default: no limit. */
  readonly maxBytes?: number | undefined;
  /** Instead of the global one: for addresses that need a login. */
  readonly fetch?: typeof globalThis.fetch | undefined;
}

/** A file at hand. Read it in pieces with `blob.slice`, or open it with openTensors. */
export interface Fetched {
  /** The last part of the address, or the file's name. */
  readonly name: string;
  readonly blob: Blob;
  readonly from: 'network' | 'cache' | 'file';
  /** True when it will be there next time. */
  readonly kept: boolean;
}

/**
 * - 'http': the server answered with an error. `status` says which.
 * - 'network': no answer, or the connection broke; what has come is kept, and the next call goes on from there.
 * - 'length': more or fewer bytes than the server said, or more than `maxBytes`.
 * - 'hash': not the file that was asked for.
 * - 'storage': the store that was asked for does not exist here.
 */
export type DownloadFailure = 'http' | 'network' | 'length' | 'hash' | 'storage';

export class DownloadError extends Error {
  override readonly name = 'DownloadError';
  readonly kind: DownloadFailure;
  readonly url: string;
  /** Bytes that had come. */
  readonly bytes: number;
  readonly status: number | undefined;

  constructor(
    kind: DownloadFailure,
    url: string,
    message: string,
    facts: { bytes?: number; status?: number; cause?: unknown } = {},
  ) {
    super(`${url}: ${message}`, facts.cause === undefined ? {} : { cause: facts.cause });
    this.kind = kind;
    this.url = url;
    this.bytes = facts.bytes ?? 0;
    this.status = facts.status;
  }
}

/** A part is written when this much has come: what a killed page loses at most, and what a download holds in memory. */
const PART = 8 * 2 ** 20;

/**
 * The file at `url`, out of the cache when it is there in full. Aborting throws the signal's reason and keeps what has come.
 * A cached file is not compared with the server again: name its sha256, or clear it, when it may have changed.
 */
export async function download(url: string | URL, options: DownloadOptions = {}): Promise<Fetched> {
  const { signal, sha256, onProgress, cache = 'auto' } = options;
  const address = absolute(url);
  if (sha256 !== undefined && !/^[0-9a-f]{64}$/i.test(sha256)) {
    throw new DownloadError('hash', address, `sha256 is ${JSON.stringify(sha256)}: want 64 hex digits`);
  }
  signal?.throwIfAborted();
  const store = await chooseStore(cache, address);
  const name = nameOf(address);
  return withLock(address, signal, async () => {
    const entry = await openEntry(store, address, sha256?.toLowerCase());
    const kept = cache !== 'none' && store.kind !== 'memory';
    if (entry.note.complete) {
      onProgress?.({ loaded: entry.bytes, total: entry.bytes });
      return { name, blob: new Blob([...entry.parts]), from: 'cache', kept };
    }
    const resumed = entry.bytes > 0;
    await transfer(entry, options);
    if (sha256 !== undefined) {
      let right = await hasSum(entry.parts, sha256, address);
      if (!right && resumed) {
        // the part that was there may have been of another version: once more, as a whole
        await entry.restart();
        await transfer(entry, options);
        right = await hasSum(entry.parts, sha256, address);
      }
      if (!right) {
        const { bytes } = entry;
        await entry.restart();
        throw new DownloadError(
          'hash',
          address,
          `its sha256 is not ${sha256}: the file is another one, or was damaged`,
          { bytes },
        );
      }
    }
    await entry.complete();
    return { name, blob: new Blob([...entry.parts]), from: 'network', kept: kept && entry.saved };
  });
}

/** A file that somebody chose or dropped, as if it had been downloaded. */
export function fromFile(file: Blob): Fetched {
  return { name: file instanceof File && file.name !== '' ? file.name : 'file', blob: file, from: 'file', kept: false };
}

export interface CachedFile {
  readonly url: string;
  /** Bytes that are there. */
  readonly bytes: number;
  /** Bytes in all, where they are known. */
  readonly total: number | undefined;
  /** False when a download was cut; the next one goes on. */
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

/** Removes one address (with all its sums), or everything. Blobs that are in use become unreadable. */
export async function cacheClear(url?: string | URL, store?: Store): Promise<void> {
  const from = store ?? (await bestStore());
  await forget(from, url === undefined ? undefined : absolute(url));
}

/** Brings the rest of a file into its entry. */
async function transfer(entry: Entry, options: DownloadOptions): Promise<void> {
  const { signal, onProgress, maxBytes = Infinity } = options;
  const { url } = entry.note;
  if (entry.bytes === entry.note.total) return; // cut between the last byte and the note about it
  const response = await ask(entry, options);
  const { total } = entry.note;
  const reader = response.body?.getReader();
  let loaded = entry.bytes;
  let waiting: Uint8Array<ArrayBuffer>[] = [];
  let bytes = 0;
  const flush = async (): Promise<void> => {
    if (bytes === 0) return;
    const part = new Blob(waiting);
    waiting = [];
    bytes = 0;
    await entry.append(part);
  };
  const next = async (): Promise<Uint8Array<ArrayBuffer> | undefined> => {
    try {
      signal?.throwIfAborted();
      return (await reader?.read())?.value;
    } catch (cause) {
      await flush();
      signal?.throwIfAborted();
      const of = total ?? 'an unknown number of';
      throw new DownloadError(
        'network',
        url,
        `the connection broke after ${loaded} of ${of} bytes; try again to go on`,
        { bytes: loaded, cause },
      );
    }
  };
  const refuse = async (message: string): Promise<never> => {
    await entry.restart();
    throw new DownloadError('length', url, message, { bytes: loaded });
  };

  try {
    if (total !== undefined && total > maxBytes) await refuse(`it has ${total} bytes, the most is ${maxBytes}`);
    onProgress?.({ loaded, total });
    for (let chunk = await next(); chunk; chunk = await next()) {
      waiting.push(chunk);
      bytes += chunk.length;
      loaded += chunk.length;
      if (loaded > maxBytes) await refuse(`${loaded} bytes have come, the most is ${maxBytes}`);
      if (total !== undefined && loaded > total)
        await refuse(`${loaded} bytes have come, the server announced ${total}`);
      if (bytes >= PART) await flush();
      onProgress?.({ loaded, total });
    }
    await flush();
  } finally {
    await reader?.cancel().catch(() => {}); // nothing, where all has come; where it broke, it is closed already
  }
  if (total !== undefined && loaded < total) {
    throw new DownloadError('length', url, `${loaded} bytes came, the server announced ${total}; try again to go on`, {
      bytes: loaded,
    });
  }
}

/** The answer whose body continues the entry: the rest of the file where it can be had, else the whole, with the entry emptied. */
async function ask(entry: Entry, options: DownloadOptions): Promise<Response> {
  const { url } = entry.note;
  if (entry.bytes > 0 && entry.canResume) {
    // Not If-Range, which is no "simple" header: across origins it would need the server's consent. The answer is compared instead.
    const rest = await request(url, options, entry.bytes);
    if (entry.continuedBy(rest)) return rest;
    if (rest.status !== 206 && rest.status !== 416) return begin(entry, rest); // the whole, or an error
    await rest.body?.cancel();
  }
  return begin(entry, await request(url, options));
}

async function begin(entry: Entry, response: Response): Promise<Response> {
  if (!response.ok || response.status === 206) {
    const { status, statusText } = response;
    const advice =
      status === 401 || status === 403 ? '; it may need a login' : status === 404 ? '; is the address right?' : '';
    await response.body?.cancel();
    throw new DownloadError('http', entry.note.url, `the server answered ${status} ${statusText}`.trimEnd() + advice, {
      status,
    });
  }
  if (entry.bytes > 0) await entry.restart();
  entry.begin(response);
  return response;
}

async function request(
  url: string,
  { signal, fetch = globalThis.fetch }: DownloadOptions,
  from = 0,
): Promise<Response> {
  try {
    return await fetch(url, { signal: signal ?? null, ...(from > 0 ? { headers: { Range: `bytes=${from}-` } } : {}) });
  } catch (cause) {
    signal?.throwIfAborted();
    throw new DownloadError(
      'network',
      url,
      'no answer: is the address right, is there a connection, does the server allow other sites (CORS)?',
      { cause },
    );
  }
}

async function hasSum(parts: readonly Blob[], sha256: string, url: string): Promise<boolean> {
  if (!globalThis.crypto?.subtle)
    throw new DownloadError('hash', url, 'sums cannot be checked here: the page must come over https');
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
    throw new DownloadError('network', String(url), 'this is no address', { cause });
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
