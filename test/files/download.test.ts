/** Downloads against a real server. Stores are in memory here; test/browser/files.test.ts has the others. */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { cacheClear, cacheList, download, fromFile } from '../../src/files/download.ts';
import type { Progress } from '../../src/files/download.ts';
import { memoryStore } from '../../src/files/store.ts';
import type { Store } from '../../src/files/store.ts';
import { failure, file, isFile, startServer, sum } from './server.ts';
import type { TestServer } from './server.ts';

let server: TestServer;

beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());
beforeEach(() => {
  server.behaviour = { etag: '"v1"' };
  server.requests = [];
});

describe('a whole file', () => {
  test('comes in parts, with progress in bytes, and stays', async () => {
    const cache = memoryStore();
    const seen: Progress[] = [];
    const first = await download(`${server.url}#part`, {
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
      { url: server.url, bytes: file.length, total: file.length, complete: true, sha256: sum },
    ]);

    const again: Progress[] = [];
    const second = await download(server.url, { cache, sha256: sum, onProgress: (progress) => again.push(progress) });
    expect(second.from).toBe('cache');
    expect(await isFile(second.blob)).toBe(true);
    expect(again).toEqual([{ loaded: file.length, total: file.length }]);
    expect(server.requests).toHaveLength(1);
  });

  test('is another entry under another sum, and none with cache: none', async () => {
    const cache = memoryStore();
    await download(server.url, { cache });
    await download(server.url, { cache, sha256: sum });
    expect(server.requests).toHaveLength(2);
    expect(await cacheList(cache)).toHaveLength(2);
    const { kept } = await download(server.url, { cache: 'none' });
    expect(kept).toBe(false);
    expect(server.requests).toHaveLength(3);
  });

  test('of unknown length, compressed, empty', async () => {
    server.behaviour = { chunked: true };
    const seen: Progress[] = [];
    expect(
      await isFile((await download(server.url, { cache: 'none', onProgress: (progress) => seen.push(progress) })).blob),
    ).toBe(true);
    expect(seen.at(-1)).toEqual({ loaded: file.length, total: undefined });
    // compressed: the length that is announced is not the one we see
    const body = new Uint8Array(100_000);
    server.behaviour = { gzip: true, body };
    expect(
      await isFile(
        (await download(server.url, { cache: 'none', sha256: createHash('sha256').update(body).digest('hex') })).blob,
        body,
      ),
    ).toBe(true);
    server.behaviour = { body: new Uint8Array(0) };
    const cache = memoryStore();
    expect((await download(server.url, { cache })).blob.size).toBe(0);
    expect((await download(server.url, { cache })).from).toBe('cache');
  });

  test('ten at once cost one', async () => {
    const cache = memoryStore();
    const all = await Promise.all(Array.from({ length: 10 }, () => download(server.url, { cache })));
    expect(server.requests).toHaveLength(1);
    expect(all.map(({ from }) => from).toSorted()).toEqual([...Array<string>(9).fill('cache'), 'network']);
    expect(await isFile(all[9].blob)).toBe(true);
  });

  test('clear: one address, or all', async () => {
    const cache = memoryStore();
    await download(server.url, { cache });
    await download(`${server.origin}/other`, { cache });
    await cacheClear(server.url, cache);
    expect((await cacheList(cache)).map((entry) => entry.url)).toEqual([`${server.origin}/other`]);
    await cacheClear(undefined, cache);
    expect(await cache.keys()).toEqual([]);
  });
});

