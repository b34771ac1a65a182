// A Vite plugin for the folder of nextoken.js: what lit's decorators do, without them. Each becomes a call with its name and a descriptor
// in every build; here a class tells its properties at once, in a static block, and the decorators are not loaded.
import ts from 'typescript';

const FIRST = new Set(['property', 'state']);

/** The name and the argument of a decorator such as `@property({ … })`. */
function calledAs(decorator) {
  const { expression } = decorator;
  if (!ts.isCallExpression(expression) || !ts.isIdentifier(expression.expression)) return [];
  return [expression.expression.text, expression.arguments];
}

/** A module without `@property`, `@state` and `@query`, if it has no other decorator. */
export function withoutDecorators(code, name) {
  const source = ts.createSourceFile(name, code, ts.ScriptTarget.Latest, true);
  const edits = [];
  let known = true;
  const visitClass = (node) => {
    const properties = [];
    for (const member of node.members)
      for (const decorator of ts.canHaveDecorators(member) ? (ts.getDecorators(member) ?? []) : []) {
        const [kind, [argument] = []] = calledAs(decorator);
        const key = member.name.getText();
        if (FIRST.has(kind)) {
          const options = kind === 'state' ? '{ state: true }' : (argument?.getText() ?? '{}');
          properties.push(`${key}: ${options}`);
          edits.push([decorator.getStart(), decorator.end, '']);
        } else if (kind === 'query' && argument && ts.isStringLiteral(argument) && ts.isPropertyDeclaration(member))
          edits.push([
            member.getStart(),
            member.end,
            `get ${key}(): any { return this.renderRoot?.querySelector(${argument.getText()}) ?? null; }`,
          ]);
        else known = false;
      }
    if (properties.length) {
      const at = node.members[0].getFullStart();
      const each = `for (const [name, options] of Object.entries({ ${properties.join(', ')} })) this.createProperty(name, options as any);`;
      edits.push([at, at, `\nstatic { ${each} }\n`]);
    }
  };
  const visit = (node) => {
    if (ts.isClassDeclaration(node)) visitClass(node);
    ts.forEachChild(node, visit);
  };
  visit(source);
  if (!known || !edits.length) return code;
  for (const statement of source.statements)
    if (ts.isImportDeclaration(statement) && statement.moduleSpecifier.text === 'lit/decorators.js')
      edits.push([statement.getStart(), statement.end, '']);
  return edits
    .sort((a, b) => b[0] - a[0] || b[1] - a[1])
    .reduce((out, [from, to, by]) => out.slice(0, from) + by + out.slice(to), code);
}

/** @returns {import('vite').Plugin} */
export function leanDecorators() {
  return {
    name: 'lean-decorators',
    enforce: 'pre',
    transform(code, id) {
      if (!/\/src\/elements\/.*\.ts$/.test(id) || !code.includes('lit/decorators.js')) return null;
      return { code: withoutDecorators(code, id), map: null };
    },
  };
}
