// All tests: npm test [-- arguments for vitest]. Without arguments: every vitest project (kernels on the bundled SwiftShader or, where
// there is none, the machine's GPU, with a twentieth of the knobs' values), and every shader through a second WGSL compiler.
// npm run test:wide, which CI runs: the large cases and every value of every knob, the kernels once more on each other adapter found
// here, and on lavapipe those that use subgroups at each size it can have. Ends with one line `N passed, N failed`.
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ADAPTERS, adapterEnv, probeAdapter } from './adapters.mjs';
import { lastCount, sum } from './count.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const cache = join(root, 'node_modules', '.cache');

/** Runs a node script with its output shown; resolves to its exit code and output. */
function node(args, env = process.env) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
      process.stdout.write(chunk);
    });
    child.on('close', (code) => resolve({ code: code ?? 1, output }));
  });
}

/** One vitest run, counted from its JSON report. A run that ends badly without a failed test (a crash) counts as one failure. */
async function vitest(name, args, env) {
  const report = join(cache, `vitest-${name}.json`);
  mkdirSync(cache, { recursive: true });
  rmSync(report, { force: true });
  const bin = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const { code } = await node([bin, 'run', ...reporters, ...args], { ...process.env, ...env });
  let count = { passed: 0, failed: 0, skipped: 0 };
  try {
    const {
      numPassedTests: passed,
      numFailedTests: failed,
      numPendingTests: skipped,
    } = JSON.parse(readFileSync(report, 'utf8'));
    count = { passed, failed, skipped };
  } catch {
    console.log(`vitest (${name}) wrote no report`);
  }
  return code !== 0 && count.failed === 0 ? { ...count, failed: 1 } : count;
}

async function naga(args) {
  const { code, output } = await node([join(root, 'tools', 'naga-check.mjs'), ...args]);
  const count = lastCount(output) ?? { passed: 0, failed: 0 };
  return code !== 0 && count.failed === 0 ? { ...count, failed: 1 } : count;
}

/** Adapters for the kernel tests: the first for the main run, the others for runs of the project `gpu`. */
async function adapters() {
  if (process.env.NEXTOKEN_ADAPTER || process.env.VK_DRIVER_FILES || process.env.VK_ICD_FILENAMES) return [undefined];
  const found = [];
  for (const name of ADAPTERS.filter((name) => name !== 'none')) {
    const info = await probeAdapter(name).catch(() => undefined);
    console.log(
      `adapter ${name}: ${info ? `${info.description || info.architecture}${describe(info.features)}` : 'none here'}`,
    );
    if (info) found.push(name);
  }
  if (found.length === 0)
    console.log(
      `No WebGPU adapter: the kernel tests will fail. Install a GPU's Vulkan driver or Mesa's lavapipe, or use Linux x64.`,
    );
  return found.length ? found : [undefined];
}

const describe = (features) =>
  ['shader-f16', 'subgroups'].map((name) => (features.includes(name) ? `, ${name}` : `, no ${name}`)).join('');

/** Bits of lavapipe's vectors: subgroups of 4, 8 and 16. Kernels must not assume a size. */
const LAVAPIPE_WIDTHS = [128, 256, 512];

/** The kernels on an adapter that is not the first. */
async function kernelsOn(name) {
  const env = await adapterEnv(name);
  const parts = { [`kernels on ${name}`]: await vitest(name, ['--project', 'gpu'], env) };
  if (name !== 'lavapipe') return parts;
  for (const width of LAVAPIPE_WIDTHS) {
    const more = { LP_NATIVE_VECTOR_WIDTH: String(width), NEXTOKEN_NEEDS: 'subgroups', NEXTOKEN_WIDE: '1' };
    const title = `subgroups of ${width / 32} on lavapipe`;
    console.log(`\n${title}`);
    parts[title] = await vitest(`${name}-${width}`, ['--project', 'gpu', 'test/gpu/kernels_'], { ...env, ...more });
  }
  return parts;
}

async function main(args) {
  const wide = args.includes('--wide');
  const rest = args.filter((arg) => arg !== '--wide');
  if (rest.length) return vitest('some', rest, wide ? { NEXTOKEN_WIDE: '1' } : {});
  const [first, ...others] = await adapters();
  const env = { ...(first && (await adapterEnv(first))), ...(wide && { NEXTOKEN_WIDE: '1' }) };
  const parts = { 'all projects': await vitest('all', [], env) };
  for (const name of wide ? others : []) {
    console.log(`\nkernels on ${name}`);
    Object.assign(parts, await kernelsOn(name));
  }
  console.log('\nshaders through naga');
  parts.naga = await naga(wide ? ['--wide'] : []);
  console.log('');
  for (const [name, { passed, failed, skipped }] of Object.entries(parts))
    console.log(`${name}: ${passed} passed, ${failed} failed${skipped ? `, ${skipped} not for this adapter` : ''}`);
  return sum(Object.values(parts));
}

const started = performance.now();
const { passed, failed } = await main(process.argv.slice(2));
console.log(`${((performance.now() - started) / 1000).toFixed(0)} s`);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
