/** Downloads against a real server that can do everything wrong. Stores are in memory here; test/browser/files.test.ts has the others. */
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { cacheClear, cacheList, download, DownloadError, fromFile } from '../../src/files/download.ts';
import type { Progress } from '../../src/files/download.ts';
import { memoryStore } from '../../src/files/store.ts';
import type { Store } from '../../src/files/store.ts';

/** 9 MiB of noise: more than one part. */
const file = new Uint8Array(9 * 2 ** 20);
for (let i = 0, word = 1; i < file.length; i++) {
  word = Math.imul(word, 1_664_525) + 1_013_904_223;
  file[i] = word >>> 24;
}
const sum = createHash('sha256').update(file).digest('hex');

interface Behaviour {
  body?: Uint8Array;
  etag?: string | undefined;
  modified?: string | undefined;
  /** Cuts the connection after so many bytes of an answer. */
  cutAfter?: number | undefined;
  /** Waits for ever after so many bytes. */
  stallAfter?: number | undefined;
  status?: number | undefined;
  ignoreRange?: boolean;
  hideRange?: boolean;
  chunked?: boolean;
  gzip?: boolean;
  /** Starts the rest at another byte than was asked. */
  shift?: number;
}

let behaviour: Behaviour = {};
let requests: { path: string; range: string | undefined }[] = [];
let server: Server;
let origin = '';

function answer(request: IncomingMessage, response: ServerResponse): void {
  const range = request.headers.range;
  requests.push({ path: request.url ?? '', range });
  const { body = file, etag, modified, status, cutAfter, stallAfter } = behaviour;
  if (etag) response.setHeader('ETag', etag);
  if (modified) response.setHeader('Last-Modified', modified);
  if (status !== undefined) {
    response.writeHead(status);
    response.end('sorry');
    return;
  }
  let part: Uint8Array = body;
  if (range && !behaviour.ignoreRange) {
    const from = Number(/^bytes=(\d+)-$/.exec(range)?.[1]) + (behaviour.shift ?? 0);
    if (from >= body.length) {
      response.writeHead(416, { 'Content-Range': `bytes */${body.length}` });
      response.end();
      return;
    }
    part = body.subarray(from);
    response.statusCode = 206;
    if (!behaviour.hideRange) response.setHeader('Content-Range', `bytes ${from}-${body.length - 1}/${body.length}`);
  }
  if (behaviour.gzip) {
    part = gzipSync(part);
    response.setHeader('Content-Encoding', 'gzip');
  }
  if (!behaviour.chunked) response.setHeader('Content-Length', part.length);
  if (behaviour.chunked) response.flushHeaders(); // else node finds out the length
  const stop = cutAfter ?? stallAfter;
  if (stop === undefined || stop >= part.length) {
    response.end(part);
    return;
  }
  response.write(part.subarray(0, stop), () => {
    if (cutAfter !== undefined) response.destroy();
  });
}

