/** Which declaration each name of a text means, and what is done with it. */
import {
  below,
  type Call,
  type Declaration,
  type Expr,
  expressionsOf,
  type Field,
  type Fn,
  parts,
  type Statement,
} from './syntax.ts';

export type Local = Extract<Statement, { kind: 'local' }>;
export type Assign = Extract<Statement, { kind: 'assign' }>;
export type NameExpr = Extract<Expr, { kind: 'name' }>;

/** Something declared. */
export interface Named {
  readonly name: string;
  readonly at: Declaration | Local | Field;
  /** The function it lives in; absent at module level. */
  readonly fn?: Fn;
  /** Where its value is used (types count as well). */
  readonly reads: Expr[];
  /** Assignments to it or to a part of it. */
  readonly writes: Assign[];
}

export interface Program {
  readonly declarations: readonly Declaration[];
  readonly globals: ReadonlyMap<string, Named>;
  readonly locals: readonly Named[];
  /** What a name, or the name of a call, means; absent for what WGSL itself has. */
  meaning(e: NameExpr | Call): Named | undefined;
  /** Calls of a function, constructors of a struct. */
  callsOf(named: Named): readonly Call[];
}

/** The name at the root of `x`, `x.y`, `x[i]`; undefined for anything else. */
export function rootOf(e: Expr): NameExpr | undefined {
  if (e.kind === 'name') return e;
  return e.kind === 'member' || e.kind === 'index' ? rootOf(e.base) : undefined;
}

export function resolve(declarations: readonly Declaration[]): Program {
  const globals = new Map<string, Named>();
  for (const at of declarations) globals.set(at.name, { name: at.name, at, reads: [], writes: [] });
  const locals: Named[] = [];
  const meanings = new Map<Expr, Named>();
  const calls = new Map<Named, Call[]>();
  let scopes: Map<string, Named>[] = [];
  let fn: Fn | undefined;

  const find = (name: string): Named | undefined =>
    scopes.findLast((scope) => scope.has(name))?.get(name) ?? globals.get(name);
  const declare = (at: Local | Field): void => {
    const named: Named = { name: at.name, at, fn: fn!, reads: [], writes: [] };
    locals.push(named);
    scopes.at(-1)!.set(at.name, named);
  };
  const read = (e: Expr | undefined): void => {
    if (!e) return;
    if (e.kind === 'name' || e.kind === 'call') {
      const named = find(e.name);
      if (named) {
        meanings.set(e, named);
        named.reads.push(e);
        if (e.kind === 'call' && e.args) calls.set(named, [...(calls.get(named) ?? []), e]);
      }
    }
    parts(e).forEach(read);
  };
  const write = (s: Assign): void => {
    const root = rootOf(s.target);
    const named = root && find(root.name);
    if (named) {
      meanings.set(root, named);
      named.writes.push(s);
    }
    for (let e = s.target; e.kind === 'member' || e.kind === 'index'; e = e.base) if (e.kind === 'index') read(e.at);
    read(s.value);
  };
  const statement = (s: Statement): void => {
    if (s.kind === 'assign') return write(s);
    expressionsOf(s).forEach((e) => s.kind !== 'for' && read(e));
    if (s.kind === 'local') return declare(s);
    const scoped = s.kind === 'block' || s.kind === 'for';
    if (scoped) scopes.push(new Map());
    if (s.kind === 'for') {
      if (s.first) statement(s.first);
      read(s.test);
      statement(s.step);
      statement(s.body);
    } else below(s).forEach(statement);
    if (scoped) scopes.pop();
  };

  for (const d of declarations) {
    if (d.kind === 'struct') d.fields.forEach(({ type }) => read(type));
    else if (d.kind === 'value') [d.type, d.value].forEach(read);
    else {
      fn = d;
      [...d.attributes, ...d.params.map(({ type }) => type), d.result].forEach(read);
      scopes = [new Map()];
      d.params.forEach(declare);
      statement(d.body);
      scopes = [];
    }
  }
  return {
    declarations,
    globals,
    locals,
    meaning: (e) => meanings.get(e),
    callsOf: (named) => calls.get(named) ?? [],
  };
}

const ACTS = /^(atomic[A-Z]|\w+Barrier$|workgroupUniformLoad$)/;

/** Whether an expression only makes a value, so that nobody misses it when the value is not wanted. */
export function isPure(program: Program, e: Expr): boolean {
  if (e.kind === 'call' && e.args) {
    const fn = program.meaning(e)?.at;
    if (fn?.kind === 'fn' ? !isPureBody(program, fn.body) : ACTS.test(e.name)) return false;
  }
  return parts(e).every((part) => isPure(program, part));
}

function isPureBody(program: Program, s: Statement): boolean {
  if (s.kind === 'assign') {
    const root = rootOf(s.target);
    if (!root || !program.meaning(root)?.fn) return false;
  }
  return expressionsOf(s).every((e) => isPure(program, e)) && below(s).every((inner) => isPureBody(program, inner));
}
