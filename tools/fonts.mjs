// The one font of the site: demo/public/fonts/newsreader.woff2, a part of Newsreader (OFL-1.1), with its licence, and demo/fonts.css
// with a fallback of the same measures, so that nothing moves when it arrives. Written by `node tools/fonts.mjs`; npm run check says
// when a file is stale (--check).
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import subsetFont from 'subset-font';

const root = fileURLToPath(new URL('..', import.meta.url));
const require = createRequire(import.meta.url);
const home = dirname(require.resolve('@fontsource-variable/newsreader/package.json'));

const ASCII = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i)).join('');
const SIGNS = '\u00a0\u2009\u202f…“”‘’–—−·×±§°²³•£©→↑↓≤≥≈√';
const ACCENTED = 'ÀÉàáâäæçèéêëíîïñóôöùúûüœ';
const MOST_BYTES = 30_000;

/** One table of a font file. */
function table(font, tag) {
  for (let i = 0, at = 12; i < font.readUInt16BE(4); i++, at += 16)
    if (font.toString('latin1', at, at + 4) === tag)
      return font.subarray(font.readUInt32BE(at + 8), font.readUInt32BE(at + 8) + font.readUInt32BE(at + 12));
  throw new Error(`the font has no table ${tag}`);
}

/** Character code → glyph, of the table's Unicode part (format 4). */
function glyphs(font) {
  const cmap = table(font, 'cmap');
  const map = new Map();
  for (let i = 0; i < cmap.readUInt16BE(2); i++) {
    const part = cmap.subarray(cmap.readUInt32BE(8 + 8 * i));
    if (part.readUInt16BE(0) !== 4) continue;
    const doubled = part.readUInt16BE(6); // two bytes for each segment
    for (let s = 0; s < doubled; s += 2) {
      const [end, start] = [part.readUInt16BE(14 + s), part.readUInt16BE(16 + doubled + s)];
      const delta = part.readUInt16BE(16 + 2 * doubled + s);
      const at = 16 + 3 * doubled + s;
      const offset = part.readUInt16BE(at);
      for (let code = start; code <= end && code < 0xffff; code++) {
        const glyph = offset ? part.readUInt16BE(at + offset + 2 * (code - start)) : code;
        if (glyph) map.set(code, (glyph + delta) & 0xffff);
      }
    }
  }
  return map;
}

/** Letters as often as English has them, with its spaces: what the mean width of a text is taken over. */
const LETTERS = 'aaabcdeeeefghiijklmnnoopqrrssttuvwxyz      ';

/** Mean width of LETTERS in Times New Roman and what has its measures, in ems. */
const TIMES = 854.3953488372093 / 2048;

/** Ascent, descent, gap and mean width, in ems. */
function measures(font) {
  const em = table(font, 'head').readUInt16BE(18);
  const hhea = table(font, 'hhea');
  const hmtx = table(font, 'hmtx');
  const last = hhea.readUInt16BE(34) - 1;
  const map = glyphs(font);
  const widths = [...LETTERS].map((c) => hmtx.readUInt16BE(4 * Math.min(last, map.get(c.codePointAt(0)))));
  return {
    ascent: hhea.readInt16BE(4) / em,
    descent: -hhea.readInt16BE(6) / em,
    gap: hhea.readInt16BE(8) / em,
    width: widths.reduce((sum, width) => sum + width, 0) / LETTERS.length / em,
    map,
  };
}

/** A list in lines as the formatter breaks them. */
function wrapped(items) {
  const lines = ['   '];
  for (const [i, item] of items.entries()) {
    const word = ` ${item}${i < items.length - 1 ? ',' : ''}`;
    if (lines.at(-1).length + word.length > 120) lines.push('   ');
    lines[lines.length - 1] += word;
  }
  return lines.join('\n');
}

async function make() {
  const source = readFileSync(join(home, 'files', 'newsreader-latin-opsz-normal.woff2'));
  const options = { variationAxes: { opsz: 24, wght: { min: 400, max: 600, default: 400 } } };
  const text = ASCII + SIGNS + ACCENTED;
  const [woff2, sfnt] = await Promise.all(
    ['woff2', 'sfnt'].map((targetFormat) => subsetFont(source, text, { ...options, targetFormat })),
  );
  if (woff2.length > MOST_BYTES) throw new Error(`newsreader.woff2 has ${woff2.length} bytes, at most ${MOST_BYTES}`);
  const { ascent, descent, gap, width, map } = measures(sfnt);
  const missing = [...(ASCII + ACCENTED)].filter((c) => !map.has(c.codePointAt(0)));
  if (missing.length) throw new Error(`Newsreader lacks ${missing.join(' ')}`);
  const size = width / TIMES;
  const percent = (x) => `${Number((100 * x).toFixed(2))}%`;
  const ranges = [...map.keys()]
    .toSorted((a, b) => a - b)
    .reduce((list, code) => {
      const open = list.at(-1);
      if (open && open[1] === code - 1) open[1] = code;
      else list.push([code, code]);
      return list;
    }, [])
    .map(([from, to]) => `U+${from.toString(16)}${to > from ? `-${to.toString(16)}` : ''}`);
  const css = `/* Written by tools/fonts.mjs. */
@font-face {
  font-family: Newsreader;
  src: url('/fonts/newsreader.woff2') format('woff2');
  font-weight: 400 600;
  font-display: swap;
  unicode-range:
${wrapped(ranges)};
}
/* Until it has come: a font of the system, made as wide and as high. */
@font-face {
  font-family: 'Newsreader fallback';
  src: local('Times New Roman'), local('Liberation Serif'), local('Tinos');
  size-adjust: ${percent(size)};
  ascent-override: ${percent(ascent / size)};
  descent-override: ${percent(descent / size)};
  line-gap-override: ${percent(gap / size)};
}
:root {
  --nt-face: Newsreader, 'Newsreader fallback', ui-serif, Georgia, 'Songti SC', 'Noto Serif CJK SC', serif;
}
`;
  return {
    'demo/public/fonts/newsreader.woff2': woff2,
    'demo/public/fonts/newsreader-OFL.txt': readFileSync(join(home, 'LICENSE')),
    'demo/fonts.css': Buffer.from(css),
  };
}

let stale = 0;
for (const [name, bytes] of Object.entries(await make())) {
  const path = join(root, name);
  if (process.argv.includes('--check')) {
    if (existsSync(path) && bytes.equals(readFileSync(path))) continue;
    console.log(`${name} is stale: node tools/fonts.mjs`);
    stale++;
  } else {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, bytes);
    console.log(`${name}: ${bytes.length} bytes`);
  }
}
process.exit(stale ? 1 : 0);
