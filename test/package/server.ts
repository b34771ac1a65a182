/** A static server as people have them: a folder, a few headers, nothing else. */
import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.json': 'application/json',
};

/** What makes a page isolated, so that memory may be shared with threads. */
export const ISOLATION = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'cross-origin',
};
/** What a CDN adds for pages of others. */
export const CORS = { 'Access-Control-Allow-Origin': '*', 'Cross-Origin-Resource-Policy': 'cross-origin' };

export interface Site {
  /** Ends in a slash. */
  readonly address: string;
  /** Paths that were asked for. */
  readonly seen: readonly string[];
  close(): void;
}

/** @param pages path → text, before the folder's files */
export async function serve(
  folder: string,
  pages: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = {},
): Promise<Site> {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname);
    seen.push(path);
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    const file = join(folder, normalize(path.replace(/\/$/, '/index.html')));
    response.setHeader('Content-Type', TYPES[extname(path) || '.html'] ?? 'application/octet-stream');
    if (pages[path] !== undefined) response.end(pages[path]);
    else if (existsSync(file) && statSync(file).isFile()) createReadStream(file).pipe(response);
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: `http://localhost:${(server.address() as AddressInfo).port}/`,
    seen,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
