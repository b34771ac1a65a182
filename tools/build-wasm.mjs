/**
 * Compiles src/cpu/wasm with AssemblyScript into src/cpu/wasm.gen.ts, which is committed so that nobody needs the compiler to use the
 * package. `--check` compiles and fails when the committed file differs.
 */
import asc from 'assemblyscript/asc';
import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = 'src/cpu/wasm';
const target = 'src/cpu/wasm.gen.ts';

const names = (await readdir(`${root}/${folder}`)).filter((n) => n.endsWith('.ts')).sort();
const sources = new Map();
for (const name of names) sources.set(`${folder}/${name}`, await readFile(`${root}/${folder}/${name}`, 'utf8'));

/** One build; `features` are those that asc does not enable by itself. */
async function compile(features) {
  let binary;
  const messages = [];
  const { error } = await asc.main(
    [
      `${folder}/main.ts`,
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
      readFile: (name) => sources.get(name) ?? null,
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
const plain = await compile('simd,threads');
const relaxed = await compile('simd,threads,relaxed-simd');
const constants = (name, about, binary) => `/** ${about}: ${binary.length} bytes. */
export const ${name} = {
  memoryFlagAt: ${memoryFlagAt(binary)},
  base64: '${binary.toString('base64')}',
};
`;
const text = `// Made by tools/build-wasm.mjs from ${folder}; sources ${hash.digest('hex')}.
${constants('plain', 'Multiply, then add', plain)}
${constants('relaxed', 'Fused multiply-add (relaxed SIMD)', relaxed)}`;

if (process.argv.includes('--check')) {
  const committed = await readFile(`${root}/${target}`, 'utf8').catch(() => '');
  if (committed !== text) {
    console.error(`${target} does not match ${folder}: run "node tools/build-wasm.mjs" and commit it`);
    process.exit(1);
  }
  console.log(`${target} matches its sources`);
} else {
  await writeFile(`${root}/${target}`, text);
  console.log(`${target}: plain ${plain.length} bytes, relaxed ${relaxed.length} bytes`);
}
