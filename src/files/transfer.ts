/** One transfer, from the server's answer into an entry of the store, and every way it can fail. */
import type { Entry } from './entry.ts';
import type { Store } from './store.ts';

/** How far a download has come, in bytes. */
export interface Progress {
  /** Bytes so far, including those of an earlier attempt. */
  readonly loaded: number;
  /** Total bytes; undefined when the server does not say. */
  readonly total: number | undefined;
}

/**
 * How a file is fetched and where it is kept.
 *
 * @example
 * const options: DownloadOptions = { maxBytes: 100e6, onProgress: ({ loaded, total }) => console.log(loaded, total) };
 */
export interface DownloadOptions {
  /** Ends the download, which then throws its reason. Default: none. */
  readonly signal?: AbortSignal | undefined;
  /** Forgets what has arrived when the signal ends the download. Default: false, the next one goes on from there. */
  readonly discard?: boolean | undefined;
  /** Called with every piece that comes. Default: none. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /** 64 hex digits. A file with another sum is refused and not kept. Default: any file is taken. */
  readonly sha256?: string | undefined;
  /**
   * Asks the server for a newer version of a cached file. Without an answer, the cached one is used. Not for files with a sum. Default:
   * false.
   */
  readonly revalidate?: boolean | undefined;
  /** Throws when the content is wrong. Default: no check. */
  readonly check?: ((content: Blob) => Promise<void>) | undefined;
  /** Where to keep it. Default 'auto': OPFS, else the Cache API, else memory. */
  readonly cache?: 'auto' | 'opfs' | 'cache-api' | 'none' | Store | undefined;
  /** A larger file is refused as soon as its size is known. Default: no limit. */
  readonly maxBytes?: number | undefined;
  /** For addresses that need a login. Default: the global `fetch`. */
  readonly fetch?: typeof globalThis.fetch | undefined;
}

/**
 * - 'http': the server answered with an error. `status` says which.
 * - 'network': no answer, or the connection broke. What has arrived is kept, and the next call resumes.
 * - 'length': more or fewer bytes than announced, or more than `maxBytes`.
 * - 'hash': not the file that was asked for.
 * - 'storage': the requested store does not exist here.
 */
export type DownloadFailure = 'http' | 'network' | 'length' | 'hash' | 'storage';

/**
 * A file that did not come; `kind` says why, the message what to do.
 *
 * @example
 * if (error instanceof DownloadError && error.kind === 'network') console.log(`${error.bytes} bytes of ${error.url} are kept`);
 */
export class DownloadError extends Error {
  override readonly name = 'DownloadError';
  readonly kind: DownloadFailure;
  readonly url: string;
  /** Bytes that had arrived. */
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

/** A part is written after this many bytes: the most that a killed page loses and that a download holds in memory. */
const PART = 8 * 2 ** 20;

/** Downloads the rest of a file into its entry. */
export async function transfer(entry: Entry, options: DownloadOptions): Promise<void> {
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
    await reader?.cancel().catch(() => {}); // nothing is left when all has arrived; a broken one is closed already
  }
  if (total !== undefined && loaded < total) {
    throw new DownloadError('length', url, `${loaded} bytes came, the server announced ${total}; try again to go on`, {
      bytes: loaded,
    });
  }
}

/** The answer whose body continues the entry: the rest of the file if the server gives it, else the whole, with the entry emptied. */
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

const ADVICE: Readonly<Record<number, string>> = {
  401: '; it may need a login, or be a name that does not exist',
  403: '; it may need a login',
  404: '; is the address right?',
};

async function begin(entry: Entry, response: Response): Promise<Response> {
  if (!response.ok || response.status === 206) {
    const { status, statusText } = response;
    const advice = ADVICE[status] ?? '';
    await response.body?.cancel();
    throw new DownloadError('http', entry.note.url, `the server answered ${status} ${statusText}`.trimEnd() + advice, {
      status,
    });
  }
  if (entry.bytes > 0) await entry.restart();
  entry.begin(response);
  return response;
}

/**
 * The answer with another version of a complete file; undefined when it is the same one, or nobody can be asked. Not If-None-Match, for
 * the reason above.
 */
export async function newerVersion(entry: Entry, options: DownloadOptions): Promise<Response | undefined> {
  let response: Response;
  try {
    response = await request(entry.note.url, options);
  } catch (error) {
    if (error instanceof DownloadError) return undefined; // offline: the cache is all there is
    throw error;
  }
  // without a version, a small file is fetched again and a large one is trusted
  const same = entry.sameAs(response) ?? entry.bytes > PART;
  if (response.status === 200 && !same) return response;
  await response.body?.cancel();
  return undefined;
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
      globalThis.navigator?.onLine === false
        ? 'there is no connection, and the file is not kept from an earlier visit; connect and try again'
        : 'no answer: is the address right, is there a connection, does the server allow other sites (CORS)? Open it in a tab to see',
      { cause },
    );
  }
}
