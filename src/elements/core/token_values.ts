/** The values of all custom properties as CSS, by name without `--nt-`. tokens.ts gives them to elements, tools/tokens.mjs to the site. */
import { COLOUR_NAMES, COLOURS, hex, rgb } from './colours.ts';

type Values = Record<string, string>;

const eachColour = (value: (name: (typeof COLOUR_NAMES)[number]) => string): Values =>
  Object.fromEntries(COLOUR_NAMES.map((name) => [name, value(name)]));

/** Elements load no font; Chinese is always the system's. */
export const FONTS: Values = {
  face: `ui-serif, Georgia, 'Songti SC', 'Noto Serif CJK SC', serif`,
  ui: `system-ui, 'PingFang SC', 'Noto Sans CJK SC', 'Microsoft YaHei', sans-serif`,
  mono: `ui-monospace, 'SF Mono', 'Cascadia Mono', Menlo, Consolas, 'Noto Sans Mono CJK SC', monospace`,
};

/** Light and dark in one value; `color-scheme` of the place of use decides. */
export const THEMED: Values = eachColour((name) => {
  const [light, dark] = COLOURS[name];
  return `light-dark(${hex(rgb(light))}, ${hex(rgb(dark))})`;
});

/** `theme="inherit"`: the page's own text colour on its own canvas. The other inks keep their hue, in the page's scheme. */
export const INHERITED: Values = {
  ground: 'Canvas',
  sheet: 'Canvas',
  metal: 'color-mix(in srgb, var(--nt-inherited, currentColor) 10%, Canvas)',
  ink: 'var(--nt-inherited, currentColor)',
  soft: 'color-mix(in srgb, var(--nt-inherited, currentColor) 78%, Canvas)',
  edge: 'color-mix(in srgb, var(--nt-inherited, currentColor) 58%, Canvas)',
  line: 'color-mix(in srgb, var(--nt-inherited, currentColor) 22%, Canvas)',
};

/**
 * Forced colours. Red is Highlight and not Mark, because it is a text and an outline on Canvas as well, and Mark (yellow in every
 * theme) cannot be seen on white. What was told apart by hue keeps its sign, marker or dash.
 */
export const FORCED: Values = {
  ...eachColour(() => 'CanvasText'),
  ground: 'Canvas',
  sheet: 'Canvas',
  metal: 'Canvas',
  line: 'GrayText',
  red: 'Highlight',
  blue: 'LinkText',
};

/** On paper: white and black; the other inks are those of the light theme. */
export const PRINTED: Values = { ground: '#fff', sheet: '#fff', metal: '#fff', ink: '#000' };

/** Declarations of a rule, one a line. */
export function declare(values: Values, mark = ''): string {
  return Object.entries(values)
    .map(([name, value]) => `  --nt-${name}: ${value}${mark};`)
    .join('\n');
}
