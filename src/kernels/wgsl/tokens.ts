/**
 * WGSL as a list of tokens that know how they were written, so that a text can be cut and printed again: each token carries the space
 * before it, the comment and blank lines above it, the comment after it, and the line of the source it came from.
 */
export interface Token {
  readonly kind: 'name' | 'number' | 'sign' | 'end';
  readonly text: string;
  /** Line of the source, from 1. */
  readonly line: number;
  /** First on its line. */
  readonly starts: boolean;
  /** The spaces before it, on its line. */
  readonly space: string;
  /** The comment and blank lines above it. */
  readonly above: readonly Line[];
  /** The comment after it on its line; '' if there is none. */
  readonly after: string;
  /** Written by a rewrite, not by the author. */
  readonly made?: boolean;
}

export interface Line {
  readonly text: string;
  readonly line: number;
}

/** Marks that `compose` looks for and fold marks around shared text: they say nothing about a finished text. */
const MARK = /^\s*\/\/\s*(?:option|knob|dim|elem)\b|^\s*\/\/[<>]/;

const SPACE_OR_COMMENT = /[ \t]*(?:\/\/[^\n]*)?/y;
const TOKEN =
  /(?<name>[A-Za-z_]\w*)|(?<number>0[xX][\da-fA-F.]+(?:[pP][+-]?\d+[fh]?|[ui])?|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[uifh]?)|(?<sign>&&|\|\||->|<<=|>>=|<<|>>|>=|<=|==|!=|\+\+|--|\+=|-=|\*=|\/=|%=|&=|\|=|\^=|[-+*/%&|^~!<>=.,:;()[\]{}@])/y;

/** `text` in tokens; the last one is the end. Throws on text that is not WGSL. */
export function tokenise(text: string): Token[] {
  const tokens: Token[] = [];
  let above: Line[] = [];
  text.split('\n').forEach((row, index) => {
    const line = index + 1;
    let at = 0;
    let starts = true;
    for (;;) {
      SPACE_OR_COMMENT.lastIndex = at;
      const gap = SPACE_OR_COMMENT.exec(row)![0];
      const [space, comment] = splitGap(gap);
      at += gap.length;
      if (at === row.length) {
        const kept = MARK.test(comment) ? '' : comment;
        if (!starts) tokens[tokens.length - 1] = { ...tokens.at(-1)!, after: kept && space + kept };
        else if (!comment || kept) above.push({ text: kept && space + kept, line });
        return;
      }
      TOKEN.lastIndex = at;
      const found = TOKEN.exec(row);
      if (!found) throw new Error(`line ${line}, column ${at + 1}: "${row.slice(at, at + 12)}" is no WGSL`);
      const kind = found.groups!['name'] ? 'name' : found.groups!['number'] ? 'number' : 'sign';
      tokens.push({ kind, text: found[0], line, starts, space, above, after: '' });
      above = [];
      starts = false;
      at += found[0].length;
    }
  });
  tokens.push({ kind: 'end', text: '', line: above.at(-1)?.line ?? 1, starts: true, space: '', above, after: '' });
  return tokens;
}

function splitGap(gap: string): [space: string, comment: string] {
  const at = gap.indexOf('//');
  return at < 0 ? [gap, ''] : [gap.slice(0, at), gap.slice(at)];
}

/** A piece of the list, and its replacement. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly by: readonly Token[];
}

/** The list after the edits. Of two that overlap the one that begins first (of those the longer one) counts. */
export function applyEdits(tokens: readonly Token[], edits: readonly Edit[]): Token[] {
  const out: Token[] = [];
  let at = 0;
  /** What comes after a cut begins where the cut began, unless it begins a line of its own. */
  let cut: Token | undefined;
  const push = (token: Token) => {
    out.push(cut && !token.starts ? { ...token, starts: cut.starts, space: cut.space, above: cut.above } : token);
    cut = undefined;
  };
  for (const { start, end, by } of edits.toSorted((a, b) => a.start - b.start || b.end - a.end)) {
    if (start < at) continue;
    tokens.slice(at, start).forEach(push);
    const first = tokens[start];
    if (by.length === 0) cut ??= first;
    else {
      const { starts, space } = first;
      const above = by[0].starts ? [...first.above, ...by[0].above] : first.above;
      const list = by.map((token, i) => (i === 0 ? { ...token, starts, space, above } : token));
      if (end > start) list[list.length - 1] = { ...list.at(-1)!, after: tokens[end - 1].after || list.at(-1)!.after };
      list.forEach(push);
    }
    at = end;
  }
  tokens.slice(at).forEach(push);
  return out;
}

/** The text again, and for each of its lines the line of the source. Of several blank lines one stays. */
export function print(tokens: readonly Token[]): { text: string; lines: number[] } {
  const rows: Line[] = [];
  for (const { text, line, starts, space, above, after } of tokens) {
    if (starts) rows.push(...above, { text: space + text + after, line });
    else rows.push({ text: rows.at(-1)!.text + space + text + after, line: rows.pop()!.line });
  }
  const kept = rows.filter(({ text }, i) => text !== '' || (i > 0 && i < rows.length - 1 && rows[i - 1].text !== ''));
  while (kept.at(-1)?.text === '') kept.pop();
  return { text: kept.map(({ text }) => `${text.trimEnd()}\n`).join(''), lines: kept.map(({ line }) => line) };
}
