// A Vite plugin for the folder of nextoken.js: styles and templates are written for people, with indentation and comments that a minifier
// leaves alone because they are in strings. What a browser makes of them stays the same.
import ts from 'typescript';

/** A style sheet, or a part between two holes of one: no comments, no space that separates nothing. Strings stay as they are. */
export function minifyCss(text) {
  return text
    .split(/("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\/\*[^]*?\*\/)/)
    .map((part, i) => (i % 2 === 0 ? part.replace(/\s+/g, ' ') : part.startsWith('/*') ? ' ' : `\0${part}\0`))
    .join('')
    .split('\0')
    .map((part, i) =>
      i % 2
        ? part
        : part
            .replace(/ +/g, ' ')
            .replace(/ ?([{};,]) ?/g, '$1')
            .replace(/: /g, ':')
            .replace(/;\}/g, '}'),
    )
    .join('');
}

/**
 * A template's parts between its holes. Space in a tag becomes as little as possible, in a text one space, which is what it is shown as;
 * what stands in quotes stays as it is.
 */
export function minifyHtml(parts) {
  let inTag = false;
  let quote = '';
  return parts.map((text) => {
    let out = '';
    for (const char of text) {
      if (quote) {
        if (char === quote) quote = '';
        out += char;
      } else if (/\s/.test(char)) {
        if (!/\s$/.test(out)) out += ' ';
      } else {
        if (inTag && /["']/.test(char)) quote = char;
        if (inTag && char === '>') out = out.trimEnd();
        inTag = char === '<' ? true : char === '>' ? false : inTag;
        out += char;
      }
    }
    return out;
  });
}

/** A module with its css`…` and html`…` made small. */
export function minifyTemplates(code, name) {
  const source = ts.createSourceFile(name, code, ts.ScriptTarget.Latest, true);
  const cuts = [];
  const visit = (node) => {
    if (ts.isTaggedTemplateExpression(node) && ['css', 'html', 'svg'].includes(node.tag.getText())) {
      const { template } = node;
      const parts = ts.isNoSubstitutionTemplateLiteral(template)
        ? [template]
        : [template.head, ...template.templateSpans.map(({ literal }) => literal)];
      const places = parts.map((part, i) => [part.getStart() + 1, part.end - (i === parts.length - 1 ? 1 : 2)]);
      const texts = places.map(([from, to]) => code.slice(from, to));
      const small = node.tag.getText() === 'css' ? texts.map(minifyCss) : minifyHtml(texts);
      places.forEach(([from, to], i) => cuts.push([from, to, small[i]]));
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return cuts
    .sort((a, b) => b[0] - a[0])
    .reduce((out, [from, to, by]) => out.slice(0, from) + by + out.slice(to), code);
}

/** @returns {import('vite').Plugin} */
export function minifiedTemplates() {
  return {
    name: 'minified-templates',
    enforce: 'pre',
    transform(code, id) {
      if (!/\/src\/elements\/.*\.ts$/.test(id) || !/\b(css|html|svg)`/.test(code)) return null;
      return { code: minifyTemplates(code, id), map: null };
    },
  };
}
