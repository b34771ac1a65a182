/** Downloads in a real browser: both stores that outlive the page, its locks, its way to cut and abort. The server is the test's own. */
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { cacheClear, cacheList, download, DownloadError } from '../../src/files/download.ts';
import { openTensors } from '../../src/files/open.ts';
import { writeSafetensors } from '../../src/files/write_safetensors.ts';
import { bestStore, cacheApiStore, memoryStore, opfsStore } from '../../src/files/store.ts';
import type { Store } from '../../src/files/store.ts';

const stores: [string, () => Promise<Store>][] = [
  ['OPFS', opfsStore],
  ['the Cache API', cacheApiStore],
  ['memory', async () => memoryStore()],
];

/** Something that the test server has on disk. */
const url = '/package-lock.json';
const bytesOf = async (blob: Blob): Promise<number[]> => [...new Uint8Array(await blob.arrayBuffer())];
const sumOf = async (data: BufferSource): Promise<string> =>
  Array.from(new Uint8Array(await crypto.subtle.digest('SHA-256', data)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');

const clearAll = async (): Promise<void> => {
  for (const [, open] of stores) await cacheClear(undefined, await open());
};
beforeEach(clearAll);
afterAll(clearAll);

describe.each(stores)('%s as a store', (_, open) => {
  test('keeps, replaces, lists and removes blobs', async () => {
    const store = await open();
    expect(await store.get('a')).toBeUndefined();
    await store.put('a', new Blob(['one']));
    await store.put('a.note', new Blob([Uint8Array.of(0, 255)]));
    await store.put('a', new Blob(['second']));
    expect(await (await store.get('a'))?.text()).toBe('second');
    expect(await bytesOf((await store.get('a.note')) as Blob)).toEqual([0, 255]);
    expect((await store.keys()).toSorted()).toEqual(['a', 'a.note']);
    await store.delete('a');
    await store.delete('a');
    expect(await store.keys()).toEqual(['a.note']);
  });

  test('a download is there the next time, in full', async () => {
    const store = await open();
    const body = await (await fetch(url)).arrayBuffer();
    const sha256 = await sumOf(body);
    const first = await download(url, { cache: store, sha256 });
    expect(first).toMatchObject({ from: 'network', name: 'package-lock.json', kept: store.kind !== 'memory' });
    // a new store object, as after a reload; memory does not outlive it
    const later = store.kind === 'memory' ? store : await open();
    const second = await download(url, { cache: later, sha256, fetch: () => Promise.reject(new Error('offline')) });
    expect(second.from).toBe('cache');
    expect(await sumOf(await second.blob.arrayBuffer())).toBe(sha256);
    expect(await cacheList(later)).toMatchObject([
      { url: new URL(url, location.href).href, bytes: body.byteLength, complete: true, sha256 },
    ]);
    await cacheClear(url, later);
    expect(await later.keys()).toEqual([]);
  });

  test('goes on where the connection broke, and reads tensors out of the parts', async () => {
    const store = await open();
    const data = Float32Array.from({ length: 3_000_000 }, (_, i) => i);
    const file = writeSafetensors(new Map([['first', { shape: [2], data: Float32Array.of(1, 2) }], ['long', { shape: [3000, 1000], data }]])); // prettier-ignore
    const asked: (string | null)[] = [];
    const server = async (_: unknown, init?: RequestInit): Promise<Response> => {
      const range = new Headers(init?.headers).get('range');
      asked.push(range);
      const from = Number(/\d+/.exec(range ?? '')?.[0] ?? 0);
      // breaks in the second part, the first time
      const end = range ? file.length : 9_000_000;
      let at = from;
      const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
        pull(controller) {
          if (at >= file.length) return controller.close();
          if (at >= end) return controller.error(new TypeError('network error'));
          controller.enqueue(file.slice(at, Math.min(end, at + 500_000)));
          at += 500_000;
        },
      });
      const headers: Record<string, string> = { etag: '"1"', 'content-length': String(file.length - from) };
      if (range) headers['content-range'] = `bytes ${from}-${file.length - 1}/${file.length}`;
      return new Response(body, { status: range ? 206 : 200, headers });
    };
    const address = 'https://example.invalid/model.safetensors';
    const broken: unknown = await download(address, { cache: store, fetch: server }).catch((error: unknown) => error);
    expect(broken).toBeInstanceOf(DownloadError);
    expect(broken).toMatchObject({ kind: 'network', bytes: 9_000_000 });
    const { blob } = await download(address, { cache: store, fetch: server });
    expect(asked).toEqual([null, 'bytes=9000000-']);
    const tensors = await openTensors(blob, 'model.safetensors');
    expect([...(await tensors.f32('first'))]).toEqual([1, 2]);
    const long = await tensors.f32('long'); // lies across two parts
    expect(long.length).toBe(data.length);
    expect(long.findIndex((value, i) => value !== data[i])).toBe(-1);
  });
});

test('the best store here is OPFS, and it is what a download takes', async () => {
  expect((await bestStore()).kind).toBe('opfs');
  const { kept } = await download(url);
  expect(kept).toBe(true);
  expect((await cacheList()).map((file) => file.url)).toEqual([new URL(url, location.href).href]);
  expect(await cacheList(await cacheApiStore())).toEqual([]);
  expect((await download(url, { cache: 'cache-api' })).from).toBe('network');
  expect((await download(url, { cache: 'opfs' })).from).toBe('cache');
});

test('an own server that knows ranges: a cut download asks for the rest, over the wire', async () => {
  const store = memoryStore();
  const controller = new AbortController();
  // the first 60,000 bytes, then the visitor leaves
  const cut = async (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
    const answer = await fetch(input, init);
    const whole = new Uint8Array(await answer.arrayBuffer());
    const body = new ReadableStream({
      start: (stream) => stream.enqueue(whole.slice(0, 60_000)),
    });
    return new Response(body, { headers: answer.headers });
  };
  const onProgress = ({ loaded }: { loaded: number }): void => {
    if (loaded === 60_000) controller.abort();
  };
  const running = download(url, { cache: store, signal: controller.signal, fetch: cut, onProgress });
  await expect(running).rejects.toMatchObject({ name: 'AbortError' });
  const statuses: number[] = [];
  const watched = async (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
    const answer = await fetch(input, init);
    statuses.push(answer.status);
    return answer;
  };
  const { blob } = await download(url, { cache: store, fetch: watched });
  expect(await sumOf(await blob.arrayBuffer())).toBe(await sumOf(await (await fetch(url)).arrayBuffer()));
  expect(statuses).toEqual([206]);
});

test('many at once, under the browser’s locks, cost one request', async () => {
  const store = await opfsStore();
  let requests = 0;
  const counted = (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
    requests++;
    return fetch(input, init);
  };
  const all = await Promise.all(Array.from({ length: 6 }, () => download(url, { cache: store, fetch: counted })));
  expect(requests).toBe(1);
  const sizes = new Set(all.map(({ blob }) => blob.size));
  expect(sizes.size).toBe(1);
});

test('no answer is a DownloadError that names the likely causes', async () => {
  const failure: unknown = await download('http://127.0.0.1:9/', { cache: 'none' }).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(DownloadError);
  expect((failure as DownloadError).message).toContain('does the server allow other sites (CORS)?');
});
