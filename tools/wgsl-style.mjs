// House style of a WGSL file, as faults with line numbers. CONTRIBUTING.md says the same to people.

/** Lines that src/kernels/compose.ts rewrites, by mark; a marked line of another form would silently keep its default. */
const MARKED = {
  option: /^\s*const \w+\s*: (u32|i32|bool|f32)\s*= [^;]+;\s*\/\/ option\b/,
  dim: /^\s*const \w+\s*: (u32|i32|bool|f32)\s*= [^;]+;\s*\/\/ dim\b/,
  knob: /^\s*(const|override) \w+\s*: (u32|i32|bool|f32)\s*= [^;]+;\s*\/\/ knob\b/,
  elem: /^alias \w+\s*= \w+\s*;\s*\/\/ elem\b/,
};

const MAX_COLUMNS = 140;

/** Lines of a head that draw something: indented by three. */
const DIAGRAM = /^\/\/ {3}/;

/**
 * Faults of one shader.
 * @param {string} path shaders/<op>/<variant>.wgsl
 * @param {string} text
 * @returns {string[]} `path:line: what, and what to do`
 */
export function checkStyle(path, text) {
  const faults = [];
  const fault = (index, message) => faults.push(`${path}:${index + 1}: ${message}`);
  const lines = text.split('\n');
  if (lines.at(-1) !== '') fault(lines.length - 1, 'no newline at the end of the file');

  const [, op, variant] = /([^/]+)\/([^/]+)\.wgsl$/.exec(path) ?? [];
  const title = `// ${op} / ${variant}`;
  if (lines[0] !== title && !lines[0].startsWith(`${title} (`))
    fault(0, `the first line must be "${title}", then perhaps a note in brackets`);
  const head = lines.slice(
    0,
    lines.findIndex((line) => !line.startsWith('//')),
  );
  const prose = head.filter((line) => !DIAGRAM.test(line)).length;
  if (prose < 3 || prose > 6)
    fault(0, `the head comment has ${prose} lines: 3 to 6 (equation, what a workgroup makes, when it wins, source)`);
  if (head.length - prose > 6) fault(0, `the head's diagram has ${head.length - prose} lines; at most 6`);
  if (variant.startsWith('quad') && head.length === prose)
    fault(
      0,
      'a quad kernel shows in its head which lane holds and loads what: a diagram of lines that begin with "//   "',
    );

  const commentColumns = new Map(); // column → first line of a shape comment there
  let open = ''; // the block that a line `//> name` opened
  lines.forEach((line, i) => {
    if (line.includes('\t')) fault(i, 'a tab; use two spaces');
    if (/\s$/.test(line)) fault(i, 'spaces at the end of the line');
    if ([...line].length > MAX_COLUMNS) fault(i, `${[...line].length} columns; at most ${MAX_COLUMNS}`);

    const [, mark] = /;\s*\/\/\s*(\w+)\b/.exec(line) ?? [];
    if (mark && Object.hasOwn(MARKED, mark) && !MARKED[mark].test(line))
      fault(i, `marked "${mark}", but not of the form that compose.ts rewrites: ${MARKED[mark].source}`);
    const [, block, name] = /^\s*\/\/([<>]) ?(.*)$/.exec(line) ?? [];
    if (block === '>') {
      if (open) fault(i, `block "${name}" begins inside block "${open}"`);
      open = name;
    } else if (block === '<') {
      if (open !== name) fault(i, `block "${name}" ends, but ${open ? `"${open}" is open` : 'none is open'}`);
      open = '';
    } else if (/(^|\s)\/\/[^\s/]/.test(line))
      fault(i, 'a comment needs a space after //; the only marks are //> and //< (shared blocks)');

    if (/@binding\(/.test(line)) {
      const binding =
        /^@group\(0\) @binding\(\d+\) var<(storage, read|storage, read_write|uniform)>\s+\w+\s*: [^;]+;(.*)$/.exec(
          line,
        );
      if (!binding) fault(i, 'write a binding as "@group(0) @binding(n) var<…> name: type; // (shape)" on one line');
      else if (binding[1] !== 'uniform') {
        if (!/^\s+\/\/ \([^)]+\)/.test(binding[2])) fault(i, 'a storage binding needs its shape behind it: // (B T C)');
        else commentColumns.set(line.indexOf('// ('), commentColumns.get(line.indexOf('// (')) ?? i);
      }
    }
  });
  if (open) fault(lines.length - 1, `block "${open}" is never closed`);
  if (commentColumns.size > 1) fault([...commentColumns.values()][1], 'shape comments must stand in one column');
  return faults;
}
