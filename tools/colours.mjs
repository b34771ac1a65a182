// Can everybody read the colours? Contrasts of WCAG 2 of every pair of tokens that meet, text on all 101 tints, and distances as
// people with protan, deutan and tritan colour vision see them: Machado, Oliveira, Fernandes 2009, severity 1, in linear light;
// distance in OKLab × 100 (Ottosson 2020), where under 5 is hard to tell. npm run check -- colours
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openLoader } from './load.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const loader = await openLoader();
const { contrast, linear, mix, palette, textOn } = await loader.load(join(root, 'src/elements/core/colours.ts'));
await loader.close();

const TEXT = 4.5;
const GRAPHIC = 3;
const ON_TINTS = 4.58;

/** Which token on which, and the least contrast it may have there. */
const PAIRS = [
  ...['ink', 'soft', 'red', 'blue'].flatMap((name) => ['sheet', 'ground', 'metal'].map((under) => [name, under, TEXT])),
  ...['ink', 'red', 'blue'].map((under) => ['sheet', under, TEXT]), // text on a filled button or mark
  ...['neg', 'pos'].flatMap((name) => ['sheet', 'ground'].map((under) => [name, under, TEXT])),
  ...['sheet', 'ground'].map((under) => ['edge', under, GRAPHIC]),
  ['edge', 'metal', 2.8], // the outline of a pressed control, which its text names as well
  ...[1, 2, 3, 4].map((n) => [`cat-${n}`, 'sheet', 3.3]),
];

/** Colours that must be told apart, with the least distance for light and dark. */
const INKS = ['ink', 'red', 'blue'];
const CATEGORIES = [1, 2, 3, 4].map((n) => `cat-${n}`);
const pairsOf = (names) => names.flatMap((a, i) => names.slice(i + 1).map((b) => [a, b]));
const GROUPS = [
  { name: 'the three inks', pairs: pairsOf(INKS), least: { light: 24, dark: 20 } },
  { name: 'neg and pos', pairs: [['neg', 'pos']], least: { light: 11.5, dark: 13.9 } },
  {
    name: 'categories, and from the inks',
    pairs: [...pairsOf(CATEGORIES), ...CATEGORIES.flatMap((a) => INKS.map((b) => [a, b]))],
    least: { light: 6.5, dark: 6.5 },
  },
];

const VISION = {
  protan: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deutan: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  tritan: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
};

const times = (matrix, vector) => matrix.map((row) => row.reduce((sum, x, i) => sum + x * vector[i], 0));

/** A colour as one kind of eye sees it, in OKLab. */
function seen(colour, vision) {
  const light = times(vision, colour.map(linear)).map((x) => Math.min(1, Math.max(0, x)));
  const cones = times(
    [
      [0.4122214708, 0.5363325363, 0.0514459929],
      [0.2119034982, 0.6806995451, 0.1073969566],
      [0.0883024619, 0.2817188376, 0.6299787005],
    ],
    light,
  ).map(Math.cbrt);
  return times(
    [
      [0.2104542553, 0.793617785, -0.0040720468],
      [1.9779984951, -2.428592205, 0.4505937099],
      [0.0259040371, 0.7827717662, -0.808675766],
    ],
    cones,
  );
}

const apart = (a, b, vision) => {
  const [x, y] = [seen(a, vision), seen(b, vision)];
  return 100 * Math.hypot(...x.map((value, i) => value - y[i]));
};

let faults = 0;
/** One measured number, marked when it is below its limit. */
function cell(value, least) {
  const bad = value < least;
  if (bad) faults++;
  return `${value.toFixed(2)}${bad ? ` < ${least}!` : ''}`;
}

const themes = ['light', 'dark'].map((theme) => [theme, palette(theme)]);

console.log('contrast'.padEnd(34) + themes.map(([theme]) => theme.padEnd(14)).join(''));
for (const [name, under, least] of PAIRS) {
  const cells = themes.map(([, colours]) => cell(contrast(colours[name], colours[under]), least).padEnd(14));
  console.log(`${`${name} on ${under}`.padEnd(24)}${`≥ ${least}`.padEnd(10)}${cells.join('')}`);
}

const worst = themes.map(([, { sheet, ink }]) => {
  const tints = Array.from({ length: 101 }, (_, i) => mix(sheet, ink, i / 100));
  return cell(Math.min(...tints.map((tint) => contrast(textOn(tint), tint))), ON_TINTS).padEnd(14);
});
console.log(`${'text on the worst tint'.padEnd(24)}${`≥ ${ON_TINTS}`.padEnd(10)}${worst.join('')}`);

console.log('');
console.log('least distance');
for (const { name, pairs, least } of GROUPS)
  for (const [kind, vision] of Object.entries(VISION)) {
    const cells = themes.map(([theme, colours]) => {
      const all = pairs.map(([a, b]) => apart(colours[a], colours[b], vision));
      return cell(Math.min(...all), least[theme]).padEnd(14);
    });
    console.log(`${`${name}, ${kind}`.padEnd(34)}${cells.join('')}≥ ${least.light}, ${least.dark}`);
  }

console.log(`${faults} below their limit`);
process.exit(faults ? 1 : 0);
