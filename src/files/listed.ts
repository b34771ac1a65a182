/** Files of a model that are known in advance, and what all downloads of a model have in common. */
import { checkFile } from './check.ts';
import { download } from './download.ts';
import type { Folder } from './folder.ts';
import { DownloadError } from './transfer.ts';
import type { DownloadOptions } from './transfer.ts';
import { FileFormatError } from './types.ts';

export interface RemoteOptions extends Pick<DownloadOptions, 'signal' | 'cache' | 'fetch' | 'discard'> {
  /** Bytes so far, and the total if known. */
  readonly onProgress?: ((loaded: number, total: number | undefined) => void) | undefined;
}

export interface RemoteModel {
  readonly folder: Folder;
  /** True when nothing came over the network. */
  readonly fromCache: boolean;
}

/** A file known in advance. */
export interface ListedFile {
  readonly name: string;
  readonly url: string;
  readonly bytes: number;
  /** 64 hex digits. */
  readonly sha256: string;
}

/** More than the tokenizer of any known vocabulary takes. Weights have no limit. */
const MOST_TEXT = 256 * 2 ** 20;

/** Listed files, identified by their sums: a cached one stays valid forever. Those on disk or in the script are opened directly. */
export async function fetchListed(files: readonly ListedFile[], options: RemoteOptions): Promise<RemoteModel> {
  const total = files.reduce((sum, file) => sum + file.bytes, 0);
  const urls = new Map(files.map(({ name, url }) => [name, url]));
  const fetcher = fetcherOf((name) => urls.get(name)!, options, total);
  for (const { name, url, sha256 } of files) {
    if (url.startsWith('data:')) fetcher.add(name, inScript(url));
    else if (url.startsWith('file:'))
      for (const blob of (await (await import('./local.ts')).readLocal(new URL(url))).values()) fetcher.add(name, blob);
    else await fetcher.get(name, sha256);
  }
  return fetcher.done();
}

/** A small file that a bundler inlined into the script. Not fetched, because a Content-Security-Policy may forbid it. */
function inScript(url: string): Blob {
  const [head, body] = url.split(/,(.*)/s);
  return new Blob([
    head.endsWith(';base64') ? Uint8Array.from(atob(body), (c) => c.charCodeAt(0)) : decodeURIComponent(body),
  ]);
}

export interface Fetcher {
  /** A file that is already here. */
  add(name: string, blob: Blob): void;
  /** A file that must be there. */
  get(name: string, sha256?: string): Promise<Blob>;
  /** A file that may be missing. */
  find(name: string): Promise<Blob | undefined>;
  /** The error of the last file that was not found. */
  problem(): unknown;
  done(): RemoteModel;
}

export function fetcherOf(addressOf: (name: string) => string, options: RemoteOptions, total?: number): Fetcher {
  const files = new Map<string, Blob>();
  let before = 0;
  let fromCache = true;
  let problem: unknown;
  const get = async (name: string, sha256?: string): Promise<Blob> => {
    const got = await download(addressOf(name), {
      ...options,
      sha256,
      revalidate: true,
      check: (content) => checkFile(name, content),
      maxBytes: /\.(json|txt|bpe)$/.test(name) ? MOST_TEXT : undefined,
      onProgress: ({ loaded, total: of }) =>
        options.onProgress?.(before + loaded, total ?? (of === undefined ? undefined : before + of)),
    });
    files.set(name, got.blob);
    fromCache &&= got.from === 'cache';
    before += got.blob.size;
    return got.blob;
  };
  return {
    get,
    add(name, blob) {
      files.set(name, blob);
      before += blob.size;
    },
    async find(name) {
      try {
        return await get(name);
      } catch (error) {
        options.signal?.throwIfAborted();
        problem = error;
        if (error instanceof DownloadError && isAbsent(error)) return undefined;
        // without a connection, the cache is all there is
        if (
          error instanceof DownloadError &&
          error.kind === 'network' &&
          error.bytes === 0 &&
          files.size > 0 &&
          fromCache
        )
          return undefined;
        // a page instead of a file: the server answers every address with one
        if (error instanceof FileFormatError && /this is a web page/.test(error.message)) return undefined;
        throw error;
      }
    },
    problem: () => problem,
    done: () => ({ folder: files, fromCache }),
  };
}

/** Buckets answer 403 for files they do not have. */
function isAbsent({ kind, status }: DownloadError): boolean {
  return kind === 'http' && (status === 404 || status === 403 || status === 410);
}
