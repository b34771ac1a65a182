/** A server for download tests that can do everything wrong. */
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { expect } from 'vitest';
import { DownloadError } from '../../src/files/download.ts';

/** 9 MiB of noise: more than one part. */
export const file = new Uint8Array(9 * 2 ** 20);
for (let i = 0, word = 1; i < file.length; i++) {
  word = Math.imul(word, 1_664_525) + 1_013_904_223;
  file[i] = word >>> 24;
}
export const sum = createHash('sha256').update(file).digest('hex');

export interface Behaviour {
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

/** What tests set and look at. */
export interface TestServer {
  behaviour: Behaviour;
  requests: { path: string; range: string | undefined }[];
  readonly origin: string;
  readonly url: string;
  close(): void;
}

export async function startServer(): Promise<TestServer> {
  const server = createServer((request, response) => answer(state, request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const state: TestServer = {
    behaviour: {},
    requests: [],
    origin,
    url: `${origin}/models/my%20model.safetensors`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
  return state;
}

function answer({ behaviour, requests }: TestServer, request: IncomingMessage, response: ServerResponse): void {
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

export async function isFile(blob: Blob, body: Uint8Array = file): Promise<boolean> {
  return Buffer.from(await blob.arrayBuffer()).equals(body);
}

/** The DownloadError that this must end with. */
export async function failure(promise: Promise<unknown>): Promise<DownloadError> {
  const error: unknown = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(error).toBeInstanceOf(DownloadError);
  return error as DownloadError;
}
