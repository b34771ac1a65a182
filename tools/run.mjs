// Runs a TypeScript program of this repository in node: node tools/run.mjs [--adapter NAME] <entry.ts> [arguments …]
// The entry exports `main(argv)`; what it returns (a number or nothing) is the exit code. Vite loads the modules, so that
// `.ts` imports, `?raw` and import.meta.url mean the same as in the page and in the tests; navigator.gpu is Dawn's.
// The loader reads LD_LIBRARY_PATH only when a process starts, hence the second process with the adapter's environment.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { availableParallelism, constants } from 'node:os';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ADAPTERS, adapterEnv, explainNoAdapter } from './adapters.mjs';

const self = fileURLToPath(import.meta.url);
const usage = `usage: node tools/run.mjs [--adapter ${ADAPTERS.join('|')}] <entry.ts> [arguments …]`;

/** Takes `--adapter NAME` (or `--adapter=NAME`) out of the arguments, wherever it stands. */
function takeAdapter(argv) {
  const rest = [];
  let adapter;
  for (let i = 0; i < argv.length; i++) {
    if (argv[i] === '--adapter') adapter = argv[++i] ?? '';
    else if (argv[i].startsWith('--adapter=')) adapter = argv[i].slice('--adapter='.length);
    else rest.push(argv[i]);
  }
  if (adapter !== undefined && !ADAPTERS.includes(adapter)) {
    throw new Error(`--adapter ${adapter || '(nothing)'}: choose one of ${ADAPTERS.join(', ')}`);
  }
  return { adapter, rest };
}

/** The first process: finds the environment, starts the second one, hands signals and the exit code through. */
async function parent() {
  const { adapter, rest } = takeAdapter(process.argv.slice(2));
  const [entry, ...args] = rest;
  if (!entry) throw new Error(usage);
  if (!existsSync(resolve(entry))) throw new Error(`no such program: ${entry}\n${usage}`);
  const env = { ...process.env, ...(await adapterEnv(adapter)), NEXTOKEN_RUN_CHILD: '1' };
  const child = spawn(process.execPath, ['--enable-source-maps', self, entry, ...args], { env, stdio: 'inherit' });
  // Ctrl-C at a terminal reaches both processes; a signal from elsewhere (kill, a supervisor) only this one.
  let signals = 0;
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.on(signal, () => {
      signals++;
      if (signals > 1) child.kill('SIGKILL');
      else if (signal === 'SIGTERM' || !process.stdin.isTTY) child.kill(signal);
    });
  }
  child.on('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal ?? 'SIGTERM'] ?? 15)));
}

/** The second process: loads the entry and runs it. */
async function child() {
  delete process.env.NEXTOKEN_RUN_CHILD; // the program's own children are not ours
  const [entry = '', ...args] = process.argv.slice(2);
  const nav = await openGpu();
  const { openLoader } = await import('./load.mjs');
  const loader = await openLoader();
  let code = 1;
  try {
    const module = await loader.load(entry);
    if (typeof module.main !== 'function') throw new Error(`${entry} exports no function main(argv)`);
    code = (await module.main(args)) ?? 0;
  } catch (error) {
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    if (name === 'UsageError') code = 2; // tools/command_line.ts
    if (name === 'GpuUnavailableError') console.error(/browser|navigator/.test(message) ? explainNoAdapter() : message);
    else console.error(name === 'UsageError' ? message : error);
  }
  await loader.close();
  Reflect.deleteProperty(nav, 'gpu'); // Dawn can crash at exit while the instance is referenced
  process.exit(code);
}

/** Puts Dawn where a page would find WebGPU. `--adapter none` leaves navigator.gpu out, like a browser without WebGPU. */
async function openGpu() {
  const nav = { hardwareConcurrency: availableParallelism() };
  if (process.env.NEXTOKEN_ADAPTER !== 'none') {
    const { create, globals } = await import('webgpu');
    Object.assign(globalThis, globals);
    Object.assign(nav, { gpu: create([]) });
  }
  Object.defineProperty(globalThis, 'navigator', { value: nav, configurable: true });
  return nav;
}

try {
  await (process.env.NEXTOKEN_RUN_CHILD ? child() : parent());
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(2);
}
