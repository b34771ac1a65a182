// A Vite plugin for the folder of nextoken.js: the first token on the CPU engine does not wait for records it has no use for. Ops that
// do not generate text, variants for a GPU, tolerances and what ops say about themselves go into a chunk of their own, which
// src/kernels/complete.ts loads and puts in place. Sources and all other builds stay whole.
import { readFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import ts from 'typescript';
import { FIRST } from './first-ops.mjs';

const folder = resolve(import.meta.dirname, '../src/kernels');
const WHOLE = '?whole';
/** Not loaded with the first token. */
const LATER = { variants: '[]', about: "''", tolerance: '() => ({ abs: 0, rel: 0 })' };

const nameOf = (object) => object.properties.find((p) => p.name?.getText() === 'name')?.initializer?.text;

/** The op's record that a statement exports. */
function recordIn(statement) {
  if (!ts.isVariableStatement(statement) || !statement.modifiers?.some((m) => m.kind === ts.SyntaxKind.ExportKeyword))
    return;
  const [{ type, initializer }] = statement.declarationList.declarations;
  if (type?.getText() === 'Op' && ts.isObjectLiteralExpression(initializer)) return initializer;
}

/** A family's file with only the ops of FIRST, without their GPU variants. */
export function lean(text) {
  let source = ts.createSourceFile('family.ts', text, ts.ScriptTarget.Latest, true);
  const cuts = [];
  for (const statement of source.statements) {
    const record = recordIn(statement);
    if (!record) continue;
    if (!FIRST.has(nameOf(record))) cuts.push([statement.pos, statement.end, '']);
    else
      for (const property of record.properties) {
        const empty = LATER[property.name?.getText()];
        if (empty) cuts.push([property.getStart(), property.end, `${property.name.getText()}: ${empty}`]);
      }
  }
  let out = cut(text, cuts);
  // what only they used
  for (;;) {
    source = ts.createSourceFile('family.ts', out, ts.ScriptTarget.Latest, true);
    const used = usedNames(source);
    const unused = source.statements.filter((statement) => {
      if (statement.modifiers?.length) return false;
      const names = ts.isVariableStatement(statement)
        ? statement.declarationList.declarations.map((d) => d.name.getText())
        : ts.isFunctionDeclaration(statement)
          ? [statement.name.text]
          : [];
      return names.length > 0 && !names.some((name) => used.has(name));
    });
    if (!unused.length) return out;
    out = cut(
      out,
      unused.map((statement) => [statement.getStart(), statement.end, '']),
    );
  }
}

/** Names that something refers to, other than where they are declared. */
function usedNames(source) {
  const used = new Set();
  const visit = (node) => {
    if (ts.isIdentifier(node) && node.parent.name !== node && !ts.isImportSpecifier(node.parent)) used.add(node.text);
    if (ts.isShorthandPropertyAssignment(node)) used.add(node.name.text);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return used;
}

const cut = (text, cuts) =>
  cuts.sort((a, b) => b[0] - a[0]).reduce((out, [from, to, by]) => out.slice(0, from) + by + out.slice(to), text);

/** @returns {import('vite').Plugin} */
export function leanRecords() {
  const families = new Set(
    [...readFileSync(`${folder}/registry.ts`, 'utf8').matchAll(/import \* as \w+ from '\.\/(\w+\.ts)'/g)].map(
      ([, file]) => file,
    ),
  );
  return {
    name: 'lean-records',
    enforce: 'pre',
    async resolveId(specifier, importer) {
      if (!importer?.startsWith(folder)) return null;
      const whole =
        specifier.endsWith(WHOLE) || (importer.endsWith(`registry.ts${WHOLE}`) && families.has(basename(specifier)));
      if (!whole) return null;
      return `${resolve(folder, specifier.replace(WHOLE, ''))}${WHOLE}`;
    },
    load(id) {
      if (!id.startsWith(folder)) return null;
      const [path, whole] = id.split('?');
      const file = basename(path);
      if (whole === 'whole') return { code: readFileSync(path, 'utf8'), moduleType: 'ts' };
      if (file === 'complete.ts') return { code: COMPLETE(readFileSync(path, 'utf8')), moduleType: 'ts' };
      return families.has(file) ? { code: lean(readFileSync(path, 'utf8')), moduleType: 'ts' } : null;
    },
  };
}

/** complete.ts with something to do. */
const COMPLETE = (text) =>
  text.replace(
    'export async function completeOps(): Promise<void> {}',
    `let whole: Promise<void> | undefined;
export function completeOps(): Promise<void> {
  whole ??= Promise.all([import('./registry.ts'), import('./registry.ts${WHOLE}')]).then(([mine, all]) => {
    for (const [name, op] of all.ops) {
      const own = mine.ops.get(name);
      if (own) Object.assign(own, op);
      else (mine.ops as Map<string, typeof op>).set(name, op);
    }
  });
  whole.catch(() => (whole = undefined)); // the next one tries again
  return whole;
}`,
  );
