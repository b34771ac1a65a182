/** Expressions whose value, or part of it, is known. */
import { isPure, type Program } from './names.ts';
import { type Expr, expressionsOf, parts, walk } from './syntax.ts';
import type { Edit, Token } from './tokens.ts';

/** `int` is a whole number without suffix: its type is what stands around it. */
export interface Value {
  readonly type: 'bool' | 'u32' | 'i32' | 'int';
  readonly value: number;
}

const bool = (value: boolean): Value => ({ type: 'bool', value: Number(value) });

/** The value of an expression made of literals and constants; undefined when it has none here. No floats: rounding is the device's. */
export function evaluate(program: Program, e: Expr): Value | undefined {
  if (e.kind === 'paren') return evaluate(program, e.inner);
  if (e.kind === 'literal') return literalValue(e.text);
  if (e.kind === 'name') {
    const named = program.meaning(e)?.at;
    if (named?.kind !== 'value' || named.keyword !== 'const' || !named.value) return undefined;
    const value = evaluate(program, named.value);
    const type = named.type?.kind === 'name' ? named.type.name : '';
    return value?.type === 'int' && (type === 'u32' || type === 'i32') ? { ...value, type } : value;
  }
  if (e.kind === 'unary') {
    const arg = evaluate(program, e.arg);
    return arg?.type === 'bool' && e.op === '!' ? bool(!arg.value) : undefined;
  }
  if (e.kind !== 'binary') return undefined;
  const left = evaluate(program, e.left);
  const right = evaluate(program, e.right);
  return left && right && operate(e.op, left, right);
}

export function literalValue(text: string): Value | undefined {
  if (text === 'true' || text === 'false') return bool(text === 'true');
  if (!/^(\d+|0[xX][\da-fA-F]+)[ui]?$/.test(text)) return undefined;
  const type = text.endsWith('u') ? 'u32' : text.endsWith('i') ? 'i32' : 'int';
  return { type, value: Number(text.replace(/[ui]$/, '')) };
}

function operate(op: string, a: Value, b: Value): Value | undefined {
  const [x, y] = [a.value, b.value];
  if (op === '==') return bool(x === y);
  if (op === '!=') return bool(x !== y);
  if (a.type === 'bool' || b.type === 'bool') {
    if (op === '&&' || op === '&') return bool(Boolean(x && y));
    return op === '||' || op === '|' ? bool(Boolean(x || y)) : undefined;
  }
  if (op === '<') return bool(x < y);
  if (op === '>') return bool(x > y);
  if (op === '<=') return bool(x <= y);
  if (op === '>=') return bool(x >= y);
  const type = a.type === 'int' && op !== '<<' && op !== '>>' ? b.type : a.type;
  const value = whole(op, x, y);
  // what leaves the range of a type wraps in u32 and is an error or wraps elsewhere: left to the compiler
  return value === undefined || value < 0 || value >= 2 ** 31 ? undefined : { type, value };
}

function whole(op: string, x: number, y: number): number | undefined {
  if (op === '+') return x + y;
  if (op === '-') return x - y;
  if (op === '*') return x * y;
  if (op === '/') return y === 0 ? undefined : Math.trunc(x / y);
  if (op === '%') return y === 0 ? undefined : x % y;
  if (op === '<<') return y > 31 ? undefined : x * 2 ** y;
  if (op === '>>') return y > 31 ? undefined : Math.floor(x / 2 ** y);
  return undefined;
}

const SUFFIX = { bool: '', u32: 'u', i32: 'i', int: '' } as const;
const written = ({ type, value }: Value): string =>
  type === 'bool' ? String(Boolean(value)) : `${value}${SUFFIX[type]}`;

/** A literal that means the same wherever it is put. */
export const isPlain = (text: string): boolean => /^(true|false|\d+[ui]|\d+\.\d+)$/.test(text);

