/** The built site on a host that sends no headers but these, below a path. */
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname } from 'node:path';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
  '.woff2': 'font/woff2',
};

export async function serveSite(
  headers: Readonly<Record<string, string>> = {},
): Promise<{ url: string; close(): void }> {
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? '').replace(/[?#].*$/, '');
    const name = path.replace(/^\/repo\//, '').replace(/(^|\/)$/, '$1index.html');
    for (const [header, value] of Object.entries(headers)) response.setHeader(header, value);
    readFile(new URL(`../../node_modules/.cache/pages/${name}`, import.meta.url)).then(
      (body) => response.setHeader('content-type', TYPES[extname(name)] ?? 'application/octet-stream').end(body),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/repo/`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
