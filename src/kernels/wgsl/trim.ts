/** Statements and declarations that nothing reaches or reads. */
import { evaluate, isPlain } from './fold.ts';
import { isPure, type Named, type Program } from './names.ts';
import {
  type Block,
  type Call,
  type Declaration,
  type Expr,
  expressionsOf,
  type Span,
  type Statement,
  walk,
  walkExpr,
} from './syntax.ts';
import type { Edit, Token } from './tokens.ts';

const without = ({ start, end }: Span): Edit => ({ start, end, by: [] });

/** Cuts an item out of a list in parentheses or braces, with a comma. */
export function outOfList(items: readonly Span[], index: number): Edit {
  const item = items[index];
  if (index + 1 < items.length) return { start: item.start, end: items[index + 1].start, by: [] };
  return { start: index ? items[index - 1].end : item.start, end: item.end, by: [] };
}

/** Branches on known conditions, what follows a return, and branches that do nothing. */
export function branchPass(program: Program, tokens: readonly Token[]): Edit[] {
  const edits: Edit[] = [];
  for (const fn of program.declarations) {
    if (fn.kind !== 'fn') continue;
    const names = program.locals.filter((local) => local.fn === fn).map(({ name }) => name);
    /** Whether the inside of a block can stand where the block stands: no name of it would meet another. */
    const isFree = ({ body }: Block): boolean =>
      body.every(
        (s) => s.kind !== 'local' || (names.filter((n) => n === s.name).length === 1 && !program.globals.has(s.name)),
      );
    const instead = (s: Span, taken: Statement): Edit => {
      const free = taken.kind === 'block' && isFree(taken);
      return { start: s.start, end: s.end, by: free ? insideOf(taken, tokens) : tokens.slice(taken.start, taken.end) };
    };
    walk(fn.body, (s) => {
      if (s.kind === 'if' && s.otherwise) edits.push(...elseEdits(program, tokens, s.body.end, s.otherwise));
      if (s.kind !== 'block') return;
      const last = s.body.findIndex(leaves);
      if (last >= 0) s.body.slice(last + 1).forEach((dead) => edits.push(without(dead)));
      for (const inner of s.body) {
        if (inner.kind === 'block' && isFree(inner)) edits.push(instead(inner, inner));
        if (inner.kind !== 'if') continue;
        const known = evaluate(program, inner.test);
        const taken = known && (known.value ? inner.body : inner.otherwise);
        if (taken) edits.push(instead(inner, taken));
        else if (known || (doesNothing(inner) && isPure(program, inner.test))) edits.push(without(inner));
      }
    });
  }
  return edits;
}

/** An `else` that is known, or empty; `from` is the end of the branch before it. */
function elseEdits(program: Program, tokens: readonly Token[], from: number, otherwise: Statement): Edit[] {
  const { start, end } = otherwise;
  if (otherwise.kind === 'block') return otherwise.body.length ? [] : [without({ start: from, end })];
  if (otherwise.kind !== 'if') return [];
  const known = evaluate(program, otherwise.test);
  const taken = known && (known.value ? otherwise.body : otherwise.otherwise);
  if (taken) return [{ start, end, by: tokens.slice(taken.start, taken.end) }];
  const gone = known || (doesNothing(otherwise) && isPure(program, otherwise.test));
  return gone ? [without({ start: from, end })] : [];
}

const doesNothing = (s: Statement): boolean => s.kind === 'if' && s.body.body.length === 0 && !s.otherwise;

/** Whether nothing behind the statement is reached. */
const leaves = (s: Statement): boolean =>
  s.kind === 'return' || s.kind === 'jump' || (s.kind === 'block' && s.body.some(leaves));

/** A block's tokens without its braces, one level further out. */
function insideOf({ start, end }: Block, tokens: readonly Token[]): Token[] {
  const out = (text: string): string => text.replace(/^ {2}/, '');
  return tokens.slice(start + 1, end - 1).map((token) => {
    if (!token.starts) return token;
    return { ...token, space: out(token.space), above: token.above.map((l) => ({ ...l, text: out(l.text) })) };
  });
}

