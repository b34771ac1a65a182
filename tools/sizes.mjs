// npm run check:sizes: builds the folder of nextoken.js and checks what a visit costs: what is fetched before the first token on the
// CPU engine, what a GPU adds, and each element of its own. Also that no file names another host, and that no editor is in it.
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';
import { BUDGETS } from './budgets.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const out = join(root, 'node_modules/.cache/sizes');

/** Addresses that are names, licences or advice, not requests. */
const NAMES = /^https?:\/\/(www\.w3\.org\/|huggingface\.co\b|localhost\b|lit\.dev\b|git-lfs$|\w+\.invalid\/|\$\{)/;

/** What the first token on the CPU engine loads on demand, by the source's name. */
const CPU = ['src/cpu/engine.ts', 'src/cpu/wasm_relaxed_first.gen.ts'];
const GPU = ['src/gpu/device.ts', 'src/gpu/engine.ts', 'src/kernels/registry.ts?whole', 'src/kernels/texts_shipped.ts'];

const { NODE_ENV } = process.env;
process.env.NODE_ENV = 'production';
const { output } = await build({
  configFile: `${root}/vite.tag.config.ts`,
  root,
  logLevel: 'error',
  build: { outDir: out, reportCompressedSize: false },
});
process.env.NODE_ENV = NODE_ENV;

const chunks = new Map(output.filter(({ type }) => type === 'chunk').map((chunk) => [chunk.fileName, chunk]));
const holder = (source) =>
  [...chunks.values()].find(({ moduleIds }) => moduleIds.some((id) => id.endsWith(`/${source}`)))?.fileName;

/** A file and all that it imports statically. */
function closure(file, seen = new Set()) {
  if (!file || seen.has(file)) return seen;
  seen.add(file);
  for (const next of chunks.get(file)?.imports ?? []) closure(next, seen);
  return seen;
}

const bytesOf = (file) => gzipSync(readFileSync(join(out, file)), { level: 9 }).length;
const kB = (bytes) => (bytes / 1000).toFixed(1).padStart(6);
const sum = (files) => [...files].reduce((total, file) => total + bytesOf(file), 0);
const all = (sources, before = new Set()) => {
  const files = new Set();
  for (const source of sources) for (const file of closure(holder(source))) if (!before.has(file)) files.add(file);
  return files;
};

const problems = [];
const rows = [];
const line = (what, files, budget) => {
  const bytes = sum(files);
  rows.push(`${kB(bytes)} kB${budget ? ` of ${budget}` : ''}  ${what}`);
  if (budget && bytes > budget * 1000) problems.push(`${what}: ${kB(bytes).trim()} kB gzip are over ${budget} kB`);
  return files;
};

const page = line('nextoken.js and what it imports', closure('nextoken.js'));
const worker = line(
  'the worker beside it',
  [...closure('parts/worker.js')].filter((file) => !page.has(file)),
);
const scripts = new Set([...page, ...worker]);
const engine = line('the CPU engine', all(CPU, scripts));
const wasm = line('its WebAssembly', ['parts/relaxed_first.wasm']);
line('the same where memory is shared with threads', ['parts/relaxed.wasm']);
const first = line('all before the first token on the CPU', new Set([...scripts, ...engine, ...wasm]), BUDGETS.cpu);
line('more for a GPU', all(GPU, first), BUDGETS.gpu);
for (const [name] of chunks)
  if (name.startsWith('elements/'))
    line(
      name,
      [...closure(name)].filter((file) => !page.has(file)),
      BUDGETS.elements[basename(name, '.js')] ?? BUDGETS.element,
    );

for (const [name, { code, moduleIds }] of chunks) {
  for (const [address] of code.matchAll(/https?:\/\/[^\s"'`\\<>)]+/g))
    if (!NAMES.test(address)) problems.push(`${name} names another host: ${address}`);
  if (moduleIds.some((id) => id.includes('codemirror')) && !name.includes('kernel-editor'))
    problems.push(`${name} has CodeMirror in it`);
}

console.log(rows.join('\n'));
if (problems.length) {
  console.error(problems.join('\n'));
  process.exit(1);
}
