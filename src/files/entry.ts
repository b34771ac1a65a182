/** One download in a store: a note (JSON) under `<id>.note` and the parts under `<id>.0`, `<id>.1`, … */
import { isRecord } from './json.ts';
import { isSize } from './tensors.ts';
import type { Store } from './store.ts';

export interface Note {
  readonly url: string;
  readonly sha256?: string | undefined;
  readonly total?: number | undefined;
  /** The server's name for this version of the file. A weak ETag does not promise the same bytes and is not kept. */
  readonly etag?: string | undefined;
  readonly modified?: string | undefined;
  /** Bytes of each part. */
  readonly parts: readonly number[];
  readonly complete: boolean;
  /** Milliseconds since 1970. */
  readonly saved: number;
}

export interface Entry {
  readonly note: Note;
  readonly parts: readonly Blob[];
  /** Bytes that are there. */
  readonly bytes: number;
  /** False once the store has refused a part (it is full): the rest is in memory only. */
  readonly saved: boolean;
  /** Can a later answer be recognised as the rest of the same file? */
  readonly canResume: boolean;
  /** Is `response` the rest of this file, from the byte where it was cut? */
  continuedBy(response: Response): boolean;
  /** Is `response` of the same version? Undefined when that is unknown. */
  sameAs(response: Response): boolean | undefined;
  /** Reads length and version from the first answer. */
  begin(response: Response): void;
  append(part: Blob): Promise<void>;
  complete(): Promise<void>;
  /** Discards everything that has arrived. */
  restart(): Promise<void>;
}

const NOTE = '.note';

export async function openEntry(store: Store, url: string, sha256: string | undefined): Promise<Entry> {
  const id = hash(`${url}\n${sha256 ?? ''}`);
  const fresh = (): Note => ({ url, sha256, parts: [], complete: false, saved: Date.now() });
  let note = fresh();
  let parts: Blob[] = [];
  let saved = true;
  const old = await noteOf(store, id + NOTE);
  if (old?.url === url && old.sha256 === sha256) {
    const blobs = await Promise.all(old.parts.map((_, i) => store.get(`${id}.${i}`)));
    // a note is useless when its parts are gone or have another size
    if (blobs.every((blob, i) => blob?.size === old.parts[i])) {
      note = old;
      parts = blobs as Blob[];
    }
  }
  const total = (): number => note.parts.reduce((sum, size) => sum + size, 0);
  const save = async (): Promise<void> => {
    note = { ...note, saved: Date.now() };
    await store.put(id + NOTE, new Blob([JSON.stringify(note)]));
  };

  return {
    get note() {
      return note;
    },
    get parts() {
      return parts;
    },
    get bytes() {
      return parts.reduce((sum, part) => sum + part.size, 0);
    },
    get saved() {
      return saved;
    },
    get canResume() {
      return note.etag !== undefined || note.modified !== undefined || note.sha256 !== undefined;
    },
    continuedBy(response) {
      if (response.status !== 206 || response.headers.get('content-encoding') !== null) return false;
      const have = total();
      const range = response.headers.get('content-range');
      const [, from, size] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(range ?? '') ?? [];
      // across origins the range is often hidden: then the length must fit
      const end = have + Number(response.headers.get('content-length') ?? NaN);
      if (range === null ? end !== note.total : Number(from) !== have) return false;
      if (size !== undefined && size !== '*' && note.total !== undefined && Number(size) !== note.total) return false;
      if (note.etag !== undefined) return strongTag(response) === note.etag;
      if (note.modified !== undefined) return response.headers.get('last-modified') === note.modified;
      return note.sha256 !== undefined;
    },
    sameAs(response) {
      const tag = strongTag(response);
      if (tag !== undefined && note.etag !== undefined) return tag === note.etag;
      const modified = response.headers.get('last-modified');
      if (modified !== null && note.modified !== undefined) return modified === note.modified;
      return undefined;
    },
    begin(response) {
      const { headers } = response;
      // a compressed answer has neither the length nor the version of the bytes we see
      const plain = headers.get('content-encoding') === null;
      const length = Number(headers.get('content-length') ?? NaN);
      note = {
        ...fresh(),
        total: plain && isSize(length) ? length : undefined,
        etag: plain ? strongTag(response) : undefined,
        modified: plain ? (headers.get('last-modified') ?? undefined) : undefined,
      };
    },
    async append(part) {
      const index = parts.length;
      parts.push(part);
      if (!saved) return;
      try {
        await store.put(`${id}.${index}`, part);
        parts[index] = (await store.get(`${id}.${index}`)) ?? part; // frees the copy in memory
        note = { ...note, parts: [...note.parts, part.size] };
        await save();
      } catch {
        saved = false; // full or forbidden: a download is worth more than its cache
      }
    },
    async complete() {
      if (!saved) return;
      note = { ...note, complete: true };
      await save().catch(() => (saved = false));
    },
    async restart() {
      await removeParts(store, id);
      note = fresh();
      parts = [];
    },
  };
}

/** The note under this key, or undefined when it is not a valid one. */
export async function noteOf(store: Store, key: string): Promise<Note | undefined> {
  if (!key.endsWith(NOTE)) return undefined;
  try {
    const json: unknown = JSON.parse((await (await store.get(key))?.text()) ?? 'null');
    if (!isRecord(json) || typeof json.url !== 'string' || !Array.isArray(json.parts) || !json.parts.every(isSize))
      return undefined;
    return json as unknown as Note;
  } catch {
    return undefined; // written by another version, or damaged
  }
}

/** Removes what is cached for one address, or everything. */
export async function forget(store: Store, url: string | undefined): Promise<void> {
  if (url === undefined) {
    for (const key of await store.keys()) await store.delete(key);
    return;
  }
  for (const key of await store.keys()) {
    if ((await noteOf(store, key))?.url === url) await removeParts(store, key.slice(0, -NOTE.length));
  }
}

/** The note goes first: parts without one count for nothing. */
async function removeParts(store: Store, id: string): Promise<void> {
  await store.delete(id + NOTE);
  for (const key of await store.keys()) if (key.startsWith(`${id}.`)) await store.delete(key);
}

function strongTag(response: Response): string | undefined {
  const tag = response.headers.get('etag');
  return tag === null || tag.startsWith('W/') ? undefined : tag;
}

/** 64 bits of a text as a file name (FNV-1a, two seeds). Notes hold the address, so two texts with one name do no harm. */
function hash(text: string): string {
  const bytes = new TextEncoder().encode(text);
  const half = (seed: number): string => {
    let state = seed;
    for (const byte of bytes) state = Math.imul(state ^ byte, 0x01000193);
    return (state >>> 0).toString(16).padStart(8, '0');
  };
  return half(0x811c9dc5) + half(0x9e3779b9);
}

const waiting = new Map<string, Promise<unknown>>();

/** One download of an address at a time: across tabs if the browser has locks, else in this page. The others find it in the cache. */
export async function withLock<T>(
  address: string,
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
): Promise<T> {
  const locks = globalThis.navigator?.locks as LockManager | undefined;
  if (locks) return (await locks.request(`nextoken ${address}`, signal ? { signal } : {}, work)) as T;
  const turn = (waiting.get(address) ?? Promise.resolve()).then(() => {
    signal?.throwIfAborted();
    return work();
  });
  const settled = turn.catch(() => {});
  waiting.set(address, settled);
  try {
    return await turn;
  } finally {
    if (waiting.get(address) === settled) waiting.delete(address);
  }
}