/** Locals that nothing reads, and locals that are another name for something that does not change. */
export function localPass(program: Program, tokens: readonly Token[]): Edit[] {
  const inHeads = new Set<Statement>();
  const edits: Edit[] = [];
  for (const d of program.declarations)
    if (d.kind === 'fn')
      walk(d.body, (s) => s.kind === 'for' && [s.first, s.step].forEach((head) => head && inHeads.add(head)));
  for (const named of program.locals) {
    const { at, reads, writes } = named;
    if (at.kind !== 'local' || inHeads.has(at)) continue;
    if (reads.length === 0) {
      const values = [at.value, ...writes.map(({ value }) => value)];
      if (writes.some((w) => w.target.kind !== 'name' || inHeads.has(w))) continue;
      if (values.every((value) => !value || isPure(program, value))) edits.push(without(at), ...writes.map(without));
    } else if (writes.length === 0 && at.value && isAlias(program, tokens, named, at.value)) {
      const value = tokens[at.value.start];
      for (const { start, end } of reads)
        edits.push({
          start,
          end,
          by: [{ ...value, line: tokens[start].line, space: tokens[start].space, after: '', made: true }],
        });
      edits.push(without(at));
    }
  }
  return edits;
}

function isAlias(program: Program, tokens: readonly Token[], { at, fn }: Named, value: Expr): boolean {
  const isVar = at.kind === 'local' && at.keyword === 'var';
  // what the author named stays named, unless an option made the name idle; a `var` that nothing writes any more is such a case
  if (!isVar && !tokens[value.start].made) return false;
  if (value.kind === 'literal') return isPlain(value.text);
  if (value.kind !== 'name') return false;
  const meant = program.meaning(value);
  if (!meant?.fn || meant.writes.length > 0) return false;
  return program.locals.filter((other) => other.fn === fn && other.name === value.name).length === 1;
}

/** Module-level declarations that nothing uses, and members of structs (never of those in buffers, whose places the host fills). */
export function globalPass(program: Program, entries: ReadonlySet<string> | undefined): Edit[] {
  const edits: Edit[] = [];
  const inBuffers = structsOfVars(program);
  for (const named of program.globals.values()) {
    const { at, reads, writes } = named;
    const isEntry = at.kind === 'fn' && at.entry;
    if (isEntry ? entries && !entries.has(at.name) : reads.length + writes.length === 0) edits.push(without(at));
    else if (at.kind === 'struct' && !inBuffers.has(at)) edits.push(...unreadMember(program, named));
  }
  return edits;
}

/** The structs that module-level variables hold, and the structs in these. */
function structsOfVars(program: Program): ReadonlySet<Declaration> {
  const found = new Set<Declaration>();
  const note = (type: Expr | undefined): void =>
    walkExpr(type, (e) => {
      const struct = e.kind === 'name' ? program.globals.get(e.name)?.at : undefined;
      if (struct?.kind !== 'struct' || found.has(struct)) return;
      found.add(struct);
      struct.fields.forEach((field) => note(field.type));
    });
  for (const d of program.declarations) if (d.kind === 'value' && d.keyword === 'var') note(d.type);
  return found;
}

function unreadMember(program: Program, struct: Named): Edit[] {
  if (struct.at.kind !== 'struct') return [];
  const { fields } = struct.at;
  const used = new Set<string>();
  const note = (e: Expr): void => void (e.kind === 'member' && used.add(e.name));
  for (const d of program.declarations)
    if (d.kind === 'fn') walk(d.body, (s) => expressionsOf(s).forEach((e) => walkExpr(e, note)));
  const calls: readonly Call[] = program.callsOf(struct);
  const index = fields.findIndex(
    ({ name }, i) => !used.has(name) && calls.every(({ args }) => !args?.length || isPure(program, args[i])),
  );
  if (index < 0 || fields.length === 1) return [];
  return [
    outOfList(fields, index),
    ...calls.filter(({ args }) => args?.length).map(({ args }) => outOfList(args!, index)),
  ];
}