describe('abort', () => {
  test('stops a slow stream at once, with the reason, and keeps what has come', async () => {
    const cache = memoryStore();
    const stop = 3 * 2 ** 20;
    server.behaviour.stallAfter = stop;
    const controller = new AbortController();
    const reason = new Error('changed my mind');
    const running = download(server.url, {
      cache,
      signal: controller.signal,
      onProgress: ({ loaded }) => {
        if (loaded === stop) controller.abort(reason);
      },
    });
    await expect(running).rejects.toBe(reason);
    expect((await cacheList(cache))[0].bytes).toBe(stop);
    server.behaviour.stallAfter = undefined;
    expect(await isFile((await download(server.url, { cache })).blob)).toBe(true);
    expect(server.requests[1].range).toBe(`bytes=${stop}-`);
  });

  test('before it starts, and while another one has the turn', async () => {
    await expect(download(server.url, { cache: 'none', signal: AbortSignal.abort() })).rejects.toMatchObject({
      name: 'AbortError',
    });
    expect(server.requests).toHaveLength(0);
    const cache = memoryStore();
    const controller = new AbortController();
    const first = download(server.url, { cache });
    const second = download(server.url, { cache, signal: controller.signal });
    controller.abort();
    await expect(second).rejects.toMatchObject({ name: 'AbortError' });
    expect(await isFile((await first).blob)).toBe(true);
  });

  test('an error in onProgress is passed on and closes the connection', async () => {
    const onProgress = ({ loaded }: Progress): void => {
      if (loaded > 0) throw new RangeError('mine');
    };
    await expect(download(server.url, { cache: 'none', onProgress })).rejects.toThrow(RangeError);
  });
});

describe('errors', () => {
  test('of the server: status, address, advice', async () => {
    server.behaviour.status = 404;
    const error = await failure(download(server.url, { cache: 'none' }));
    expect(error).toMatchObject({ kind: 'http', status: 404, url: server.url, bytes: 0 });
    expect(error.message).toBe(`${server.url}: the server answered 404 Not Found; is the address right?`);
    server.behaviour.status = 403;
    expect((await failure(download(server.url, { cache: 'none' }))).message).toContain('it may need a login');
  });

  test('no server, no address, no such store', async () => {
    expect(await failure(download('http://127.0.0.1:9/x', { cache: 'none' }))).toMatchObject({
      kind: 'network',
      bytes: 0,
    });
    expect((await failure(download('model.safetensors', { cache: 'none' }))).message).toContain(
      'this is not an address',
    );
    expect(await failure(download(server.url, { cache: 'opfs' }))).toMatchObject({ kind: 'storage' });
    expect(await failure(download(server.url, { cache: 'cache-api' }))).toMatchObject({ kind: 'storage' });
  });

  test('a truncated answer names the bytes', async () => {
    server.behaviour.cutAfter = 1000;
    const error = await failure(download(server.url, { cache: 'none' }));
    expect(error).toMatchObject({ kind: 'network', bytes: 1000 });
    expect(error.message).toContain(`the connection broke after 1000 of ${file.length} bytes`);
  });

  test.each([
    ['fewer', 10, 8],
    ['more', 10, 12],
  ])('%s bytes than announced, where the network layer lets it pass', async (_, announced, sent) => {
    const answer = new Response(new Uint8Array(sent), { headers: { 'content-length': String(announced) } });
    const cache = memoryStore();
    const error = await failure(download(server.url, { cache, fetch: async () => answer }));
    expect(error).toMatchObject({ kind: 'length', bytes: sent });
    // too few can be continued; too many are nothing
    expect(await cacheList(cache)).toMatchObject(sent < announced ? [{ bytes: sent, complete: false }] : []);
  });

  test('a wrong sum: nothing is kept', async () => {
    const cache = memoryStore();
    const wrong = '0'.repeat(64);
    const error = await failure(download(server.url, { cache, sha256: wrong }));
    expect(error).toMatchObject({ kind: 'hash', bytes: file.length });
    expect(error.message).toContain(`its sha256 is not ${wrong}`);
    expect(await cache.keys()).toEqual([]);
    expect((await failure(download(server.url, { cache, sha256: 'abc' }))).message).toContain('expected 64 hex digits');
  });

  test('too large: before the first byte where it is announced, else as soon as it is seen', async () => {
    const announced = await failure(download(server.url, { cache: 'none', maxBytes: 1000 }));
    expect(announced).toMatchObject({ kind: 'length', bytes: 0 });
    expect(announced.message).toContain(`it has ${file.length} bytes, the most is 1000`);
    server.behaviour.chunked = true;
    const seen = await failure(download(server.url, { cache: 'none', maxBytes: 1000 }));
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
    const { blob, kept } = await download(server.url, { cache, sha256: sum });
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
