/**
 * Compiles src/cpu/wasm with AssemblyScript into src/cpu/wasm_*.gen.ts, which are committed so that nobody needs the compiler to use the
 * package. `--check` compiles and fails when a committed file differs.
 */
import asc from 'assemblyscript/asc';
import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { FIRST } from './first-ops.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = 'src/cpu/wasm';

const names = (await readdir(`${root}/${folder}`)).filter((n) => n.endsWith('.ts')).sort();
const sources = new Map();
for (const name of names) sources.set(`${folder}/${name}`, await readFile(`${root}/${folder}/${name}`, 'utf8'));

const MAIN = `${folder}/main.ts`;

/** main.ts with the kernels that generate text and no others, by the numbers that they have in the whole module. */
function firstKernels(text) {
  const left = new Set(FIRST);
  const small = text
    .replace(/(?<=export enum Kernel \{\n)[^}]*/, (members) =>
      [...members.matchAll(/\w+/g)]
        .map(([name], number) => (left.delete(name) ? `  ${name} = ${number},\n` : ''))
        .join(''),
    )
    .replace(/^ *case Kernel\.(\w+): .*\n/gm, (line, name) => (FIRST.has(name) ? line : ''));
  if (left.size) throw new Error(`main.ts has no kernel ${[...left].join(', ')}, which first-ops.mjs names`);
  return small;
}

/** One build; `features` are those that asc does not enable by itself. */
async function compile(features, first) {
  const texts = first ? new Map(sources).set(MAIN, firstKernels(sources.get(MAIN))) : sources;
  let binary;
  const messages = [];
  const { error } = await asc.main(
    [
      MAIN,
      '--outFile=main.wasm',
      '--runtime=stub',
      `--enable=${features}`,
      '--importMemory',
      '--noExportMemory',
      '--sharedMemory',
      '--initialMemory=1',
      '--maximumMemory=65536',
      '--memoryBase=4096', // behind the control words of command.ts
      '--optimizeLevel=3',
      '--noAssert',
      '--disableWarning=201', // usize and i32 mixed: the same in 32-bit wasm
      '--disableWarning=112', // v128 in functions that only this module calls
    ],
    {
      readFile: (name) => texts.get(name) ?? null,
      writeFile: (_name, contents) => void (binary = contents),
      listFiles: () => [],
      stdout: { write: () => true },
      stderr: { write: (text) => messages.push(String(text)) },
    },
  );
  if (error) throw new Error(`${messages.join('')}\n${error.message}`);
  return Buffer.from(binary);
}

/**
 * Where the binary says that the memory it imports is shared: the flags after the names "env" "memory" and the kind. Written over with
 * 1, the same code takes a memory that is not.
 */
function memoryFlagAt(binary) {
  const at = binary.indexOf(Buffer.from('\x03env\x06memory\x02\x03', 'latin1'));
  if (at < 0) throw new Error('the compiled module does not import a shared memory env.memory');
  return at + 12;
}

const hash = createHash('sha256');
for (const [name, text] of sources) hash.update(`${name}\n${text}\n`);
hash.update([...FIRST].join());
const sum = hash.digest('hex');
/** A module each: only the one that is used is loaded. Base64 in a script needs no address, no MIME type and no rule of a bundler. */
const targets = [
  { name: 'plain', about: 'Multiply, then add', features: 'simd,threads' },
  { name: 'relaxed', about: 'Fused multiply-add (relaxed SIMD)', features: 'simd,threads,relaxed-simd' },
].flatMap((target) => [
  target,
  { ...target, name: `${target.name}_first`, about: `${target.about}, only what generates text`, first: true },
]);

for (const { name, about, features, first } of targets) {
  const target = `src/cpu/wasm_${name}.gen.ts`;
  const binary = await compile(features, first);
  const text = `// Made by tools/build-wasm.mjs from ${folder}; sources ${sum}.
/** ${about}: ${binary.length} bytes. */
export default {
  memoryFlagAt: ${memoryFlagAt(binary)},
  base64: '${binary.toString('base64')}',
};
`;
  if (process.argv.includes('--check')) {
    const committed = await readFile(`${root}/${target}`, 'utf8').catch(() => '');
    if (committed !== text) {
      console.error(`${target} does not match ${folder}: run "node tools/build-wasm.mjs" and commit it`);
      process.exit(1);
    }
    console.log(`${target} matches its sources`);
  } else {
    await writeFile(`${root}/${target}`, text);
    console.log(`${target}: ${binary.length} bytes`);
  }
}
