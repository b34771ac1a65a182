/** The parts of a WGSL text as trees over its tokens: what shaders/ uses of the language. `start` and `end` are token numbers, end excluded. */

export interface Span {
  readonly start: number;
  readonly end: number;
}

export type Expr =
  | (Span & { readonly kind: 'name'; readonly name: string })
  | (Span & { readonly kind: 'literal'; readonly text: string })
  | (Span & { readonly kind: 'paren'; readonly inner: Expr })
  | (Span & { readonly kind: 'unary'; readonly op: string; readonly arg: Expr })
  | (Span & { readonly kind: 'binary'; readonly op: string; readonly left: Expr; readonly right: Expr })
  | (Span & { readonly kind: 'member'; readonly base: Expr; readonly name: string })
  | (Span & { readonly kind: 'index'; readonly base: Expr; readonly at: Expr })
  /** A function, a type's constructor, or a type alone where `args` is absent. */
  | (Span & {
      readonly kind: 'call';
      readonly name: string;
      readonly types: readonly Expr[];
      readonly args?: readonly Expr[];
    });

export type Call = Extract<Expr, { kind: 'call' }>;

export type Statement =
  | (Span & { readonly kind: 'block'; readonly body: readonly Statement[] })
  | (Span & { readonly kind: 'if'; readonly test: Expr; readonly body: Block; readonly otherwise?: Statement })
  | (Span & {
      readonly kind: 'for';
      readonly first?: Statement;
      readonly test: Expr;
      readonly step: Statement;
      readonly body: Block;
    })
  | (Span & Declared & { readonly kind: 'local'; readonly keyword: string })
  | (Span & { readonly kind: 'assign'; readonly target: Expr; readonly op: string; readonly value?: Expr })
  | (Span & { readonly kind: 'run'; readonly call: Expr })
  | (Span & { readonly kind: 'return'; readonly value?: Expr })
  | (Span & { readonly kind: 'jump' });

export type Block = Extract<Statement, { kind: 'block' }>;

interface Declared {
  readonly name: string;
  readonly type?: Expr;
  readonly value?: Expr;
}

/** A parameter or a struct's member. A span ends before the comma. */
export interface Field extends Span {
  readonly kind: 'field';
  readonly name: string;
  readonly type: Expr;
}

export type Declaration =
  | (Span & Declared & { readonly kind: 'value'; readonly keyword: 'const' | 'override' | 'var' | 'alias' })
  | (Span & { readonly kind: 'struct'; readonly name: string; readonly fields: readonly Field[] })
  | Fn;

export interface Fn extends Span {
  readonly kind: 'fn';
  readonly name: string;
  /** An entry point. */
  readonly entry: boolean;
  /** Expressions in its attributes, such as a workgroup size. */
  readonly attributes: readonly Expr[];
  readonly params: readonly Field[];
  readonly result?: Expr;
  readonly body: Block;
}

/** The expressions directly below one. */
export function parts(e: Expr): readonly Expr[] {
  switch (e.kind) {
    case 'paren':
      return [e.inner];
    case 'unary':
      return [e.arg];
    case 'binary':
      return [e.left, e.right];
    case 'member':
      return [e.base];
    case 'index':
      return [e.base, e.at];
    case 'call':
      return [...e.types, ...(e.args ?? [])];
    default:
      return [];
  }
}

/** Calls `visit` for an expression and all below it, outermost first. */
export function walkExpr(e: Expr | undefined, visit: (e: Expr) => void): void {
  if (!e) return;
  visit(e);
  for (const part of parts(e)) walkExpr(part, visit);
}

/** The expressions of a statement itself, not of those below it. */
export function expressionsOf(s: Statement): readonly Expr[] {
  const list: (Expr | undefined)[] = [];
  if (s.kind === 'if' || s.kind === 'for') list.push(s.test);
  if (s.kind === 'local') list.push(s.type, s.value);
  if (s.kind === 'assign') list.push(s.target, s.value);
  if (s.kind === 'run') list.push(s.call);
  if (s.kind === 'return') list.push(s.value);
  return list.filter((e) => e !== undefined);
}

/** The statements directly below one. */
export function below(s: Statement): readonly Statement[] {
  if (s.kind === 'block') return s.body;
  if (s.kind === 'if') return s.otherwise ? [s.body, s.otherwise] : [s.body];
  if (s.kind === 'for') return [...(s.first ? [s.first] : []), s.step, s.body];
  return [];
}

/** Calls `visit` for a statement and all below it, outermost first. */
export function walk(s: Statement, visit: (s: Statement) => void): void {
  visit(s);
  for (const inner of below(s)) walk(inner, visit);
}
