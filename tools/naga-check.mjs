// Compiles every shader with naga, the WGSL compiler of Firefox, Servo and Deno, through Deno's WebGPU: each file of shaders/ as
// it stands, with a pipeline per entry point, and each text that the case records make of it (options, dims, storage types), composed
// and specialised.
// --wide takes all of those, else every tenth is taken, from NEXTOKEN_SEED on.
// naga takes a text only where the device has the features it enables; what no adapter here can take is counted apart, not as passed.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ADAPTERS, adapterEnv, probeAdapter } from './adapters.mjs';
import { caseTexts } from './wgsl-cases.mjs';
import { entryPoints } from './wgsl-entries.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const cache = join(root, 'node_modules', '.cache');

/** Every shader file, as it stands. */
function shaderFiles() {
  const paths = readdirSync(join(root, 'shaders'), { recursive: true }).map((name) =>
    String(name).replaceAll('\\', '/'),
  );
  return paths
    .filter((path) => path.endsWith('.wgsl'))
    .toSorted()
    .map((path) => {
      const code = readFileSync(join(root, 'shaders', path), 'utf8');
      return { name: path, code, entries: entryPoints(code) };
    });
}

/** Runs Deno on an adapter. @returns {Promise<{ adapter: string, results: { name: string, error?: string, needs?: string }[] }>} in the shaders' order */
async function compileOn(adapterName, shaders) {
  mkdirSync(cache, { recursive: true });
  const list = join(cache, `naga-${process.pid}.json`);
  writeFileSync(list, JSON.stringify(shaders));
  const env = {
    ...process.env,
    ...(await adapterEnv(adapterName)),
    DENO_DIR: join(cache, 'deno'),
    DENO_NO_UPDATE_CHECK: '1',
    NO_COLOR: '1',
  };
  const bin = join(dirname(createRequire(import.meta.url).resolve('deno/package.json')), 'bin.cjs');
  const args = [
    'run',
    '--no-config',
    '--no-lock',
    '--allow-read',
    '--allow-env',
    join(root, 'tools', 'naga.deno.mjs'),
    list,
  ];
  const { stdout, stderr, status, error } = spawnSync(process.execPath, [bin, ...args], {
    env,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  rmSync(list);
  const lines = (stdout ?? '')
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line));
  if (error || status !== 0 || lines.length !== shaders.length + 1)
    throw new Error(
      `Deno stopped after ${Math.max(0, lines.length - 1)} of ${shaders.length} shaders (${error?.message ?? status}):\n${stderr}`,
    );
  const [{ adapter }, ...results] = lines;
  return { adapter, results };
}

const wide = process.argv.includes('--wide');
const seed = Number(process.env.NEXTOKEN_SEED ?? 1);

/** Counts over all shaders, printing each refusal. */
async function main() {
  const files = shaderFiles();
  const all = await caseTexts(files.map(({ code }) => code));
  const composed = wide ? all : all.filter((_, i) => i % 10 === seed % 10);
  let open = [...files, ...composed]; // not compiled yet
  let passed = 0;
  let failed = 0;
  let adapters = 0;
  for (const name of ADAPTERS) {
    if (open.length === 0 || !(await probeAdapter(name).catch(() => undefined))) continue;
    adapters++;
    const { adapter, results } = await compileOn(name, open);
    for (const { error, name: shader } of results) if (error) console.log(`${shader}: ${error}`);
    const left = open.map((shader, i) => ({ ...shader, needs: results[i].needs })).filter((shader) => shader.needs);
    const errors = results.filter((result) => result.error).length;
    const good = open.length - left.length - errors;
    console.log(`naga on ${adapter}: ${good} compiled, ${errors} refused`);
    passed += good;
    failed += errors;
    open = left;
  }
  if (adapters === 0) throw new Error('no WebGPU adapter for Deno here: see npm test');
  for (const needs of new Set(open.map((shader) => shader.needs)))
    console.log(`${open.filter((s) => s.needs === needs).length} need ${needs}: not checked by naga here`);
  console.log(
    `naga: ${files.length} files, ${composed.length} of ${all.length} texts of cases, composed and specialised`,
  );
  console.log(`${passed} passed, ${failed} failed`);
  return failed ? 1 : 0;
}

process.exit(await main());
