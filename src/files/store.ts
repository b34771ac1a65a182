/**
 * Where downloads are kept: blobs by key.
 *
 * @example
 * const blobs = new Map<string, Blob>();
 * const cache: Store = {
 *   kind: 'memory',
 *   get: async (key) => blobs.get(key),
 *   put: async (key, data) => void blobs.set(key, data),
 *   delete: async (key) => void blobs.delete(key),
 *   keys: async () => [...blobs.keys()],
 * };
 * const model = await openModel('austen', { download: { cache } });
 */

export interface Store {
  readonly kind: 'opfs' | 'cache-api' | 'memory';
  /** Undefined where there is nothing. */
  get(key: string): Promise<Blob | undefined>;
  /** Replaces the old blob, all or nothing. */
  put(key: string, data: Blob): Promise<void>;
  /** Does nothing when there is no such blob. */
  delete(key: string): Promise<void>;
  /** Of everything that is kept. */
  keys(): Promise<string[]>;
}

const NAME = 'nextoken';
/** The Cache API needs addresses. This one leads nowhere (RFC 2606). */
const ORIGIN = 'https://nextoken.invalid/';

export function memoryStore(): Store {
  const blobs = new Map<string, Blob>();
  return {
    kind: 'memory',
    get: async (key) => blobs.get(key),
    put: async (key, data) => void blobs.set(key, data),
    delete: async (key) => void blobs.delete(key),
    keys: async () => [...blobs.keys()],
  };
}

/** Throws where there is no OPFS that pages can write to. */
export async function opfsStore(): Promise<Store> {
  const root = await navigator.storage.getDirectory();
  if (!('createWritable' in FileSystemFileHandle.prototype))
    throw new Error('files in OPFS cannot be written from here');
  const folder = await root.getDirectoryHandle(NAME, { create: true });
  const absent = (error: unknown): undefined => {
    if (error instanceof DOMException && error.name === 'NotFoundError') return undefined;
    throw error;
  };
  return {
    kind: 'opfs',
    get: (key) => folder.getFileHandle(key).then((handle) => handle.getFile(), absent),
    async put(key, data) {
      const handle = await folder.getFileHandle(key, { create: true });
      const writable = await handle.createWritable(); // writes beside the file and replaces it on close
      try {
        await writable.write(data);
        await writable.close();
      } catch (error) {
        await writable.abort().catch(() => {}); // closed by the failure already
        throw error;
      }
    },
    delete: (key) => folder.removeEntry(key).catch(absent),
    async keys() {
      const keys: string[] = [];
      for await (const key of folder.keys()) keys.push(key);
      return keys;
    },
  };
}

/** Throws where there is no Cache API (it needs a secure context). */
export async function cacheApiStore(): Promise<Store> {
  const cache = await caches.open(NAME);
  return {
    kind: 'cache-api',
    get: async (key) => (await cache.match(ORIGIN + key))?.blob(),
    put: (key, data) => cache.put(ORIGIN + key, new Response(data)),
    delete: async (key) => void (await cache.delete(ORIGIN + key)),
    keys: async () => (await cache.keys()).map(({ url }) => url.slice(ORIGIN.length)),
  };
}

/** The best store that this browser (or node) has, chosen once. Memory comes last: it lives as long as the page. */
export async function bestStore(): Promise<Store> {
  return (best ??= opfsStore().catch(cacheApiStore).catch(memoryStore));
}

let best: Promise<Store> | undefined;
