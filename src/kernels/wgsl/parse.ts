/** Tokens → trees. Throws with the line where a text leaves the part of WGSL that shaders/ uses (no pointers, switch, while, loop). */
import type { Block, Declaration, Expr, Field, Fn, Statement } from './syntax.ts';
import type { Token } from './tokens.ts';

/** How tightly binary operators bind; WGSL asks for parentheses where C would guess. */
const BINDING: Readonly<Record<string, number>> = {
  '||': 1, '&&': 2, '|': 3, '^': 4, '&': 5, '==': 6, '!=': 6, '<': 7, '>': 7, '<=': 7, '>=': 7,
  '<<': 8, '>>': 8, '+': 9, '-': 9, '*': 10, '/': 10, '%': 10,
}; // prettier-ignore
const ASSIGNMENTS = new Set(['=', '+=', '-=', '*=', '/=', '%=', '&=', '|=', '^=', '<<=', '>>=']);
/** Names behind which `<` opens types. */
const GENERIC = /^(array|atomic|bitcast|vec[234]|mat[234]x[234]|var)$/;

export function parse(tokens: readonly Token[]): Declaration[] {
  let at = 0;
  /** `>>` in types is two tokens' worth; half of it may be used up. */
  let halfClosed = false;
  const text = (): string => tokens[at].text;
  const fail = (wanted: string): never => {
    const { line, text: found } = tokens[at];
    throw new Error(`line ${line}: ${wanted} expected, found "${found || 'the end'}"`);
  };
  const accept = (sign: string): boolean => text() === sign && tokens[at].kind !== 'end' && ++at > 0;
  const expect = (sign: string): void => void (accept(sign) || fail(`"${sign}"`));
  const name = (): string => (tokens[at].kind === 'name' ? tokens[at++].text : fail('a name'));

  const list = <T>(close: string, one: () => T): T[] => {
    const all: T[] = [];
    while (!accept(close)) {
      all.push(one());
      if (!accept(',')) {
        expect(close);
        break;
      }
    }
    return all;
  };
  const types = (): Expr[] => {
    const all: Expr[] = [];
    for (;;) {
      all.push(binary(BINDING['+'])); // a count such as TILE + 1u; a comparison would eat the closing sign
      if (accept(',')) continue;
      if (halfClosed) {
        halfClosed = false;
        at++;
        return all;
      }
      if (text() === '>>') {
        halfClosed = true;
        return all;
      }
      expect('>');
      return all;
    }
  };

  function primary(): Expr {
    const start = at;
    const token = tokens[at];
    if (accept('(')) {
      const inner = expression();
      expect(')');
      return { kind: 'paren', inner, start, end: at };
    }
    if (token.kind === 'number' || token.text === 'true' || token.text === 'false') {
      at++;
      return { kind: 'literal', text: token.text, start, end: at };
    }
    const called = name();
    const generic = GENERIC.test(called) && accept('<');
    const given = generic ? types() : [];
    if (accept('(')) return { kind: 'call', name: called, types: given, args: list(')', expression), start, end: at };
    if (generic) return { kind: 'call', name: called, types: given, start, end: at };
    return { kind: 'name', name: called, start, end: at };
  }
  function postfix(): Expr {
    const start = at;
    let e = primary();
    for (;;) {
      if (accept('.')) e = { kind: 'member', base: e, name: name(), start, end: at };
      else if (accept('[')) {
        const index = expression();
        expect(']');
        e = { kind: 'index', base: e, at: index, start, end: at };
      } else return e;
    }
  }
  function unary(): Expr {
    const start = at;
    const op = text();
    if (!['-', '!', '~', '&'].includes(op)) return postfix();
    at++;
    const arg = unary();
    return { kind: 'unary', op, arg, start, end: at };
  }
  function binary(level: number): Expr {
    const start = at;
    let left = unary();
    for (;;) {
      const op = text();
      const binding = BINDING[op];
      if (binding === undefined || binding < level) return left;
      at++;
      const right = binary(binding + 1);
      left = { kind: 'binary', op, left, right, start, end: at };
    }
  }
  function expression(): Expr {
    return binary(1);
  }

  function attributes(): { all: string[]; values: Expr[] } {
    const all: string[] = [];
    const values: Expr[] = [];
    while (accept('@')) {
      all.push(name());
      if (accept('(')) values.push(...list(')', expression));
    }
    return { all, values };
  }
  const field = (): Field => {
    const start = at;
    attributes();
    const called = name();
    expect(':');
    const type = unary();
    return { kind: 'field', name: called, type, start, end: at };
  };

  function block(): Block {
    const start = at;
    expect('{');
    const body: Statement[] = [];
    while (!accept('}')) body.push(statement());
    return { kind: 'block', body, start, end: at };
  }
  /** What may stand in the head of a for loop, without its semicolon. */
  function simple(): Statement {
    const start = at;
    if (['let', 'var', 'const'].includes(text())) {
      const keyword = name();
      const called = name();
      const type = accept(':') ? unary() : undefined;
      const value = accept('=') ? expression() : undefined;
      return { kind: 'local', keyword, name: called, ...(type && { type }), ...(value && { value }), start, end: at };
    }
    const target = postfix();
    const op = text();
    if (accept('++') || accept('--')) return { kind: 'assign', target, op, start, end: at };
    if (!ASSIGNMENTS.has(op)) return { kind: 'run', call: target, start, end: at };
    at++;
    return { kind: 'assign', target, op, value: expression(), start, end: at };
  }
  function statement(): Statement {
    const start = at;
    if (text() === '{') return block();
    if (accept('if')) {
      const test = expression();
      const body = block();
      const otherwise = accept('else') ? (text() === 'if' ? statement() : block()) : undefined;
      return { kind: 'if', test, body, ...(otherwise && { otherwise }), start, end: at };
    }
    if (accept('for')) {
      expect('(');
      const first = text() === ';' ? undefined : simple();
      expect(';');
      const test = expression();
      expect(';');
      const step = simple();
      expect(')');
      const body = block();
      return { kind: 'for', ...(first && { first }), test, step, body, start, end: at };
    }
    let s: Statement;
    if (accept('break') || accept('continue')) s = { kind: 'jump', start, end: at };
    else if (accept('return')) {
      const value = text() === ';' ? undefined : expression();
      s = { kind: 'return', ...(value && { value }), start, end: at };
    } else s = simple();
    expect(';');
    return { ...s, end: at };
  }

  function fn(start: number, { all, values }: ReturnType<typeof attributes>): Fn {
    const called = name();
    expect('(');
    const params = list(')', field);
    const result = accept('->') ? unary() : undefined;
    const body = block();
    const entry = all.includes('compute');
    return {
      kind: 'fn',
      name: called,
      entry,
      attributes: values,
      params,
      ...(result && { result }),
      body,
      start,
      end: at,
    };
  }
  function declaration(): Declaration | undefined {
    const start = at;
    const found = attributes();
    if (accept('enable')) {
      list(';', name);
      return undefined;
    }
    if (accept('fn')) return fn(start, found);
    if (accept('struct')) {
      const called = name();
      expect('{');
      return { kind: 'struct', name: called, fields: list('}', field), start, end: at };
    }
    const keyword = text();
    if (keyword !== 'const' && keyword !== 'override' && keyword !== 'var' && keyword !== 'alias')
      return fail('a declaration');
    at++;
    if (keyword === 'var' && accept('<')) types();
    const called = name();
    const type = accept(':') ? unary() : undefined;
    const value = accept('=') ? expression() : undefined;
    expect(';');
    return { kind: 'value', keyword, name: called, ...(type && { type }), ...(value && { value }), start, end: at };
  }

  const all: Declaration[] = [];
  while (tokens[at].kind !== 'end') {
    const found = declaration();
    if (found) all.push(found);
  }
  return all;
}
