// Chinese for the bundled browser, which brings only Open Sans: Noto Sans SC from the dependencies, regular and bold, as files that
// fontconfig reads. About a second.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
const root = fileURLToPath(new URL('..', import.meta.url));

/** Part of the name of the unpacked browser: one with other fonts is another one. */
export const FONTS_VERSION = 'fonts-1';

/** Signs of our texts and pictures that Open Sans lacks; only slices have them, and none has ⏎ ⇥ ␣. */
const SIGNS = '←↑→↓↔√∞≈≠≤≥−■□▲△◆◇●○★✓✕';

/** The Chinese of GB 2312: its 6763 characters and its punctuation. */
function everyday() {
  const decoder = new TextDecoder('gbk');
  const cells = [];
  for (let row = 0xa1; row <= 0xf7; row++)
    for (let cell = 0xa1; cell <= 0xfe; cell++) cells.push(decoder.decode(Uint8Array.of(row, cell)));
  return cells.join('').replaceAll('\ufffd', '');
}

/** Is a character in ranges as a stylesheet writes them, U+4e00-4e0b,U+4e0d? */
function covers(ranges, character) {
  const code = character.codePointAt(0);
  return ranges.split(',').some((range) => {
    const [from, to = from] = range
      .replace(/^U\+/i, '')
      .split('-')
      .map((end) => parseInt(end, 16));
    return code >= from && code <= to;
  });
}

/**
 * Which files have which characters: one has everyday Chinese, a hundred slices have the rest. The poems that a model of ours was
 * trained on use a few hundred older forms.
 */
async function filesFor(characters) {
  const common = everyday();
  const files = new Map([['chinese-simplified', common]]);
  const slices = Object.entries(require('@fontsource/noto-sans-sc/unicode.json'));
  for (const character of characters) {
    if (common.includes(character) && !SIGNS.includes(character)) continue;
    const slice = slices.find(([key, ranges]) => /^\[\d+\]$/.test(key) && covers(ranges, character));
    if (!slice) continue; // not in the font
    const name = slice[0].slice(1, -1);
    files.set(name, (files.get(name) ?? '') + character);
  }
  return files;
}

/**
 * For fonts.conf. The files all call themselves "Noto Sans SC Thin". Pages ask for other names, and Chromium finds a fallback by its
 * name, so each slice needs one of its own.
 */
function rule(name) {
  const families = name === 'chinese-simplified' ? ['Noto Sans CJK SC', 'Noto Sans SC'] : [`Noto Sans SC ${name}`];
  return `<match target="scan">
    <test name="file" compare="contains"><string>noto-sans-sc-${name}-</string></test>
    <edit name="family" mode="assign">${families.map((family) => `<string>${family}</string>`).join('')}</edit>
    <edit name="lang" mode="assign"><string>zh-cn</string></edit>
  </match>`;
}

/**
 * Writes the fonts into a folder.
 * @returns {Promise<string>} what fonts.conf has to say of them
 */
export async function writeChineseFonts(folder) {
  const subsetFont = require('subset-font');
  const home = dirname(require.resolve('@fontsource/noto-sans-sc/package.json'));
  const { characters } = JSON.parse(await readFile(join(root, 'models', 'tang', 'tokenizer.json'), 'utf8'));
  await mkdir(folder, { recursive: true });
  const files = await filesFor(SIGNS + characters);
  for (const [name, text] of files)
    for (const weight of [400, 700]) {
      const source = await readFile(join(home, 'files', `noto-sans-sc-${name}-${weight}-normal.woff2`));
      const font = await subsetFont(source, text, { targetFormat: 'truetype' });
      await writeFile(join(folder, `noto-sans-sc-${name}-${weight}.ttf`), font);
    }
  return [...files.keys()].map(rule).join('\n  ');
}
