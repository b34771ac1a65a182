// custom-elements.json: what editors and catalogues know of our elements, read from the classes and their doc comments by the
// analyzer of custom-elements-manifest.org. `node tools/manifest.mjs <file>` writes it; without a file (npm run check) it says what
// is not documented, or documented and not there. A tag of our own, `@key {← →} the tokens beside it`, lists keys; tags of one kind may stand in one line.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { create, ts } from '@custom-elements-manifest/analyzer';
import { litPlugin } from '@custom-elements-manifest/analyzer/src/features/framework-plugins/lit/lit.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const BASE = 'src/elements/core/element.ts';

/** What lit calls, and nobody else. */
const LIFECYCLE =
  /^(connected|disconnected|adopted|attributeChanged|form\w+)Callback$|^(render|update|updated|firstUpdated|willUpdate|shouldUpdate|scheduleUpdate|performUpdate|createRenderRoot|getUpdateComplete)$/;

/** `@key {← →} what they do` or `@key Enter - what it does` */
const KEY = /^(?:\{(.+?)\}\s*-?|(.+?)\s+-)\s*([^]+)$/;

/** Reads our own tag, and leaves out what is not for users of an element. */
function ourTags() {
  return {
    name: 'keys',
    analyzePhase({ ts, node, moduleDoc }) {
      if (!ts.isClassDeclaration(node) || !node.name) return;
      const declaration = moduleDoc.declarations?.find(({ name }) => name === node.name.text);
      if (!declaration) return;
      const keys = ts
        .getJSDocTags(node)
        .filter((tag) => tag.tagName.text === 'key')
        .map((tag) => KEY.exec(ts.getTextOfJSDocComment(tag.comment) ?? ''))
        .flatMap((match) =>
          match ? [{ name: match[1] ?? match[2], description: match[3].trim().replace(/\s+/g, ' ') }] : [],
        );
      if (keys.length) declaration.keys = keys;
      // an overridden method is described where it comes from
      const overrides = node.members
        .filter((member) => ts.getCombinedModifierFlags(member) & ts.ModifierFlags.Override)
        .map((member) => member.name?.getText());
      declaration.members = declaration.members?.filter(
        ({ name, kind }) => !(kind === 'method' && overrides.includes(name)),
      );
    },
    packageLinkPhase({ customElementsManifest }) {
      for (const { declarations = [] } of customElementsManifest.modules)
        for (const declaration of declarations) {
          // `new CustomEvent(name` in the base class is taken for an event of that name
          declaration.events = declaration.events?.filter(({ description }) => description);
          declaration.members = declaration.members?.filter(
            ({ name, privacy, static: isStatic, kind }) =>
              !isStatic &&
              !/^[#_]/.test(name) &&
              (privacy ?? 'public') === 'public' &&
              !(kind === 'method' && LIFECYCLE.test(name)),
          );
        }
    },
  };
}

/** The class file and what it imports of the same area, but not of core/, whose base class speaks for itself. */
function textsOf(path, files, seen = new Set()) {
  const text = files.get(path);
  if (text === undefined || seen.has(path)) return '';
  seen.add(path);
  const imports = [...text.matchAll(/from '(\.[^']+)'/g)].map(([, name]) => posix.join(posix.dirname(path), name));
  return [text, ...imports.filter((to) => !to.includes('/core/')).map((to) => textsOf(to, files, seen))].join('\n');
}

/** Comments prove nothing about the code. `text/*` in a type of files begins none. */
const withoutComments = (text) => text.replace(/(?<!\w)\/\*[^]*?\*\//g, ' ');

/** The analyzer sees a tag of a doc comment only where a line begins. */
const oneALine = (text) =>
  text.replace(/\/\*\*[^]*?\*\//g, (doc) => doc.replace(/ (?=@(?:fires|slot|csspart|cssprop|key) )/g, '\n * '));

/** `define('tag', Class)` → class and tag. */
function tagsOf(files) {
  const calls = [...files.values()].flatMap((text) => [...text.matchAll(/\bdefine\('([\w-]+)', (\w+)\)/g)]);
  return new Map(calls.map(([, tag, name]) => [name, tag]));
}

const matches = (text, pattern) => new Set([...text.matchAll(pattern)].flatMap(([, found]) => found.split(/\s+/)));

/** What is in the code of an element and not in its documentation, or the other way round. */
function faultsOf(declaration, path, text, { tokens, base }) {
  const code = withoutComments(text);
  const all = code + withoutComments(base);
  const { name } = declaration;
  const faults = [];
  const fault = (what) => faults.push(`${path}: ${name}: ${what}`);
  const names = (list = [], own = true) =>
    new Set(list.filter((entry) => !own || !entry.inheritedFrom).map((entry) => entry.name));
  if (!declaration.description) fault('the class has no description');
  if (path !== BASE && !declaration.tagName) fault('no define.ts beside it gives it a tag');
  for (const member of declaration.members ?? [])
    if (!member.description && !member.inheritedFrom) fault(`${member.kind} ${member.name} has no description`);
  for (const [kind, list] of Object.entries({
    '@fires': declaration.events,
    '@slot': declaration.slots,
    '@csspart': declaration.cssParts,
    '@cssprop': declaration.cssProperties,
  }))
    for (const entry of list ?? []) if (!entry.description) fault(`${kind} ${entry.name} has no description`);

  const compare = (kind, list, used, isThere = (documented) => used.has(documented)) => {
    for (const found of used) if (!names(list, false).has(found)) fault(`${found} is used and has no ${kind}`);
    for (const documented of names(list))
      if (!isThere(documented)) fault(`${kind} ${documented} is nowhere in the code`);
  };
  const quoted = (word) => new RegExp(`['"\`\\s]${word}['"\`\\s]`).test(all);
  compare('@fires', declaration.events, matches(code, /(?:\bemit|new (?:Custom)?Event)\(\s*'([^']+)'/g), quoted);
  for (const event of declaration.events ?? []) if (!event.type?.text) fault(`@fires ${event.name} has no {type}`);
  compare('@csspart', declaration.cssParts, matches(code, /\bpart="([^"$]+)"/g), quoted);
  const slots = matches(code, /<slot name="([^"$]+)"/g);
  compare(
    '@slot',
    (declaration.slots ?? []).filter((slot) => slot.name),
    slots,
    quoted,
  );
  const set = matches(all, /(--nt-[\w-]+)'?\s*:/g);
  const free = [...matches(code, /var\((--nt-[\w-]+)/g)].filter((prop) => !set.has(prop) && !tokens.includes(prop));
  compare('@cssprop', declaration.cssProperties, new Set(free), (prop) => code.includes(prop));
  return faults;
}

/**
 * @param {ReadonlyMap<string, string>} files path from the root → text, of src/elements
 * @returns {{ manifest: any, faults: string[] }}
 */
export function manifestOf(files) {
  const base = [BASE, 'src/elements/core/styles.ts'].map((path) => files.get(path) ?? '').join('\n');
  const classes = [...files.keys()].filter((path) => path === BASE || path.endsWith('.class.ts')).toSorted();
  const modules = classes.map((path) =>
    ts.createSourceFile(path, oneALine(files.get(path)), ts.ScriptTarget.ES2022, true),
  );
  const manifest = create({ modules, plugins: [...litPlugin(), ourTags()], context: { dev: false } });
  const values = ['token_values', 'colours'].map((name) => files.get(`src/elements/core/${name}.ts`) ?? '').join('\n');
  const tokens = [...values.matchAll(/^\s+'?([\w-]+)'?: [[`']/gm)].map(([, name]) => `--nt-${name}`);
  const tags = tagsOf(files);
  const faults = [];
  for (const module of manifest.modules) {
    for (const declaration of module.declarations ?? []) {
      const tagName = tags.get(declaration.name);
      if (tagName) Object.assign(declaration, { tagName, customElement: true });
      if (declaration.kind === 'class' && (declaration.superclass || module.path === BASE))
        faults.push(...faultsOf(declaration, module.path, textsOf(module.path, files), { tokens, base }));
    }
    const place = module.path.endsWith('.class.ts')
      ? posix.basename(module.path)
      : `core/${posix.basename(module.path)}`;
    const [from, to] = [module.path, `dist/elements/${place.replace(/\.ts$/, '.js')}`];
    const moved = JSON.stringify(module).replaceAll(`"/${from}"`, `"${to}"`).replaceAll(`"${from}"`, `"${to}"`);
    Object.assign(module, JSON.parse(moved));
  }
  return { manifest, faults };
}

/** The texts of src/elements by path. */
export function sources() {
  const folder = join(root, 'src/elements');
  const names = readdirSync(folder, { recursive: true }).map((name) => String(name).replaceAll('\\', '/'));
  return new Map(
    names
      .filter((name) => name.endsWith('.ts'))
      .map((name) => [`src/elements/${name}`, readFileSync(join(folder, name), 'utf8')]),
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { manifest, faults } = manifestOf(sources());
  for (const fault of faults) console.log(fault);
  const [target] = process.argv.slice(2);
  if (target) {
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, `${JSON.stringify(manifest, undefined, 1)}\n`);
  }
  console.log(`manifest: ${manifest.modules.length} modules, ${faults.length} faults`);
  process.exit(faults.length ? 1 : 0);
}
