// src/elements/core/icons.gen.ts: the icons of Lucide that elements and site use, as path data. Written by `node tools/icons.mjs`;
// npm run check says when it is stale (--check). A name says what a button does, not what it shows.
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const require = createRequire(import.meta.url);
const target = join(root, 'src/elements/core/icons.gen.ts');

/** Our name → Lucide's. */
const ICONS = {
  step: 'step-forward',
  run: 'play',
  stop: 'square',
  pause: 'pause',
  reset: 'rotate-ccw',
  share: 'share-2',
  copy: 'copy',
  download: 'download',
  upload: 'upload',
  table: 'table-2',
  record: 'circle-dot',
  link: 'link',
  theme: 'sun-moon',
  language: 'languages',
  check: 'check',
  cross: 'x',
  menu: 'menu',
  help: 'circle-question-mark',
  minus: 'minus',
  plus: 'plus',
  eye: 'eye',
  print: 'printer',
  present: 'presentation',
};

/** A shape of an SVG as the data of a path. */
function pathData([tag, attributes]) {
  const { x, y, width: w, height: h, rx: r = 0, cx, cy, r: radius } = attributes;
  const n = Object.fromEntries(Object.entries({ x, y, w, h, r, cx, cy, radius }).map(([k, v]) => [k, Number(v)]));
  if (tag === 'rect') {
    const corner = (dx, dy) => (n.r ? `a${n.r} ${n.r} 0 0 1 ${dx} ${dy}` : '');
    const [across, down] = [n.w - 2 * n.r, n.h - 2 * n.r];
    return [
      `M${n.x + n.r} ${n.y}h${across}${corner(n.r, n.r)}v${down}${corner(-n.r, n.r)}`,
      `h${-across}${corner(-n.r, -n.r)}v${-down}${corner(n.r, -n.r)}z`,
    ].join('');
  }
  if (tag === 'circle') {
    const half = (dx) => `a${n.radius} ${n.radius} 0 1 1 ${dx} 0`;
    return `M${n.cx - n.radius} ${n.cy}${half(2 * n.radius)}${half(-2 * n.radius)}z`;
  }
  if (tag === 'line') return `M${attributes.x1} ${attributes.y1}L${attributes.x2} ${attributes.y2}`;
  if (tag !== 'path') throw new Error(`no rule to make a path of <${tag}>: add it to tools/icons.mjs`);
  // at the start of a path a relative move is an absolute one; in the middle of a longer path it would not be
  return attributes.d.replace(/^m\s*(-?[\d.]+)[\s,]*(-?[\d.]+)\s*(?=[\d.-])/, 'M$1 $2l').replace(/^m/, 'M');
}

/** @returns {string} the text of icons.gen.ts */
export function renderIcons() {
  const nodes = require('lucide-static/icon-nodes.json');
  const { version } = require('lucide-static/package.json');
  const lines = [
    `// Written by tools/icons.mjs from lucide-static ${version}: the data of one path each, drawn by icon.ts.`,
    '// ISC License, Copyright (c) Lucide Icons and Contributors; some are of Feather: MIT License, Copyright (c) Cole Bemis.',
    '// Both licences: https://lucide.dev/license',
  ];
  for (const [name, lucide] of Object.entries(ICONS)) {
    const shapes = nodes[lucide];
    if (!shapes) throw new Error(`lucide-static ${version} has no icon ${lucide}`);
    lines.push('', `/** Lucide’s ${lucide}. */`, `export const ${name} = '${shapes.map(pathData).join('')}';`);
  }
  return `${lines.join('\n')}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const text = renderIcons();
  if (!process.argv.includes('--check')) writeFileSync(target, text);
  else if (readFileSync(target, 'utf8') !== text) {
    console.log('src/elements/core/icons.gen.ts is stale: node tools/icons.mjs');
    process.exit(1);
  }
}
