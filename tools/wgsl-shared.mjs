// Helper functions that stand in several shaders lie between the marks `//> name` and `//< name`. WGSL has no imports and every
// shader is to be whole on its own, so the text is repeated; this tool keeps the copies alike (the marks' form: wgsl-style.mjs).
//   node tools/wgsl-shared.mjs --check         every block of a name is the same text in every shader (exit code 1 if not)
//   node tools/wgsl-shared.mjs --list          names and the shaders that hold them
//   node tools/wgsl-shared.mjs --copy FILE     takes the blocks of FILE into all other shaders that have blocks of those names
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const BLOCK = /^\/\/> (\S+)\n([\s\S]*?)^\/\/< \1$/gm;

/** Text of each block of a shader, by name. */
function blocksOf(text) {
  return new Map([...text.matchAll(BLOCK)].map(([, name, body]) => [name, body]));
}

/**
 * Which copies differ.
 * @param {ReadonlyMap<string, string>} texts shader text by file name
 * @returns {{ names: Map<string, string[]>, problems: string[] }} the files of each block, and what is wrong
 */
export function compareBlocks(texts) {
  const names = new Map();
  const problems = [];
  for (const [file, text] of texts) {
    for (const [name, body] of blocksOf(text)) {
      const files = names.get(name);
      if (!files) {
        names.set(name, [file]);
        continue;
      }
      files.push(file);
      const wanted = blocksOf(texts.get(files[0])).get(name).split('\n');
      const found = body.split('\n');
      const line = Array.from({ length: Math.max(wanted.length, found.length) }).findIndex(
        (_, i) => wanted[i] !== found[i],
      );
      if (line >= 0)
        problems.push(
          `block "${name}", line ${line + 1}: ${file} has\n  ${found[line]}\nbut ${files[0]} has\n  ${wanted[line]}\n` +
            `(node tools/wgsl-shared.mjs --copy FILE takes the right one everywhere)`,
        );
    }
  }
  return { names, problems };
}

/** `text` with its blocks of those names replaced. */
function withBlocks(text, blocks) {
  return text.replace(BLOCK, (whole, name) =>
    blocks.has(name) ? `//> ${name}\n${blocks.get(name)}//< ${name}` : whole,
  );
}

function readShaders() {
  const paths = readdirSync(join(root, 'shaders'), { recursive: true }).map((path) =>
    String(path).replaceAll('\\', '/'),
  );
  const shaders = paths.filter((path) => path.endsWith('.wgsl')).toSorted();
  return new Map(shaders.map((path) => [`shaders/${path}`, readFileSync(join(root, 'shaders', path), 'utf8')]));
}

function main([mode, file]) {
  const texts = readShaders();
  if (mode === '--copy' && file) {
    const source = relative(root, resolve(file)).replaceAll('\\', '/');
    const text = texts.get(source);
    if (text === undefined) throw new Error(`${source} is no shader of this repository`);
    const blocks = blocksOf(text);
    for (const [name, old] of texts) {
      const changed = withBlocks(old, blocks);
      if (changed === old) continue;
      writeFileSync(join(root, name), changed);
      console.log(name);
    }
    return 0;
  }
  const { names, problems } = compareBlocks(texts);
  if (mode === '--list') {
    for (const [name, files] of names) console.log(`${name}\n  ${files.join('\n  ')}`);
    return 0;
  }
  if (mode !== '--check') throw new Error('usage: node tools/wgsl-shared.mjs --check | --list | --copy FILE');
  for (const problem of problems) console.error(problem);
  const copies = [...names.values()].reduce((n, files) => n + files.length, 0);
  console.log(`${names.size} shared blocks in ${copies} copies, ${problems.length} problems`);
  return problems.length ? 1 : 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = main(process.argv.slice(2));
