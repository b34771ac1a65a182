/** Downloads that were cut: what is asked for, and when the parts are thrown away. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { cacheList, download } from '../../src/files/download.ts';
import type { Progress } from '../../src/files/download.ts';
import { memoryStore } from '../../src/files/store.ts';
import type { Store } from '../../src/files/store.ts';
import { failure, file, isFile, startServer, sum } from './server.ts';
import type { Behaviour, TestServer } from './server.ts';

let server: TestServer;

beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());
beforeEach(() => {
  server.behaviour = { etag: '"v1"' };
  server.requests = [];
});

/** A store in which so much of the file has come before the connection broke. */
async function broken(bytes: number, sha256?: string): Promise<Store> {
  const cache = memoryStore();
  server.behaviour.cutAfter = bytes;
  const error = await failure(download(server.url, { cache, sha256 }));
  expect(error.kind).toBe('network');
  server.behaviour.cutAfter = undefined;
  const [entry] = await cacheList(cache);
  expect(entry).toMatchObject({ url: server.url, complete: false, total: file.length });
  expect(entry.bytes).toBeGreaterThan(0);
  expect(entry.bytes).toBeLessThanOrEqual(bytes);
  server.requests = [];
  return cache;
}

describe('going on where it was cut', () => {
  const cut = 8.5 * 2 ** 20;

  test('asks for the rest only', async () => {
    const cache = await broken(cut);
    const [{ bytes }] = await cacheList(cache);
    const seen: Progress[] = [];
    const { blob, from } = await download(server.url, { cache, onProgress: (progress) => seen.push(progress) });
    expect(await isFile(blob)).toBe(true);
    expect(from).toBe('network');
    expect(server.requests.map(({ range }) => range)).toEqual([`bytes=${bytes}-`]);
    expect(seen[0]).toEqual({ loaded: bytes, total: file.length });
    expect((await download(server.url, { cache })).from).toBe('cache');
  });

  test('several times', async () => {
    const cache = await broken(2 ** 20);
    for (const stop of [2 * 2 ** 20, 3 * 2 ** 20]) {
      server.behaviour.cutAfter = stop;
      await failure(download(server.url, { cache }));
    }
    server.behaviour.cutAfter = undefined;
    expect(await isFile((await download(server.url, { cache })).blob)).toBe(true);
    expect(server.requests).toHaveLength(3);
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
    server.behaviour = change;
    const { blob } = await download(server.url, { cache });
    expect(await isFile(blob, change.body)).toBe(true);
    expect(server.requests.at(-1)?.range).toBe(change.ignoreRange ? server.requests[0].range : undefined);
  });

  test('by the date when there is no tag, even where the range is hidden; not by a weak tag', async () => {
    const modified = 'Wed, 23 Sep 2026 10:00:00 GMT';
    server.behaviour = { etag: 'W/"v1"', modified };
    const cache = await broken(cut);
    server.behaviour.hideRange = true;
    expect(await isFile((await download(server.url, { cache })).blob)).toBe(true);
    expect(server.requests).toHaveLength(1);

    server.behaviour = { etag: 'W/"v1"' };
    const weak = await broken(cut);
    expect(await isFile((await download(server.url, { cache: weak })).blob)).toBe(true);
    expect(server.requests.map(({ range }) => range)).toEqual([undefined]);
  });

  test('by the sum alone; and when the sum says that the parts do not belong together, as a whole', async () => {
    server.behaviour = {};
    const cache = await broken(cut, sum);
    expect(await isFile((await download(server.url, { cache, sha256: sum })).blob)).toBe(true);
    expect(server.requests).toHaveLength(1);

    const other = file.slice().fill(7, 0, 100);
    server.behaviour = { body: other };
    const mixed = await broken(cut, sum);
    server.behaviour = {};
    expect(await isFile((await download(server.url, { cache: mixed, sha256: sum })).blob)).toBe(true);
    expect(server.requests.map(({ range }) => range === undefined)).toEqual([false, true]);
  });

  test('keeps what is there when the server fails for a while', async () => {
    const cache = await broken(cut);
    const [before] = await cacheList(cache);
    server.behaviour.status = 503;
    const error = await failure(download(server.url, { cache }));
    expect(error).toMatchObject({ kind: 'http', status: 503 });
    expect((await cacheList(cache))[0].bytes).toBe(before.bytes);
    server.behaviour.status = undefined;
    expect(await isFile((await download(server.url, { cache })).blob)).toBe(true);
  });

  test('when only the last note is missing, nothing is asked', async () => {
    const cache = memoryStore();
    await download(server.url, { cache });
    const key = (await cache.keys()).find((key) => key.endsWith('.note')) as string;
    const note = JSON.parse((await (await cache.get(key))?.text()) as string) as object;
    await cache.put(key, new Blob([JSON.stringify({ ...note, complete: false })]));
    expect(await isFile((await download(server.url, { cache })).blob)).toBe(true);
    expect(server.requests).toHaveLength(1);
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
    await download(server.url, { cache });
    await damage(cache);
    expect(await isFile((await download(server.url, { cache })).blob)).toBe(true);
    expect(server.requests.map(({ range }) => range)).toEqual([undefined, undefined]);
    expect(await cacheList(cache)).toHaveLength(1);
  });
});
