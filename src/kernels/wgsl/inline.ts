/** Parameters that say nothing, and functions that an option left with nothing to say. */
import { isPlain } from './fold.ts';
import { isPure, type Named, type Program } from './names.ts';
import { type Expr, expressionsOf, type Fn, type Statement, walk, walkExpr } from './syntax.ts';
import type { Edit, Token } from './tokens.ts';
import { outOfList } from './trim.ts';

/** A parameter that gets the same literal from every call becomes that literal; one that nothing reads is removed. */
export function paramPass(program: Program, tokens: readonly Token[]): Edit[] {
  const edits: Edit[] = [];
  for (const d of program.declarations) {
    if (d.kind !== 'fn') continue;
    const calls = program.callsOf(program.globals.get(d.name)!);
    const index = d.params.findIndex((param, i) => {
      const named = program.locals.find(({ at }) => at === param)!;
      const given = calls.map(({ args }) => args![i]);
      if (named.reads.length === 0) return given.every((arg) => isPure(program, arg));
      const [first] = given;
      return (
        first?.kind === 'literal' &&
        isPlain(first.text) &&
        given.every((arg) => arg.kind === 'literal' && arg.text === first.text)
      );
    });
    if (index < 0) continue;
    const { reads } = program.locals.find(({ at }) => at === d.params[index])!;
    for (const { start, end } of reads) {
      const { text, kind } = tokens[calls[0].args![index].start];
      edits.push({ start, end, by: [{ ...tokens[start], text, kind, made: true }] });
    }
    edits.push(outOfList(d.params, index), ...calls.map(({ args }) => outOfList(args!, index)));
  }
  return edits;
}

/**
 * Calls of functions that became one literal or one short statement. `shrunk` says which functions lost something: what the author
 * wrote short stays a function.
 */
export function inlinePass(program: Program, tokens: readonly Token[], shrunk: (fn: Fn) => boolean): Edit[] {
  const edits: Edit[] = [];
  const parents = statementsOfCalls(program);
  for (const d of program.declarations) {
    if (d.kind !== 'fn' || d.entry || !shrunk(d) || d.body.body.length !== 1) continue;
    const [only] = d.body.body;
    const calls = program.callsOf(program.globals.get(d.name)!);
    if (only.kind === 'return' && only.value?.kind === 'literal' && isPlain(only.value.text)) {
      const { text, kind } = tokens[only.value.start];
      for (const { start, end } of calls)
        edits.push({ start, end, by: [{ ...tokens[start], text, kind, after: '', made: true }] });
    } else if (only.kind === 'assign' && calls.every((call) => parents.has(call) && call.args!.every(isSimple))) {
      if (calls.some(({ start }) => meetsLocals(program, only, start))) continue;
      for (const { start, end, args } of calls) {
        const by = tokens.slice(only.start, only.end - 1).map((token, i): Token => {
          const param = program.locals.find(
            ({ fn, reads }) => fn === d && reads.some((e) => e.start === only.start + i),
          );
          const arg = param && tokens[args![d.params.findIndex((p) => p === param.at)].start];
          return arg ? { ...token, text: arg.text, kind: arg.kind } : token;
        });
        edits.push({ start, end, by });
      }
    }
    if (edits.length) return edits; // a call in the arguments of another is the next round's
  }
  return edits;
}

const isSimple = (e: Expr): boolean => e.kind === 'name' || e.kind === 'literal';

/** The calls that are statements of their own. */
function statementsOfCalls(program: Program): ReadonlySet<Expr> {
  const all = new Set<Expr>();
  for (const d of program.declarations) if (d.kind === 'fn') walk(d.body, (s) => s.kind === 'run' && all.add(s.call));
  return all;
}

/** Whether a module-level name of the statement means a local where the call at token `at` stands. */
function meetsLocals(program: Program, s: Statement, at: number): boolean {
  const caller = program.declarations.find((d): d is Fn => d.kind === 'fn' && d.start <= at && at < d.end)!;
  const locals = new Set(program.locals.filter(({ fn }) => fn === caller).map(({ name }) => name));
  const outer: Named[] = [];
  for (const e of expressionsOf(s))
    walkExpr(e, (part) => {
      const named = part.kind === 'name' || part.kind === 'call' ? program.meaning(part) : undefined;
      if (named && !named.fn) outer.push(named);
    });
  return outer.some(({ name }) => locals.has(name));
}