/** Writes known values and drops operands that change nothing. */
export function foldPass(program: Program, tokens: readonly Token[]): Edit[] {
  const edits: Edit[] = [];
  const put = ({ start, end }: Expr, text: string): void => {
    const kind = text === 'true' || text === 'false' ? 'name' : 'number';
    edits.push({ start, end, by: [{ ...tokens[start], kind, text, after: '', made: true }] });
  };
  const become = ({ start, end }: Expr, part: Expr, around: string): void => {
    const [first, ...rest] = tokens.slice(part.start, part.end);
    const sign = (text: string): Token => ({
      ...first,
      kind: 'sign',
      text,
      space: '',
      starts: false,
      above: [],
      after: '',
    });
    const bare = !around || part.kind !== 'binary' || (TERMS.has(around) && FACTORS.has(part.op));
    const made = { ...first, made: true };
    edits.push({ start, end, by: bare ? [made, ...rest] : [sign('('), { ...made, space: '' }, ...rest, sign(')')] });
  };
  const known = (e: Expr): Value | undefined => {
    const value = evaluate(program, e);
    if (!value || e.kind === 'literal') return undefined;
    if (value.type === 'bool') return value;
    // numbers stay as the author wrote them unless an option is among them
    return madeOfLiterals(e) && tokens.slice(e.start, e.end).some((token) => token.made) ? value : undefined;
  };
  /** `around` is the operator that takes `e`; '' where a comma, a bracket or a semicolon ends it anyway. */
  const visit = (e: Expr, around: string, isTest: boolean): void => {
    const value = known(e);
    if (value && !(isTest && e.kind === 'paren')) return put(e, written(value)); // the parentheses of `if (…)` stay
    const part = simpler(program, e);
    if (part) return become(e, part, around);
    const below =
      e.kind === 'binary' ? e.op : e.kind === 'unary' || e.kind === 'member' || e.kind === 'index' ? '.' : '';
    parts(e).forEach((inner, i) => visit(inner, e.kind === 'index' && i === 1 ? '' : below, false));
  };
  for (const d of program.declarations) {
    if (d.kind === 'value' && d.value) visit(d.value, '', false);
    if (d.kind === 'fn')
      walk(d.body, (s) => {
        if (s.kind === 'assign' && s.op === '*=' && isOne(s.value!)) edits.push({ start: s.start, end: s.end, by: [] });
        else for (const e of expressionsOf(s)) visit(e, '', s.kind === 'if');
      });
  }
  return edits;
}

const TERMS = new Set(['+', '-']);
const FACTORS = new Set(['*', '/', '%']);

function madeOfLiterals(e: Expr): boolean {
  return e.kind === 'literal' || (e.kind !== 'name' && e.kind !== 'call' && parts(e).every(madeOfLiterals));
}

/** The part of an expression that is the whole of its value, if there is one. */
function simpler(program: Program, e: Expr): Expr | undefined {
  if (e.kind === 'paren' && (e.inner.kind === 'paren' || e.inner.kind === 'literal')) return e.inner;
  if (e.kind === 'call' && e.name === 'select' && e.args) {
    const [no, yes, test] = e.args;
    const value = evaluate(program, test);
    if (value?.type !== 'bool') return undefined;
    const [taken, left] = value.value ? [yes, no] : [no, yes];
    const typed = taken.kind !== 'literal' || isPlain(taken.text);
    return typed && isPure(program, left) ? taken : undefined;
  }
  if (e.kind !== 'binary') return undefined;
  const [left, right] = [evaluate(program, e.left), evaluate(program, e.right)];
  if (e.op === '&&' || e.op === '||') {
    const passes = e.op === '&&' ? 1 : 0;
    if (left) return left.value === passes ? e.right : e.left;
    if (right?.value === passes) return e.left;
    return right && isPure(program, e.left) ? e.right : undefined;
  }
  if (e.op === '*') {
    // a literal alone could be of another type than its product
    if (isOne(e.left) && e.right.kind !== 'literal') return e.right;
    if (isOne(e.right) && e.left.kind !== 'literal') return e.left;
  }
  if (e.op === '+' && left?.value === 0 && left.type === 'u32' && e.left.kind === 'literal') return e.right;
  if ((e.op === '+' || e.op === '-') && right?.value === 0 && right.type === 'u32' && e.right.kind === 'literal')
    return e.left;
  return undefined;
}

/** Times one is exact in every type. */
const isOne = (e: Expr): boolean => e.kind === 'literal' && (e.text === '1u' || e.text === '1.0');
