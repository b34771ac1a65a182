// Finds the browser for the tests. One comes with the dependencies (Linux x64), so nothing has to be installed on the system.
// NEXTOKEN_BROWSER = 'bundled' (default) | 'system' | a path to a Chrome, Chromium or Edge.
import { spawnSync } from 'node:child_process';
import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { createBrotliDecompress } from 'node:zlib';
import { FONTS_VERSION, writeChineseFonts } from './browser_fonts.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Does the bundled browser, with its SwiftShader, run here? */
export const hasBundled = process.platform === 'linux' && process.arch === 'x64';

/** Flags that keep the browser quiet and its results reproducible. */
const QUIET_ARGS = [
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-quic',
  '--font-render-hinting=none',
  '--accept-lang=en-US', // else navigator.language is 'en-US@posix' under LANG=C, and Intl throws on it
];

/** Flags for WebGPU: on SwiftShader where the bundled browser runs (also as root, in containers), else on the machine's GPU. */
const WEBGPU_ARGS = hasBundled
  ? ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader', '--no-sandbox', ...QUIET_ARGS]
  : ['--enable-unsafe-webgpu', ...QUIET_ARGS];

/** Unpacks @sparticuz/chromium into node_modules/.cache, once, safely for parallel callers. */
export async function unpackBundled() {
  const pkgDir = dirname(dirname(dirname(createRequire(import.meta.url).resolve('@sparticuz/chromium'))));
  const { version } = JSON.parse(await readFile(join(pkgDir, 'package.json'), 'utf8'));
  const cache = join(root, 'node_modules', '.cache');
  const home = join(cache, `chromium-${version}-${FONTS_VERSION}`);
  if (existsSync(home)) return home;
  const { default: tar } = await import('tar-fs');
  console.error('Unpacking the bundled browser and its software GPU (200 MB, once).');
  await mkdir(cache, { recursive: true });
  const tmp = await mkdtemp(join(cache, 'unpack-'));
  const source = (name) => [
    createReadStream(join(pkgDir, 'bin', name)),
    createBrotliDecompress({ chunkSize: 1 << 21 }),
  ];
  const [chinese] = await Promise.all([
    writeChineseFonts(join(tmp, 'fonts', 'Noto_Sans_SC')),
    pipeline(...source('chromium.br'), createWriteStream(join(tmp, 'chromium'), { mode: 0o755 })),
    ...['fonts.tar.br', 'swiftshader.tar.br', 'al2023.tar.br'].map((n) => pipeline(...source(n), tar.extract(tmp))),
  ]);
  await writeFile(
    join(tmp, 'fonts.conf'),
    `<?xml version="1.0"?>\n<!DOCTYPE fontconfig SYSTEM "fonts.dtd">\n<fontconfig>\n  <dir prefix="relative">fonts</dir>\n  ${chinese}\n  <cachedir>${home}/fonts-cache</cachedir>\n</fontconfig>\n`,
  );
  try {
    await rename(tmp, home); // atomic: a half-unpacked browser is never seen
  } catch (error) {
    await rm(tmp, { recursive: true, force: true });
    if (!existsSync(home)) throw error; // another process was first
  }
  return home;
}

/** Where an installed Chrome, Chromium or Edge may be, best first. */
function systemBrowsers() {
  const { PATH = '', PROGRAMFILES = '', LOCALAPPDATA = '' } = process.env;
  if (process.platform === 'darwin')
    return ['Google Chrome', 'Chromium', 'Microsoft Edge'].map(
      (name) => `/Applications/${name}.app/Contents/MacOS/${name}`,
    );
  if (process.platform === 'win32')
    return [PROGRAMFILES, process.env['PROGRAMFILES(X86)'] ?? '', LOCALAPPDATA].flatMap((folder) => [
      join(folder, 'Google', 'Chrome', 'Application', 'chrome.exe'),
      join(folder, 'Microsoft', 'Edge', 'Application', 'msedge.exe'),
    ]);
  const names = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'microsoft-edge'];
  return PATH.split(delimiter).flatMap((folder) => names.map((name) => join(folder, name)));
}

/** @returns {Promise<{ executablePath: string, args: string[], env: Record<string, string> }>} */
export async function findBrowser(kind = process.env.NEXTOKEN_BROWSER || 'bundled') {
  const env = /** @type {Record<string, string>} */ ({ ...process.env });
  if (kind === 'bundled' && hasBundled) {
    const home = await unpackBundled();
    env.LD_LIBRARY_PATH = [join(home, 'lib'), process.env.LD_LIBRARY_PATH].filter(Boolean).join(':');
    env.FONTCONFIG_FILE = join(home, 'fonts.conf');
    return { executablePath: join(home, 'chromium'), args: WEBGPU_ARGS, env };
  }
  const paths = kind === 'bundled' || kind === 'system' ? systemBrowsers() : [kind];
  const executablePath = paths.find((path) => existsSync(path));
  if (!executablePath)
    throw new Error(
      `no browser found for the tests: NEXTOKEN_BROWSER is ${kind}, ${
        paths.length === 1
          ? 'and there is no such file'
          : `this is ${process.platform} ${process.arch}, where none comes along`
      }. Install Chrome, Chromium or Edge, or set NEXTOKEN_BROWSER to its path.`,
    );
  return { executablePath, args: WEBGPU_ARGS, env };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { executablePath, env } = await findBrowser();
  console.log(executablePath);
  console.log(spawnSync(executablePath, ['--version', '--no-sandbox'], { env, encoding: 'utf8' }).stdout.trim());
}
