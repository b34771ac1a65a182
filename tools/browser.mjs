// Finds the browser that the tests run in, without any system install.
// NEXTOKEN_BROWSER = 'bundled' (default) | 'system' | a path to a Chrome or Chromium.
import { spawnSync } from 'node:child_process';
import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { createBrotliDecompress } from 'node:zlib';
import tar from 'tar-fs';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Does the bundled browser, with its SwiftShader, run on this machine? */
export const hasBundled = process.platform === 'linux' && process.arch === 'x64';

/** Flags for WebGPU on SwiftShader, as root, on a machine with no network. */
export const WEBGPU_ARGS = [
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
  '--no-sandbox',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-quic',
  '--font-render-hinting=none',
  '--accept-lang=en-US', // else navigator.language is 'en-US@posix' under LANG=C, and Intl throws on it
];

/** Unpacks @sparticuz/chromium into node_modules/.cache, once, safely for parallel callers. */
export async function unpackBundled() {
  const pkgDir = dirname(dirname(dirname(createRequire(import.meta.url).resolve('@sparticuz/chromium'))));
  const { version } = JSON.parse(await readFile(join(pkgDir, 'package.json'), 'utf8'));
  const cache = join(root, 'node_modules', '.cache');
  const home = join(cache, `chromium-${version}`);
  if (!existsSync(home)) {
    await mkdir(cache, { recursive: true });
    const tmp = await mkdtemp(join(cache, 'unpack-'));
    const source = (name) => [
      createReadStream(join(pkgDir, 'bin', name)),
      createBrotliDecompress({ chunkSize: 1 << 21 }),
    ];
    await Promise.all([
      pipeline(...source('chromium.br'), createWriteStream(join(tmp, 'chromium'), { mode: 0o755 })),
      ...['fonts.tar.br', 'swiftshader.tar.br', 'al2023.tar.br'].map((n) => pipeline(...source(n), tar.extract(tmp))),
    ]);
    await writeFile(
      join(tmp, 'fonts.conf'),
      `<?xml version="1.0"?>\n<!DOCTYPE fontconfig SYSTEM "fonts.dtd">\n<fontconfig>\n  <dir>${home}/fonts</dir>\n  <cachedir>${home}/fonts-cache</cachedir>\n</fontconfig>\n`,
    );
    try {
      await rename(tmp, home); // atomic: a half-unpacked browser is never seen
    } catch (error) {
      await rm(tmp, { recursive: true, force: true });
      if (!existsSync(home)) throw error; // another process was first
    }
  }
  return home;
}

/** @returns {Promise<{ executablePath: string, args: string[], env: Record<string, string>, bundledHome?: string }>} */
export async function findBrowser(kind = process.env.NEXTOKEN_BROWSER ?? 'bundled') {
  const env = /** @type {Record<string, string>} */ ({ ...process.env });
  if (kind === 'bundled' && hasBundled) {
    const home = await unpackBundled();
    env.LD_LIBRARY_PATH = [join(home, 'lib'), process.env.LD_LIBRARY_PATH].filter(Boolean).join(':');
    env.FONTCONFIG_FILE = join(home, 'fonts.conf');
    return { executablePath: join(home, 'chromium'), args: WEBGPU_ARGS, env, bundledHome: home };
  }
  const names = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];
  const paths =
    kind === 'bundled' || kind === 'system'
      ? (process.env.PATH ?? '').split(':').flatMap((d) => names.map((n) => join(d, n)))
      : [kind];
  const executablePath = paths.find((p) => existsSync(p));
  if (!executablePath) throw new Error(`no browser found for NEXTOKEN_BROWSER=${kind}`);
  return { executablePath, args: WEBGPU_ARGS, env };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const b = await findBrowser();
  console.log(b.executablePath);
  console.log(
    spawnSync(b.executablePath, ['--version', '--no-sandbox'], { env: b.env, encoding: 'utf8' }).stdout.trim(),
  );
}
