/**
 * The colours as numbers, for canvases, exported pictures and the check (`npm run check -- colours`). No DOM and no lit in here.
 * Black ink is what the model computes, red what happened, blue what the reader did. Ink is a share of the possible: see `tint`.
 */

/** Red, green and blue of sRGB, 0 to 255, not necessarily whole. */
export type Rgb = readonly [red: number, green: number, blue: number];

/** Each token for light and for dark, as 0xRRGGBB. */
export const COLOURS = {
  ground: [0xe8ebe9, 0x0c0f11], // the page
  sheet: [0xfbfbf9, 0x161a1d], // blocks, editor, an element in a foreign page
  metal: [0xdfe4e2, 0x232a2e], // pressed, hover
  ink: [0x14171a, 0xeff1ec], // text, bars
  soft: [0x525a5f, 0xa2acb0], // second text, labels
  edge: [0x7c8588, 0x6f7a80], // borders of controls and outlines that carry meaning; too faint on light metal
  line: [0xc9d0ce, 0x333b40], // hairlines without meaning
  red: [0xbf2d17, 0xff7a5f],
  blue: [0x1f50c0, 0x8ab4ff],
  neg: [0x8f5100, 0xe0a048], // signed values only: ochre
  pos: [0x00706a, 0x4cc9b8], // and verdigris
  'cat-1': [0xc07800, 0xb87a00], // overlaid series, each with its marker: at most four, then small multiples
  'cat-2': [0x00574f, 0x52d7c4],
  'cat-3': [0xb26fd0, 0xa76fd4],
  'cat-4': [0x7d8a90, 0x78858d],
} as const satisfies Record<string, readonly [light: number, dark: number]>;

export type ColourName = keyof typeof COLOURS;

export const COLOUR_NAMES = Object.keys(COLOURS) as ColourName[];

export const BLACK: Rgb = [0, 0, 0];
export const WHITE: Rgb = [255, 255, 255];

/** 0xRRGGBB → its three channels. */
export function rgb(hex: number): Rgb {
  return [(hex >> 16) & 255, (hex >> 8) & 255, hex & 255];
}

/** `#rrggbb`, which every canvas, SVG and stylesheet understands. */
export function hex(colour: Rgb): string {
  return `#${colour.map((c) => Math.round(c).toString(16).padStart(2, '0')).join('')}`;
}

/** The tokens of one theme. */
export function palette(theme: 'light' | 'dark'): Record<ColourName, Rgb> {
  const side = theme === 'light' ? 0 : 1;
  return Object.fromEntries(COLOUR_NAMES.map((name) => [name, rgb(COLOURS[name][side])])) as Record<ColourName, Rgb>;
}

const between = (low: number, high: number, x: number) => Math.min(high, Math.max(low, x));

/** From a (t = 0) to b (t = 1), straight in sRGB as `color-mix(in srgb, …)` does it. */
export function mix(a: Rgb, b: Rgb, t: number): Rgb {
  const s = between(0, 1, t);
  return [a[0] + (b[0] - a[0]) * s, a[1] + (b[1] - a[1]) * s, a[2] + (b[2] - a[2]) * s];
}

/** How much ink a share p of 1 takes: the root, because small shares matter, and never quite full, so that text stays readable. */
export function tintAmount(p: number): number {
  return 0.92 * Math.sqrt(between(0, 1, p));
}

/** The sequential scale: probability, attention, confidence, share of the roof. */
export function tint(sheet: Rgb, ink: Rgb, p: number): Rgb {
  return mix(sheet, ink, tintAmount(p));
}

/** Signed values: `value` is in units of the largest |value| shown, so from −1 to 1. */
export function diverging(neg: Rgb, sheet: Rgb, pos: Rgb, value: number): Rgb {
  return mix(sheet, value < 0 ? neg : pos, Math.abs(value));
}

const ERROR_KNEE = 1e-3;
const ERROR_DECADES = 3;
const ERROR_AT_KNEE = 0.25;

/**
 * How red an error is: in proportion to the worst one, and logarithmic below a thousandth of it. A straight scale would leave those
 * white, so the three decades under the knee get the first quarter of the colours; what is smaller still is as good as right.
 */
export function errorAmount(error: number, worst: number): number {
  const share = Math.abs(error) / worst;
  if (!(share > 0)) return 0;
  if (share < ERROR_KNEE) return ERROR_AT_KNEE * Math.max(0, 1 + Math.log10(share / ERROR_KNEE) / ERROR_DECADES);
  return ERROR_AT_KNEE + ((1 - ERROR_AT_KNEE) * (Math.min(1, share) - ERROR_KNEE)) / (1 - ERROR_KNEE);
}

export function errorShade(sheet: Rgb, red: Rgb, error: number, worst: number): Rgb {
  return mix(sheet, red, errorAmount(error, worst));
}

/** One channel of sRGB, 0 to 255, as linear light, 0 to 1. */
export function linear(channel: number): number {
  const c = channel / 255;
  return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
}

/** Relative luminance of WCAG 2. */
export function luminance([red, green, blue]: Rgb): number {
  return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
}

/** Contrast of WCAG 2, from 1 to 21. */
export function contrast(a: Rgb, b: Rgb): number {
  const [x, y] = [luminance(a), luminance(b)];
  return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
}

/** Text on a tint: pure black or white, whichever contrasts more. Ink and sheet would fall to 3.9 : 1 in the middle. */
export function textOn(background: Rgb): Rgb {
  return contrast(BLACK, background) >= contrast(WHITE, background) ? BLACK : WHITE;
}
