// Checks that everything documents and comments name exists: relative links and their anchors, paths from the root (src/plan,
// tools/run.mjs), file names (compose.ts) and gradients (softmax_dinp). It reads files only and ignores addresses on the web.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { posix } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Folders at the top whose paths are checked wherever they are named. */
const TOPS = ['docs', 'src', 'shaders', 'tools', 'test', 'bench', 'demo', 'models'];
const ROOTED = new RegExp(String.raw`(?<![\w./@-])(?:${TOPS.join('|')})(?:/[\w.-]*[A-Za-z0-9])+(?![\w*<{$/])`, 'g');
/** A file of ours by its name, with or without folders before it. */
const NAMED = /(?<![\w./@*<>${}-])(?:[\w.-]+\/)*[\w-]+(?:\.[\w-]+)*\.(?:ts|mjs|md|wgsl)\b(?![\w*-])/g;
const GRADIENT = /(?<![\w.])[a-z]+(?:_[a-z]+)*_(?:dinp|dweight|dqkv|dpos|bwd)\b(?!\w)/g;
const LINK = /(?<!!)\[[^\]]*\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)/g;
/** Files that people make, in examples of commands. */
const EXAMPLES = new Set(['file.ts', 'mine.ts', 'x.ts']);
/** Not read: what is installed, built, downloaded or recorded. */
const SKIPPED = /(^|\/)(node_modules|dist|dist-site|runs|results|\.git|public)\/|\.gen\.ts$|links\.test\.ts$/;

/** The heading's anchor, as GitHub makes it. */
const slug = (heading) =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .trim()
    .replaceAll(' ', '-');

/** The text with everything but comments replaced by spaces, so that places stay the same. Markdown is all comment. */
function commentsOf(path, text) {
  if (path.endsWith('.md')) return text;
  const blank = (part) => part.replaceAll(/[^\n]/g, ' ');
  let out = '';
  let at = 0;
  for (const { index, 0: found } of text.matchAll(/\/\*[^]*?\*\/|(?<![:'"`\\])\/\/.*$/gm)) {
    out += blank(text.slice(at, index)) + found;
    at = index + found.length;
  }
  return out + blank(text.slice(at));
}

const withoutAddresses = (text) =>
  text.replaceAll(/\bhttps?:\/\/[^\s)>'"`]+|\bgithub:[^\s)]+/g, (part) => ' '.repeat(part.length));

/**
 * Names that lead nowhere.
 * @param {ReadonlyMap<string, string>} files path from the root, with forward slashes → text of those to be read
 * @param {ReadonlySet<string>} all every path there is, also of files that are not read
 * @returns {string[]} one line each: where, and what is not there
 */
export function checkLinks(files, all = new Set(files.keys())) {
  const faults = [];
  const folders = new Set();
  const names = new Set();
  for (const path of all) {
    const parts = path.split('/');
    for (let i = 1; i < parts.length; i++) folders.add(parts.slice(0, i).join('/'));
    for (let i = 0; i < parts.length; i++) names.add(parts.slice(i).join('/'));
  }
  const there = (path) => all.has(path) || folders.has(path);
  const gradients = new Set(
    [...folders].filter((f) => f.startsWith('shaders/')).map((f) => f.slice('shaders/'.length)),
  );

  for (const [path, text] of files) {
    const fault = (index, said) =>
      faults.push(`${path}:${text.slice(0, index).split('\n').length}: ${said}; name what there is, or leave it out`);
    const isTest = path.startsWith('test/');
    const comments = withoutAddresses(commentsOf(path, text));
    for (const { 0: named, index } of (isTest ? comments : withoutAddresses(text)).matchAll(ROOTED))
      if (!there(named)) fault(index, `there is no ${named}`);
    for (const { 0: named, index } of comments.matchAll(NAMED)) {
      if (TOPS.includes(named.split('/')[0]) && named.includes('/')) continue; // above
      const here = posix.normalize(posix.join(posix.dirname(path), named));
      if (!names.has(named) && !there(here) && !EXAMPLES.has(named)) fault(index, `there is no file ${named}`);
    }
    for (const { 0: named, index } of comments.matchAll(GRADIENT))
      if (gradients.size && !gradients.has(named)) fault(index, `there is no op ${named} in shaders`);
    if (path.endsWith('.md')) checkMarkdown(path, text, files, there, fault);
  }
  return faults;
}

function checkMarkdown(path, text, files, there, fault) {
  for (const { 1: link, 2: picture, index } of text.matchAll(LINK)) {
    const target = link ?? picture;
    if (/^[a-z]+:/.test(target)) continue;
    const [file, anchor] = target.split('#');
    const to = file ? posix.normalize(posix.join(posix.dirname(path), file)).replace(/\/$/, '') : path;
    if (!there(to)) fault(index, `the link ${target} leads to no file`);
    else if (anchor && files.has(to) && to.endsWith('.md')) {
      const anchors = [...files.get(to).matchAll(/^#+ (.*)$/gm)].map(([, heading]) => slug(heading));
      if (!anchors.includes(anchor)) fault(index, `${to} has no heading #${anchor}`);
    }
  }
}

/** Every path below the root, and the texts to read. */
function readTree(root) {
  const all = new Set();
  const files = new Map();
  for (const top of [...TOPS, '.']) {
    if (!existsSync(posix.join(root, top))) continue;
    for (const entry of readdirSync(posix.join(root, top), { recursive: top !== '.', withFileTypes: true })) {
      const path = posix.relative(root, posix.join(entry.parentPath ?? entry.path, entry.name).replaceAll('\\', '/'));
      if (!entry.isFile()) continue;
      all.add(path);
      if (/\.(ts|mjs|js|md|wgsl)$/.test(path) && !SKIPPED.test(path))
        files.set(path, readFileSync(posix.join(root, path), 'utf8'));
    }
  }
  return { all, files };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { all, files } = readTree(fileURLToPath(new URL('..', import.meta.url)));
  const faults = checkLinks(files, all);
  for (const fault of faults) console.log(fault);
  console.log(`links: ${files.size} files, ${faults.length} faults`);
  process.exit(faults.length ? 1 : 0);
}
