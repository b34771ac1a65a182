// All static checks: npm run check [-- name …]. Each is a script `check:<name>` of package.json and can be run by itself. They run two
// at a time, and a failing one shows its output. Ends with one line `N passed, N failed`.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const all = Object.keys(scripts)
  .filter((name) => name.startsWith('check:'))
  .map((name) => name.slice('check:'.length));

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !all.includes(name));
if (unknown.length) {
  console.error(`no check ${unknown.join(', ')}: there are ${all.join(', ')}`);
  process.exit(2);
}
const queue = wanted.length ? wanted : all;

/** Runs one script as npm would: in a shell, with the dependencies' programs on the PATH. */
function run(name) {
  const PATH = [join(root, 'node_modules', '.bin'), process.env.PATH].join(delimiter);
  return new Promise((resolve) => {
    const started = performance.now();
    const child = spawn(scripts[`check:${name}`], {
      cwd: root,
      shell: true,
      env: { ...process.env, PATH },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
    child.on('close', (code) => resolve({ ok: code === 0, output, seconds: (performance.now() - started) / 1000 }));
  });
}

let passed = 0;
let failed = 0;
async function worker() {
  for (let name = queue.shift(); name; name = queue.shift()) {
    const { ok, output, seconds } = await run(name);
    console.log(`${ok ? 'ok  ' : 'FAIL'} ${name} (${seconds.toFixed(1)} s)`);
    if (ok) passed++;
    else {
      failed++;
      console.log(output.trimEnd().replace(/^/gm, '  '));
    }
  }
}
await Promise.all([worker(), worker()]);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
