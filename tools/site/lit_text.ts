/** A lit template as the HTML of a first picture: texts, attributes and nested templates, without listeners. */
import { noChange, nothing } from 'lit';

/** What `vars` would set on an element: a page's CSS does it, because strict policies refuse `style="…"`. */
export class Rules {
  readonly #rules = new Map<string, string>();

  /** An attribute that selects the rule with these properties. */
  attribute(values: Readonly<Record<string, string | number>>): string {
    const text = Object.entries(values)
      .map(([name, value]) => `${name}:${value}`)
      .join(';');
    const key = this.#rules.get(text) ?? `${this.#rules.size}`;
    this.#rules.set(text, key);
    return `data-r="${key}"`;
  }

  get css(): string {
    return [...this.#rules].map(([text, key]) => `[data-r='${key}']{${text}}`).join('\n');
  }
}

const escaped = (text: string): string =>
  text.replace(/[&<>"]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[c]!);

interface Template {
  readonly strings: readonly string[];
  readonly values: readonly unknown[];
}
interface Directed {
  readonly _$litDirective$: new (part: { type: number }) => { render(...values: unknown[]): unknown };
  readonly values: readonly unknown[];
}

/** A child's value. */
export function textOf(value: unknown, rules: Rules): string {
  if (value === nothing || value === noChange || value === undefined || value === null) return '';
  if (typeof value === 'string' || typeof value === 'number') return escaped(String(value));
  if (Array.isArray(value)) return value.map((item) => textOf(item, rules)).join('');
  if (typeof value === 'object' && '_$litDirective$' in value) return textOf(directed(value as Directed), rules);
  if (typeof value === 'object' && 'strings' in value) return templateText(value as Template, rules);
  if (typeof value === 'object' && Symbol.iterator in value) return textOf([...(value as Iterable<unknown>)], rules);
  throw new Error(`a first picture cannot show ${typeof value}`);
}

const CHILD = 2;
const directed = ({ _$litDirective$: Kind, values }: Directed): unknown => new Kind({ type: CHILD }).render(...values);

function templateText({ strings, values }: Template, rules: Rules): string {
  let out = '';
  strings.forEach((string, i) => {
    out += string;
    if (i >= values.length) return;
    const value = values[i];
    const tag = out.lastIndexOf('<') > out.lastIndexOf('>') ? out.slice(out.lastIndexOf('<')) : undefined;
    if (tag === undefined) out += textOf(value, rules);
    else out = withHole(out, tag, value, rules);
  });
  return out.replace(/<!--.*?-->/gs, '').replace(/\s*\n\s*/g, ' ');
}

/** A value inside a start tag: an attribute's, a property's, a listener or a directive. */
function withHole(out: string, tag: string, value: unknown, rules: Rules): string {
  const [whole, kind, name] = /\s([.?@]?)([\w-]+)=$/.exec(tag) ?? [];
  if (whole === undefined) {
    const inQuotes = (tag.split('"').length - 1) % 2 === 1;
    if (inQuotes) return out + escaped(String(value));
    return out + rules.attribute((value as Directed).values[0] as Record<string, string>);
  }
  const before = out.slice(0, -whole.length);
  if (kind === '@') return before;
  if (kind === '?') return value ? `${before} ${name}` : before;
  if (value === nothing) return before;
  return `${before} ${name}="${escaped(String(value))}"`; // a property is its attribute here: value, checked
}
