/** Requests over a real MessageChannel: records in order, cancellation, back-pressure, errors with their classes. */
import { afterEach, expect, test } from 'vitest';
import { DownloadError } from '../../src/files/transfer.ts';
import { ShaderError } from '../../src/gpu/types.ts';
import { Channel, type Handlers, move, serve } from '../../src/host/channel.ts';
import { receiveError, sendError } from '../../src/host/errors.ts';
import { DeviceLostError } from '../../src/plan/errors.ts';
import { SettingsError } from '../../src/plan/settings.ts';

interface Counting {
  readonly count: { readonly ask: number; readonly record: number; readonly result: string };
  readonly fail: { readonly ask: Error; readonly record: never; readonly result: never };
  readonly bytes: { readonly ask: number; readonly record: never; readonly result: Uint8Array<ArrayBuffer> };
}

/** Numbers up to `ask`; `asked` is how far the host has counted. */
function counting() {
  const seen = { asked: 0, ended: 0, aborted: 0 };
  const kept: ArrayBuffer[] = [];
  const handlers: Handlers<Counting> = {
    async *count(most, signal) {
      try {
        for (let i = 0; i < most; i++) {
          seen.asked++;
          yield i;
        }
        return `counted to ${most}`;
      } finally {
        seen.ended++;
        if (signal.aborted) seen.aborted++;
      }
    },
    fail: (error) => Promise.reject(error),
    async bytes(n) {
      const bytes = new Uint8Array(n).fill(7);
      kept.push(bytes.buffer);
      return move(bytes, [bytes.buffer]);
    },
  };
  return { handlers, seen, kept };
}

const ports: MessagePort[] = [];
afterEach(() => {
  for (const port of ports.splice(0)) port.close();
});

function connected<T extends { handlers: Handlers<Counting> }>(host: T) {
  const { port1, port2 } = new MessageChannel();
  ports.push(port1, port2);
  const end = serve<Counting>(port2, host.handlers);
  return { ...host, end, channel: new Channel<Counting>(port1) };
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 30));

test('records in order, then the result; several at once', async () => {
  const { channel } = connected(counting());
  const run = async (n: number) => {
    const stream = channel.stream('count', n);
    const list = [];
    for (;;) {
      const { done, value } = await stream.next();
      if (done) return { list, value };
      list.push(value);
    }
  };
  const [a, b] = await Promise.all([run(30), run(3)]);
  expect(a).toEqual({ list: Array.from({ length: 30 }, (_, i) => i), value: 'counted to 30' });
  expect(b).toEqual({ list: [0, 1, 2], value: 'counted to 3' });
});

test('the host is never further ahead than the window', async () => {
  const { channel, seen } = connected(counting());
  const stream = channel.stream('count', 1000, { window: 4 });
  await stream.next();
  await settled();
  expect(seen.asked).toBe(4);
  await stream.next(); // the first one is taken: room for one more
  await settled();
  expect(seen.asked).toBe(5);
  await stream.return('');
});

test('leaving the loop, an aborted signal and a closed channel end the work on the other side', async () => {
  const { channel, seen } = connected(counting());
  for await (const i of channel.stream('count', 1e6)) if (i === 2) break;
  await settled();
  expect(seen).toMatchObject({ ended: 1, aborted: 1 });

  const controller = new AbortController();
  const stream = channel.stream('count', 1e6, { signal: controller.signal });
  await stream.next();
  controller.abort(new Error('enough'));
  await expect(stream.next()).rejects.toThrow('enough'); // what had come is dropped
  await settled();
  expect(seen).toMatchObject({ ended: 2, aborted: 2 });

  const last = channel.stream('count', 1e6);
  await last.next();
  channel.close(new Error('gone'));
  await expect(last.next()).rejects.toThrow('gone');
  await expect(channel.stream('count', 1).next()).rejects.toThrow('gone');
  await settled();
  expect(seen).toMatchObject({ ended: 3, aborted: 3 });
});

test('a request nobody knows is an error, not a silence', async () => {
  const { channel } = connected(counting());
  await expect(channel.call('toString' as 'fail', new Error())).rejects.toThrow('no request "toString"');
});

test('buffers change hands where they are marked', async () => {
  const { channel, kept } = connected(counting());
  expect(await channel.call('bytes', 3)).toEqual(new Uint8Array([7, 7, 7]));
  expect(kept[0].byteLength).toBe(0);
});

test('errors keep class, name, message, fields and cause', async () => {
  const { port1, port2 } = new MessageChannel();
  ports.push(port1, port2);
  const cause = new DeviceLostError('the GPU device was lost: reset');
  const given = [
    new DownloadError('http', 'https://example.org/a', 'the server answered 404', { status: 404, bytes: 3, cause }),
    new SettingsError('topK', -1, 'a whole number ≥ 0'),
    new ShaderError('refused', [{ severity: 'error', line: 3, column: 1, message: 'no such type' }]),
  ];
  for (const error of given) {
    const received = receiveError(structuredClone(sendError(error)));
    expect(received).toBeInstanceOf(error.constructor);
    expect({ ...received }).toEqual({ ...error });
    expect([received.name, received.message]).toEqual([error.name, error.message]);
  }
  const first = receiveError(structuredClone(sendError(given[0])));
  expect(first.cause).toBeInstanceOf(DeviceLostError);
  expect(receiveError(structuredClone(sendError(new SettingsError('a', 1, 'b'))))).toBeInstanceOf(RangeError);
  const aborted = receiveError(structuredClone(sendError(new DOMException('enough', 'AbortError'))));
  expect(aborted).toBeInstanceOf(DOMException);
  const strange = Object.assign(new Error('with a function'), { name: 'OddError', tell: () => 1, number: 2 });
  expect({ ...receiveError(structuredClone(sendError(strange))) }).toEqual({ name: 'OddError', number: 2 });
  expect(receiveError(sendError('a word'))).toMatchObject({ message: 'a word' });
});
