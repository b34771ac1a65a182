// Who may import whom: an import goes to the same folder or to a lower rank, never up or sideways, and never in a circle.
// The table is ARCHITECTURE.md's. Counted are static, dynamic and type imports, `?raw`, import.meta.glob and new URL('./x', import.meta.url).
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

/** Folder → rank. `src` itself holds index.ts, the public face. */
export const RANKS = {
  shaders: 0,
  models: 0,
  'src/plan': 0,
  'src/tokens': 1,
  'src/files': 1,
  'src/sample': 1,
  'src/kernels': 2,
  'src/reference': 2,
  'src/gpu': 3,
  'src/cpu': 3,
  'src/graph': 3,
  'src/model': 4,
  'src/session': 5,
  'src/train': 6,
  'src/bench': 6,
  'src/host': 7,
  'src/run': 8,
  'src/elements': 9,
  'src/entries': 10,
  src: 10,
  tools: 11,
  demo: 12,
  bench: 12,
  test: 13,
};

/** Sideways imports that are allowed, with the reason. */
const SIDEWAYS = {
  'src/kernels → src/reference': 'case records compute what they expect',
};

/** Elements receive values and send events. Of our code they may import only types. */
const TYPES_ONLY = new Set(['src/elements']);

/** The folder that decides a path's rank, from the repository's root: `src/cpu` of src/cpu/wasm/main.ts, `src` of src/index.ts. */
function folderOf(path) {
  const parts = path.split('/');
  return parts.slice(0, parts[0] === 'src' && parts.length > 2 ? 2 : 1).join('/');
}

/**
 * Our own files that a module names, with the line and whether the import is of types only.
 * @returns {{ specifier: string, line: number, typeOnly: boolean }[]} relative specifiers without their `?query`
 */
export function importsOf(path, text) {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, false);
  const found = [];
  const add = (node, literal, typeOnly = false) => {
    if (!literal || !ts.isStringLiteralLike(literal) || !/^\.{1,2}\//.test(literal.text)) return;
    if (literal.text.endsWith('/')) return; // a folder of data is no module
    const { line } = source.getLineAndCharacterOfPosition(node.getStart(source));
    found.push({ specifier: literal.text.replace(/\?.*$/, ''), line: line + 1, typeOnly });
  };
  const isMetaUrl = (node) => node && /^import\.meta\.url$/.test(node.getText(source));
  const visit = (node) => {
    if (ts.isImportDeclaration(node)) {
      const named = node.importClause?.namedBindings;
      const each = named && ts.isNamedImports(named) && !node.importClause?.name && named.elements.length > 0;
      const typeOnly = node.importClause?.isTypeOnly || (each && named.elements.every((e) => e.isTypeOnly));
      add(node, node.moduleSpecifier, Boolean(typeOnly));
    } else if (ts.isExportDeclaration(node)) add(node, node.moduleSpecifier, node.isTypeOnly);
    else if (ts.isImportTypeNode(node))
      add(node, ts.isLiteralTypeNode(node.argument) ? node.argument.literal : undefined, true);
    else if (ts.isCallExpression(node)) {
      const [first] = node.arguments;
      if (node.expression.kind === ts.SyntaxKind.ImportKeyword) add(node, first);
      else if (node.expression.getText(source) === 'import.meta.glob')
        for (const glob of first && ts.isArrayLiteralExpression(first) ? first.elements : [first]) add(node, glob);
    } else if (ts.isNewExpression(node) && node.expression.getText(source) === 'URL' && isMetaUrl(node.arguments?.[1]))
      add(node, node.arguments?.[0]);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/**
 * Faults of a set of files.
 * @param {ReadonlyMap<string, string>} files path from the root, with forward slashes → text
 * @returns {string[]} one line each: where, and what to do
 */
export function checkRanks(files) {
  const faults = [];
  const graph = new Map();
  for (const [path, text] of files) {
    const from = folderOf(path);
    const edges = [];
    graph.set(path, edges);
    if (RANKS[from] === undefined) faults.push(`${path}: no rank for ${from}: add it to the table in tools/ranks.mjs`);
    for (const { specifier, line, typeOnly } of importsOf(path, text)) {
      const target = posix.join(posix.dirname(path), specifier);
      if (files.has(target)) edges.push(target);
      const to = folderOf(target);
      if (from === to || !target.includes('/') || target.startsWith('../')) continue; // at home, at the top (package.json), outside
      const where = `${path}:${line}: imports ${target}`;
      if (RANKS[to] === undefined) faults.push(`${where}: no rank for ${to}: add it to the table in tools/ranks.mjs`);
      else if (RANKS[to] >= RANKS[from] && !SIDEWAYS[`${from} → ${to}`])
        faults.push(
          `${where}: ${to} (rank ${RANKS[to]}) is not below ${from} (rank ${RANKS[from]}); move what is shared to a lower rank`,
        );
      else if (TYPES_ONLY.has(from) && !typeOnly)
        faults.push(`${where}: ${from} may import only types (import type …)`);
    }
  }
  return [...faults, ...twins(files), ...cycles(graph)];
}

/** Files beside a folder of the same name: a reader could not tell which holds what. */
function twins(files) {
  const folders = new Set([...files.keys()].map((path) => posix.dirname(path)));
  return [...files.keys()]
    .filter((path) => folders.has(path.replace(/\.\w+$/, '')))
    .map((path) => `${path}: lies beside a folder of the same name: move it in there, or name it for what it holds`);
}

/** Each import circle once, as a chain of files. */
function cycles(graph) {
  const faults = [];
  const state = new Map(); // path → 'open' while on the stack, 'done' after
  const stack = [];
  const walk = (path) => {
    state.set(path, 'open');
    stack.push(path);
    for (const next of graph.get(path) ?? []) {
      if (state.get(next) === 'open')
        faults.push(`import circle: ${[...stack.slice(stack.indexOf(next)), next].join(' → ')}`);
      else if (!state.has(next)) walk(next);
    }
    stack.pop();
    state.set(path, 'done');
  };
  for (const path of graph.keys()) if (!state.has(path)) walk(path);
  return faults;
}

/** TypeScript and JavaScript files under the ranked folders, by path from the root. */
function sourceFiles(root) {
  const files = new Map();
  for (const top of new Set(Object.keys(RANKS).map((folder) => folder.split('/')[0]))) {
    if (!existsSync(posix.join(root, top))) continue;
    for (const name of readdirSync(posix.join(root, top), { recursive: true })) {
      const path = posix.join(top, String(name).replaceAll('\\', '/'));
      if (/\.(ts|mjs|js)$/.test(path) && !/(^|\/)(wasm|public|node_modules)\//.test(path))
        files.set(path, readFileSync(posix.join(root, path), 'utf8'));
    }
  }
  return files;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const files = sourceFiles(fileURLToPath(new URL('..', import.meta.url)));
  const faults = checkRanks(files);
  for (const fault of faults) console.log(fault);
  console.log(`ranks: ${files.size} files, ${faults.length} faults`);
  process.exit(faults.length ? 1 : 0);
}