beforeAll(async () => {
  server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

beforeEach(() => {
  behaviour = { etag: '"v1"' };
  requests = [];
});

const url = (): string => `${origin}/models/my%20model.safetensors`;
const isFile = async (blob: Blob, body: Uint8Array = file): Promise<boolean> =>
  Buffer.from(await blob.arrayBuffer()).equals(body);
const failure = async (promise: Promise<unknown>): Promise<DownloadError> => {
  const error: unknown = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(error).toBeInstanceOf(DownloadError);
  return error as DownloadError;
};

/** A store in which so much of the file has come before the connection broke. */
async function broken(bytes: number, sha256?: string): Promise<Store> {
  const cache = memoryStore();
  behaviour.cutAfter = bytes;
  const error = await failure(download(url(), { cache, sha256 }));
  expect(error.kind).toBe('network');
  behaviour.cutAfter = undefined;
  const [entry] = await cacheList(cache);
  expect(entry).toMatchObject({ url: url(), complete: false, total: file.length });
  expect(entry.bytes).toBeGreaterThan(0);
  expect(entry.bytes).toBeLessThanOrEqual(bytes);
  requests = [];
  return cache;
}

describe('a whole file', () => {
  test('comes in parts, with progress in bytes, and stays', async () => {
    const cache = memoryStore();
    const seen: Progress[] = [];
    const first = await download(`${url()}#part`, {
      cache,
      sha256: sum.toUpperCase(),
      onProgress: (progress) => seen.push(progress),
    });
    expect(await isFile(first.blob)).toBe(true);
    expect(first).toMatchObject({ name: 'my model.safetensors', from: 'network' });
    expect(seen[0]).toEqual({ loaded: 0, total: file.length });
    expect(seen.at(-1)).toEqual({ loaded: file.length, total: file.length });
    expect(seen.every(({ loaded }, i) => i === 0 || loaded >= seen[i - 1].loaded)).toBe(true);
    expect((await cache.keys()).length).toBe(3); // note and parts
    expect(await cacheList(cache)).toMatchObject([
      { url: url(), bytes: file.length, total: file.length, complete: true, sha256: sum },
    ]);

    const again: Progress[] = [];
    const second = await download(url(), { cache, sha256: sum, onProgress: (progress) => again.push(progress) });
    expect(second.from).toBe('cache');
    expect(await isFile(second.blob)).toBe(true);
    expect(again).toEqual([{ loaded: file.length, total: file.length }]);
    expect(requests).toHaveLength(1);
  });

  test('is another entry under another sum, and none with cache: none', async () => {
    const cache = memoryStore();
    await download(url(), { cache });
    await download(url(), { cache, sha256: sum });
    expect(requests).toHaveLength(2);
    expect(await cacheList(cache)).toHaveLength(2);
    const { kept } = await download(url(), { cache: 'none' });
    expect(kept).toBe(false);
    expect(requests).toHaveLength(3);
  });

  test('of unknown length, compressed, empty', async () => {
    behaviour = { chunked: true };
    const seen: Progress[] = [];
    expect(
      await isFile((await download(url(), { cache: 'none', onProgress: (progress) => seen.push(progress) })).blob),
    ).toBe(true);
    expect(seen.at(-1)).toEqual({ loaded: file.length, total: undefined });
    // compressed: the length that is announced is not the one we see
    const body = new Uint8Array(100_000);
    behaviour = { gzip: true, body };
    expect(
      await isFile(
        (await download(url(), { cache: 'none', sha256: createHash('sha256').update(body).digest('hex') })).blob,
        body,
      ),
    ).toBe(true);
    behaviour = { body: new Uint8Array(0) };
    const cache = memoryStore();
    expect((await download(url(), { cache })).blob.size).toBe(0);
    expect((await download(url(), { cache })).from).toBe('cache');
  });

  test('ten at once cost one', async () => {
    const cache = memoryStore();
    const all = await Promise.all(Array.from({ length: 10 }, () => download(url(), { cache })));
    expect(requests).toHaveLength(1);
    expect(all.map(({ from }) => from).toSorted()).toEqual([...Array<string>(9).fill('cache'), 'network']);
    expect(await isFile(all[9].blob)).toBe(true);
  });

  test('clear: one address, or all', async () => {
    const cache = memoryStore();
    await download(url(), { cache });
    await download(`${origin}/other`, { cache });
    await cacheClear(url(), cache);
    expect((await cacheList(cache)).map((entry) => entry.url)).toEqual([`${origin}/other`]);
    await cacheClear(undefined, cache);
    expect(await cache.keys()).toEqual([]);
  });
});

describe('going on where it was cut', () => {
  const cut = 8.5 * 2 ** 20;

  test('asks for the rest only', async () => {
    const cache = await broken(cut);
    const [{ bytes }] = await cacheList(cache);
    const seen: Progress[] = [];
    const { blob, from } = await download(url(), { cache, onProgress: (progress) => seen.push(progress) });
    expect(await isFile(blob)).toBe(true);
    expect(from).toBe('network');
    expect(requests.map(({ range }) => range)).toEqual([`bytes=${bytes}-`]);
    expect(seen[0]).toEqual({ loaded: bytes, total: file.length });
    expect((await download(url(), { cache })).from).toBe('cache');
  });

  test('several times', async () => {
    const cache = await broken(2 ** 20);
    for (const stop of [2 * 2 ** 20, 3 * 2 ** 20]) {
      behaviour.cutAfter = stop;
      await failure(download(url(), { cache }));
    }
    behaviour.cutAfter = undefined;
    expect(await isFile((await download(url(), { cache })).blob)).toBe(true);
    expect(requests).toHaveLength(3);
  });

  test.each<[string, Behaviour]>([
    ['the file has changed (ETag)', { etag: '"v2"' }],
    ['the server knows no ranges', { etag: '"v1"', ignoreRange: true }],
    ['the rest starts elsewhere', { etag: '"v1"', shift: -5 }],
    ['the rest is compressed', { etag: '"v1"', gzip: true }],
    ['the tag is gone', {}],
    ['the file is shorter now', { etag: '"v1"', body: file.subarray(0, 1000) }],
  ])('as a whole when %s', async (_, change) => {
    const cache = await broken(cut);
    behaviour = change;
    const { blob } = await download(url(), { cache });
    expect(await isFile(blob, change.body)).toBe(true);
    expect(requests.at(-1)?.range).toBe(change.ignoreRange ? requests[0].range : undefined);
  });

  test('by the date when there is no tag, even where the range is hidden; not by a weak tag', async () => {
    const modified = 'Wed, 23 Sep 2026 10:00:00 GMT';
    behaviour = { etag: 'W/"v1"', modified };
    const cache = await broken(cut);
    behaviour.hideRange = true;
    expect(await isFile((await download(url(), { cache })).blob)).toBe(true);
    expect(requests).toHaveLength(1);

    behaviour = { etag: 'W/"v1"' };
    const weak = await broken(cut);
    expect(await isFile((await download(url(), { cache: weak })).blob)).toBe(true);
    expect(requests.map(({ range }) => range)).toEqual([undefined]);
  });

  test('by the sum alone; and when the sum says that the parts do not belong together, as a whole', async () => {
    behaviour = {};
    const cache = await broken(cut, sum);
    expect(await isFile((await download(url(), { cache, sha256: sum })).blob)).toBe(true);
    expect(requests).toHaveLength(1);

    const other = file.slice().fill(7, 0, 100);
    behaviour = { body: other };
    const mixed = await broken(cut, sum);
    behaviour = {};
    expect(await isFile((await download(url(), { cache: mixed, sha256: sum })).blob)).toBe(true);
    expect(requests.map(({ range }) => range === undefined)).toEqual([false, true]);
  });

  test('keeps what is there when the server fails for a while', async () => {
    const cache = await broken(cut);
    const [before] = await cacheList(cache);
    behaviour.status = 503;
    const error = await failure(download(url(), { cache }));
    expect(error).toMatchObject({ kind: 'http', status: 503 });
    expect((await cacheList(cache))[0].bytes).toBe(before.bytes);
    behaviour.status = undefined;
    expect(await isFile((await download(url(), { cache })).blob)).toBe(true);
  });

  test('when only the last note is missing, nothing is asked', async () => {
    const cache = memoryStore();
    await download(url(), { cache });
    const key = (await cache.keys()).find((key) => key.endsWith('.note')) as string;
    const note = JSON.parse((await (await cache.get(key))?.text()) as string) as object;
    await cache.put(key, new Blob([JSON.stringify({ ...note, complete: false })]));
    expect(await isFile((await download(url(), { cache })).blob)).toBe(true);
    expect(requests).toHaveLength(1);
  });

  test.each<[string, (cache: Store) => Promise<void>]>([
    ['a part is gone', async (cache) => cache.delete((await cache.keys()).find((key) => key.endsWith('.0')) as string)],
    [
      'a part is shorter',
      async (cache) => cache.put((await cache.keys()).find((key) => key.endsWith('.1')) as string, new Blob(['x'])),
    ],
    [
      'the note is damaged',
      async (cache) =>
        cache.put((await cache.keys()).find((key) => key.endsWith('.note')) as string, new Blob(['{"url":'])),
    ],
    [
      'the note is another one',
      async (cache) =>
        cache.put(
          (await cache.keys()).find((key) => key.endsWith('.note')) as string,
          new Blob(['{"url":"x","parts":[]}']),
        ),
    ],
  ])('starts anew when %s', async (_, damage) => {
    const cache = memoryStore();
    await download(url(), { cache });
    await damage(cache);
    expect(await isFile((await download(url(), { cache })).blob)).toBe(true);
    expect(requests.map(({ range }) => range)).toEqual([undefined, undefined]);
    expect(await cacheList(cache)).toHaveLength(1);
  });
});

describe('abort', () => {
  test('stops a slow stream at once, with the reason, and keeps what has come', async () => {
    const cache = memoryStore();
    const stop = 3 * 2 ** 20;
    behaviour.stallAfter = stop;
    const controller = new AbortController();
    const reason = new Error('changed my mind');
    const running = download(url(), {
      cache,
      signal: controller.signal,
      onProgress: ({ loaded }) => {
        if (loaded === stop) controller.abort(reason);
      },
    });
    await expect(running).rejects.toBe(reason);
    expect((await cacheList(cache))[0].bytes).toBe(stop);
    behaviour.stallAfter = undefined;
    expect(await isFile((await download(url(), { cache })).blob)).toBe(true);
    expect(requests[1].range).toBe(`bytes=${stop}-`);
  });

  test('before it starts, and while another one has the turn', async () => {
    await expect(download(url(), { cache: 'none', signal: AbortSignal.abort() })).rejects.toMatchObject({
      name: 'AbortError',
    });
    expect(requests).toHaveLength(0);
    const cache = memoryStore();
    const controller = new AbortController();
    const first = download(url(), { cache });
    const second = download(url(), { cache, signal: controller.signal });
    controller.abort();
    await expect(second).rejects.toMatchObject({ name: 'AbortError' });
    expect(await isFile((await first).blob)).toBe(true);
  });

  test('an error in onProgress is passed on and closes the connection', async () => {
    const onProgress = ({ loaded }: Progress): void => {
      if (loaded > 0) throw new RangeError('mine');
    };
    await expect(download(url(), { cache: 'none', onProgress })).rejects.toThrow(RangeError);
  });
});

describe('errors', () => {
  test('of the server: status, address, advice', async () => {
    behaviour.status = 404;
    const error = await failure(download(url(), { cache: 'none' }));
    expect(error).toMatchObject({ kind: 'http', status: 404, url: url(), bytes: 0 });
    expect(error.message).toBe(`${url()}: the server answered 404 Not Found; is the address right?`);
    behaviour.status = 403;
    expect((await failure(download(url(), { cache: 'none' }))).message).toContain('it may need a login');
  });

  test('no server, no address, no such store', async () => {
    expect(await failure(download('http://127.0.0.1:9/x', { cache: 'none' }))).toMatchObject({
      kind: 'network',
      bytes: 0,
    });
    expect((await failure(download('model.safetensors', { cache: 'none' }))).message).toContain('this is no address');
    expect(await failure(download(url(), { cache: 'opfs' }))).toMatchObject({ kind: 'storage' });
    expect(await failure(download(url(), { cache: 'cache-api' }))).toMatchObject({ kind: 'storage' });
  });

  test('a truncated answer names the bytes', async () => {
    behaviour.cutAfter = 1000;
    const error = await failure(download(url(), { cache: 'none' }));
    expect(error).toMatchObject({ kind: 'network', bytes: 1000 });
    expect(error.message).toContain(`the connection broke after 1000 of ${file.length} bytes`);
  });

  test.each([
    ['fewer', 10, 8],
    ['more', 10, 12],
  ])('%s bytes than announced, where the network layer lets it pass', async (_, announced, sent) => {
    const answer = new Response(new Uint8Array(sent), { headers: { 'content-length': String(announced) } });
    const cache = memoryStore();
    const error = await failure(download(url(), { cache, fetch: async () => answer }));
    expect(error).toMatchObject({ kind: 'length', bytes: sent });
    // too few can be continued; too many are nothing
    expect(await cacheList(cache)).toMatchObject(sent < announced ? [{ bytes: sent, complete: false }] : []);
  });

  test('a wrong sum: nothing is kept', async () => {
    const cache = memoryStore();
    const wrong = '0'.repeat(64);
    const error = await failure(download(url(), { cache, sha256: wrong }));
    expect(error).toMatchObject({ kind: 'hash', bytes: file.length });
    expect(error.message).toContain(`its sha256 is not ${wrong}`);
    expect(await cache.keys()).toEqual([]);
    expect((await failure(download(url(), { cache, sha256: 'abc' }))).message).toContain('want 64 hex digits');
  });

  test('too large: before the first byte where it is announced, else as soon as it is seen', async () => {
    const announced = await failure(download(url(), { cache: 'none', maxBytes: 1000 }));
    expect(announced).toMatchObject({ kind: 'length', bytes: 0 });
    expect(announced.message).toContain(`it has ${file.length} bytes, the most is 1000`);
    behaviour.chunked = true;
    const seen = await failure(download(url(), { cache: 'none', maxBytes: 1000 }));
    expect(seen.bytes).toBeGreaterThan(1000);
    expect(seen.bytes).toBeLessThan(2 ** 20);
  });

  test('a store that is full costs the cache, not the download', async () => {
    const inner = memoryStore();
    let puts = 0;
    const cache: Store = {
      ...inner,
      put: async (key, data) => {
        if (++puts > 2) throw new DOMException('full', 'QuotaExceededError');
        await inner.put(key, data);
      },
    };
    const { blob, kept } = await download(url(), { cache, sha256: sum });
    expect(await isFile(blob)).toBe(true);
    expect(kept).toBe(false);
    expect(await cacheList(cache)).toMatchObject([{ complete: false }]);
  });
});

test('fromFile: a file that was chosen', async () => {
  const chosen = fromFile(new File([file.subarray(0, 10)], 'mine.bin'));
  expect(chosen).toMatchObject({ name: 'mine.bin', from: 'file', kept: false });
  expect(await isFile(chosen.blob, file.subarray(0, 10))).toBe(true);
  expect(fromFile(new Blob([])).name).toBe('file');
});
