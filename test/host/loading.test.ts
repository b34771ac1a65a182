/** What the elements tell before and while a model loads: its bytes, whether it is here, true progress, a cancel that leaves nothing. */
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cacheList } from '../../src/files/download.ts';
import { memoryStore } from '../../src/files/store.ts';
import { Channel } from '../../src/host/channel.ts';
import { HostClient } from '../../src/host/client.ts';
import { loadFacts } from '../../src/host/facts.ts';
import { Host } from '../../src/host/host.ts';
import type { HostRequests } from '../../src/host/protocol.ts';
import type { OpenProgress } from '../../src/session/open_model.ts';

/** Gives 64 KiB every 20 ms while `slow`: 3.8 MB take more than a second. */
let slow = false;
let cut: () => void = () => undefined;
const server = createServer(async (request, response) => {
  const body = await readFile(`models/${request.url!.replace('/models/', '')}`);
  response.setHeader('content-length', body.length);
  response.on('close', () => response.writableEnded || cut());
  if (request.method === 'HEAD' || !slow) return response.end(request.method === 'HEAD' ? undefined : body);
  for (let at = 0; at < body.length && !response.destroyed; at += 65536) {
    response.write(body.subarray(at, at + 65536));
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return response.end();
});
let models = '';
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  models = `http://127.0.0.1:${(server.address() as AddressInfo).port}/models/`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

function connect(store = memoryStore()) {
  const { port1, port2 } = new MessageChannel();
  new Host({ cpu: { threads: 1 }, download: { cache: store } }).serve(port2);
  const client = new HostClient({ thread: 'page', why: 'a test' }, new Channel<HostRequests>(port1));
  return { client, store, close: () => (client.close(), port1.close(), port2.close()) };
}

const BYTES = 3778830;

test('before: the bytes of a shipped model and of an address; after: it is here', async () => {
  const { client, store, close } = connect();
  expect(await loadFacts('austen', [], models)).toEqual({ bytes: BYTES, cached: false });
  expect(await loadFacts(`${models}austen/`, [])).toEqual({ bytes: 3761480, cached: false });
  expect(await loadFacts('http://127.0.0.1:9/none/', [])).toEqual({ bytes: 0, cached: false });
  const seen: OpenProgress[] = [];
  await client.open('austen', { engine: 'cpu', models, onProgress: (progress) => seen.push(progress) });
  expect(await loadFacts('austen', await cacheList(store), models)).toEqual({ bytes: BYTES, cached: true });
  expect(new Set(seen.map(({ total }) => total))).toEqual(new Set([BYTES]));
  expect(seen.map(({ loaded }) => loaded)).toEqual(seen.map(({ loaded }) => loaded).sort((a, b) => a - b));
  expect(seen.findLast(({ phase }) => phase === 'download')!.loaded).toBe(BYTES);
  close();
});

/** Milliseconds from a cancel in the middle of the weights to the end of the request on the server. */
async function cancelled(): Promise<number> {
  const { client, store, close } = connect();
  const end = new AbortController();
  let at = 0;
  const closed = new Promise<number>((resolve) => {
    cut = () => resolve(performance.now() - at);
  });
  const onProgress = ({ loaded }: OpenProgress) => {
    if (loaded < 5e5 || at) return;
    at = performance.now();
    end.abort(new Error('cancelled'));
  };
  await expect(client.open('austen', { engine: 'cpu', models, signal: end.signal, onProgress })).rejects.toThrow(
    'cancelled',
  );
  const took = await closed;
  // what came whole may stay, such as config.json
  await expect.poll(async () => (await cacheList(store)).filter(({ complete }) => !complete)).toEqual([]);
  expect((await cacheList(store)).filter(({ url }) => url.endsWith('model.safetensors'))).toEqual([]);
  close();
  return took;
}

test('cancel: the request ends within 100 ms and nothing half is kept', async () => {
  slow = true;
  // a busy machine makes one measurement late, not three
  const took = [await cancelled(), await cancelled(), await cancelled()];
  slow = false;
  expect(Math.min(...took)).toBeLessThan(100);
});
