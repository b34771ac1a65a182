// Every exported function and class has an @example, and every @example compiles against the sources: `npm run check -- docs` runs this
// after TypeDoc. An example is a module of its own. What the entries export is imported for it; what a page or a program has at hand
// (`model`, `engine`, `text`, …) is declared in examples.d.ts.
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = fileURLToPath(new URL('..', import.meta.url)).replaceAll('\\', '/'); // as TypeScript writes paths
const entries = ['src/index.ts', 'src/train/index.ts', 'src/bench/index.ts'].map((entry) => root + entry);
const { config } = ts.readConfigFile(`${root}tsconfig.json`, ts.sys.readFile);
const { options } = ts.convertCompilerOptionsFromJson({ ...config.compilerOptions, noEmit: true }, root);
const base = ts.readConfigFile(`${root}tsconfig.base.json`, ts.sys.readFile).config.compilerOptions;
const settings = {
  ...ts.convertCompilerOptionsFromJson(base, root).options,
  ...options,
  noUnusedLocals: false,
  noUnusedParameters: false,
  verbatimModuleSyntax: false, // a type is imported as any other name
};
const place = (node) => {
  const file = node.getSourceFile();
  return `${file.fileName.slice(root.length)}:${file.getLineAndCharacterOfPosition(node.getStart()).line + 1}`;
};
const problems = [];

/** The public names by entry, and the examples in the files that declare them. */
const program = ts.createProgram([...entries], settings);
const checker = program.getTypeChecker();
const homes = new Map();
const examples = new Map();
for (const entry of entries)
  for (const name of checker.getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(entry)))) {
    const symbol = name.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(name) : name;
    if (!homes.has(name.name)) homes.set(name.name, entry);
    const [node] = symbol.declarations;
    const called =
      symbol.flags & ts.SymbolFlags.Value && checker.getTypeOfSymbolAtLocation(symbol, node).getCallSignatures().length;
    const tags = symbol.getJsDocTags(checker).filter((tag) => tag.name === 'example');
    if ((called || symbol.flags & ts.SymbolFlags.Class) && !tags.length)
      problems.push(`${place(node)} ${name.name} has no @example`);
    collect(node);
  }

/** Examples of a declaration and of its members. */
function collect(node) {
  for (const tag of ts.getJSDocTags(node))
    if (tag.tagName.text === 'example') examples.set(place(tag), ts.getTextOfJSDocComment(tag.comment) ?? '');
  node.members?.forEach(collect);
}

/** Each example as a module beside the sources, in memory. */
const modules = new Map();
for (const [where, text] of examples) {
  const words = new Set(text.replace(/'[^']*'/g, '').match(/(?<![.\w])[A-Za-z]\w*/g));
  const own = new Set(
    [...text.matchAll(/\b(?:const|let) (.+?) (?:=|of) /g)].flatMap(([, names]) => names.match(/\b[a-z]\w*/g)),
  );
  const imports = [...homes].filter(([name]) => words.has(name) && !own.has(name));
  const lines = imports.map(([name, entry]) => `import { ${name} } from '${entry}';`);
  modules.set(`${root}example-${modules.size}.ts`, { where, text: `${lines.join(' ')} export {};\n${text}` });
}
const host = ts.createCompilerHost(settings);
const { getSourceFile, fileExists } = host;
host.fileExists = (name) => modules.has(name) || fileExists(name);
host.getSourceFile = (name, ...rest) =>
  modules.has(name)
    ? ts.createSourceFile(name, modules.get(name).text, ts.ScriptTarget.ESNext, true)
    : (program.getSourceFile(name) ?? getSourceFile(name, ...rest));
const ambient = `${root}tools/examples.d.ts`;
const compiled = ts.createProgram([...modules.keys(), ambient], settings, host);
for (const name of [...modules.keys(), ambient]) {
  const file = compiled.getSourceFile(name);
  for (const { messageText } of [...compiled.getSyntacticDiagnostics(file), ...compiled.getSemanticDiagnostics(file)])
    problems.push(`${modules.get(name)?.where ?? name}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`);
}
for (const problem of problems) console.error(problem);
console.log(`${examples.size} examples, ${problems.length} problems`);
process.exit(problems.length ? 1 : 0);
