/** The colours as numbers: the table of contrasts and the scales that pictures are drawn with. */
import { expect, test } from 'vitest';
import {
  BLACK,
  contrast,
  diverging,
  errorAmount,
  errorShade,
  hex,
  mix,
  palette,
  rgb,
  textOn,
  tint,
  WHITE,
} from '../../src/elements/core/colours.ts';

const light = palette('light');
const dark = palette('dark');

test('0xRRGGBB, channels and #rrggbb are the same colour', () => {
  expect(rgb(0xbf2d17)).toEqual([191, 45, 23]);
  expect(hex([191, 45, 23])).toBe('#bf2d17');
  expect(hex([0.4, 9.6, 255])).toBe('#000aff');
});

test.each([
  ['ink', [17.4, 15.0, 14.0], [15.4, 16.9, 12.8]],
  ['soft', [6.8, 5.9, 5.5], [7.6, 8.3, 6.3]],
  ['edge', [3.6, 3.1, 2.9], [4.0, 4.4, 3.3]],
  ['red', [5.6, 4.9, 4.5], [6.8, 7.5, 5.7]],
  ['blue', [6.8, 5.9, 5.5], [8.4, 9.2, 7.0]],
] as const)('%s on sheet, ground and metal', (name, onLight, onDark) => {
  for (const [colours, wanted] of [
    [light, onLight],
    [dark, onDark],
  ] as const) {
    const found = [colours.sheet, colours.ground, colours.metal].map((under) => contrast(colours[name], under));
    found.forEach((ratio, i) => expect(ratio).toBeCloseTo(wanted[i]!, 0.7));
  }
});

test('black on white is 21 : 1, the order does not matter, and a colour on itself is 1 : 1', () => {
  expect(contrast(BLACK, WHITE)).toBeCloseTo(21, 10);
  expect(contrast(light.red, light.sheet)).toBe(contrast(light.sheet, light.red));
  expect(contrast(light.red, light.red)).toBe(1);
});

test('text on a tint turns from black to white at one place', () => {
  const turn = (sheet: typeof light.sheet, ink: typeof light.ink) => {
    const texts = Array.from({ length: 101 }, (_, i) => String(textOn(mix(sheet, ink, i / 100))));
    const turns = texts.flatMap((text, i) => (i && text !== texts[i - 1] ? [i / 100] : []));
    expect(turns).toHaveLength(1);
    return turns[0]!;
  };
  expect(turn(light.sheet, light.ink)).toBeCloseTo(0.59, 1.7);
  expect(turn(dark.sheet, dark.ink)).toBeCloseTo(0.43, 1.7);
});

test('ink is the root of a share and never quite full; what is no share is cut', () => {
  expect(tint(WHITE, BLACK, 0)).toEqual(WHITE);
  expect(tint(WHITE, BLACK, 1)[0]).toBeCloseTo(255 * 0.08, 6);
  expect(tint(WHITE, BLACK, 0.25)[0]).toBeCloseTo(255 * (1 - 0.46), 6);
  expect(tint(WHITE, BLACK, 7)).toEqual(tint(WHITE, BLACK, 1));
  expect(tint(WHITE, BLACK, -1)).toEqual(WHITE);
});

test('signed values meet in the sheet', () => {
  expect(diverging(light.neg, light.sheet, light.pos, 0)).toEqual(light.sheet);
  expect(diverging(light.neg, light.sheet, light.pos, -1)).toEqual(light.neg);
  expect(diverging(light.neg, light.sheet, light.pos, 1)).toEqual(light.pos);
});

test('errors: none is blank, the worst is red, small ones are seen, the scale never falls', () => {
  expect(errorAmount(0, 1)).toBe(0);
  expect(errorAmount(0, 0)).toBe(0);
  expect(errorAmount(-5, 5)).toBe(1);
  expect(errorAmount(1e-3, 1)).toBeCloseTo(0.25, 12);
  expect(errorAmount(1e-4, 1)).toBeGreaterThan(0.1);
  const shares = Array.from({ length: 100 }, (_, i) => errorAmount(10 ** (-7 + (7 * i) / 99), 1));
  expect(shares).toEqual(shares.toSorted((a, b) => a - b));
  expect(errorShade(WHITE, light.red, 2, 2)).toEqual(light.red);
});
