// Makes a checkout ready before a command runs: the right node, the dependencies of package-lock.json and, with --browser,
// the browser and the software GPU that the tests use. Node built-ins only, because nothing is installed yet.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

const readJson = (...path) => JSON.parse(readFileSync(join(root, ...path), 'utf8'));

/** Is version `a` (20.19.0) at least `b` (20.19)? */
export function atLeast(a, b) {
  const [x, y] = [a, b].map((version) => version.split('.').map(Number));
  for (let i = 0; i < y.length; i++) if ((x[i] ?? 0) !== y[i]) return (x[i] ?? 0) > y[i];
  return true;
}

/**
 * Why node_modules does not match the lock file; undefined when it does. npm keeps a list of what it installed in
 * node_modules/.package-lock.json. Contents are compared, because a checkout may set any times.
 */
export function staleReason(lock, installed) {
  if (!installed) return 'node_modules is missing';
  for (const [path, wanted] of Object.entries(lock.packages)) {
    if (path === '' || wanted.link) continue;
    const found = installed.packages?.[path];
    if (found ? found.version !== wanted.version : !wanted.optional)
      return `${path} should be ${wanted.version}, is ${found?.version ?? 'missing'}`;
  }
  return undefined;
}

function installedList() {
  const path = join('node_modules', '.package-lock.json');
  return existsSync(join(root, path)) ? readJson(path) : undefined;
}

/** npm as it was started (npm_execpath), else the one on the PATH (a .cmd on Windows, which needs a shell). */
function npm(...args) {
  const options = { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] };
  const script = process.env.npm_execpath;
  if (script && /npm-cli\.c?js$/.test(script)) return spawnSync(process.execPath, [script, ...args], options);
  return spawnSync('npm', args, { ...options, shell: process.platform === 'win32' });
}

async function ensure() {
  const wanted = readJson('package.json').engines.node.replace('>=', '');
  if (!atLeast(process.versions.node, wanted))
    throw new Error(`node ${wanted} or newer is needed, this is ${process.versions.node}: see https://nodejs.org`);
  const reason = staleReason(readJson('package-lock.json'), installedList());
  if (reason) {
    console.log(`Installing the dependencies (${reason}); about 600 MB, once.`);
    const { status, error } = npm('ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund');
    if (error || status !== 0)
      throw new Error(
        `npm ci failed (${error?.message ?? `exit code ${status}`}): is the registry reachable? Then run it again.`,
      );
  }
  if (process.argv.includes('--browser')) {
    const { findBrowser } = await import('./browser.mjs');
    await findBrowser(); // unpacks the bundled one the first time, or says what to do where there is none
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    await ensure();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  }
}
