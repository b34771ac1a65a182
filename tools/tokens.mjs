// demo/tokens.css: the design tokens on the site's own page, from the same values as the elements'. Written by `node tools/tokens.mjs`;
// npm run check says when it is stale (--check).
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openLoader } from './load.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const target = join(root, 'demo/tokens.css');

const loader = await openLoader();
const load = (file) => loader.load(join(root, 'src/elements/core', file));
const { declare, FONTS, FORCED, PRINTED, THEMED } = await load('token_values.ts');
await loader.close();

const rule = (selector, body) => `${selector} {\n${body}\n}\n`;
const inMedia = (query, body) => rule(`@media ${query}`, rule(':root', body).trimEnd().replace(/^/gm, '  '));

const text = [
  '/* Written by tools/tokens.mjs from src/elements/core: the elements take these from the page, and a theme chosen by `data-theme`. */\n',
  rule(':root', `  color-scheme: var(--nt-scheme, light dark);\n${declare({ ...THEMED, ...FONTS })}`),
  rule(":root[data-theme='light']", '  --nt-scheme: light;'),
  rule(":root[data-theme='dark']", '  --nt-scheme: dark;'),
  inMedia('(forced-colors: active)', declare(FORCED)),
  inMedia('print', `  color-scheme: light;\n${declare(PRINTED)}`),
].join('');

if (!process.argv.includes('--check')) writeFileSync(target, text);
else if (readFileSync(target, 'utf8') !== text) {
  console.log('demo/tokens.css is stale: node tools/tokens.mjs');
  process.exit(1);
}
