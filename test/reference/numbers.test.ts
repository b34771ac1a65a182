/** The small tools under the references: erf, f16, float bits, hash. */
import { expect, test } from 'vitest';
import { erf, gelu, geluSlope } from '../../src/reference/curves.ts';
import { bitsOf, floatOf } from '../../src/reference/bits.ts';
import { fromHalf, fromHalves, roundHalf, toHalf, toHalves } from '../../src/files/half.ts';
import { pcg, uniform } from '../../src/sample/hash.ts';
import { normals } from './gradient.ts';

test('erf: values of C’s libm', () => {
  // prettier-ignore
  const table: [number, number][] = [
    [-7, -1], [-3.3, -0.9999969422902035], [-2.5, -0.999593047982555], [-1, -0.8427007929497149],
    [-0.1, -0.1124629160182849], [0, 0], [1e-8, 1.1283791670955126e-8], [0.001, 0.0011283787909692365],
    [0.2, 0.22270258921047847], [0.7, 0.6778011938374184], [1.3, 0.9340079449406524], [1.9, 0.9927904292352575],
    [2.2, 0.9981371537020182], [2.49, 0.9995707121322661], [2.51, 0.9996142945182758], [2.8, 0.9999249868053346],
    [3.1, 0.9999883513426328], [3.7, 0.9999998328489421], [4.5, 0.9999999998033839], [5.9, 0.9999999999999999],
  ];
  for (const [x, want] of table) expect(Math.abs(erf(x) - want), `erf(${x})`).toBeLessThan(2e-15);
});

test('gelu: known values, far tails, and forms within 5e-4 of each other', () => {
  expect(gelu(1, 2)).toBeCloseTo(0.8413447460685429, 14); // Φ(1)
  expect(gelu(1, 1)).toBeCloseTo(0.841191990608276, 12);
  for (const form of [1, 2]) {
    expect(gelu(0, form)).toBe(0);
    expect(gelu(1e4, form)).toBe(1e4);
    expect(gelu(-1e4, form)).toBeCloseTo(0, 12);
    expect(geluSlope(1e4, form)).toBe(1);
    expect(geluSlope(-1e4, form)).toBeCloseTo(0, 12);
    expect(geluSlope(0, form)).toBe(0.5);
  }
  for (let x = -6; x <= 6; x += 0.1) expect(Math.abs(gelu(x, 1) - gelu(x, 2))).toBeLessThan(5e-4);
});

test('f16: all 65 536 words come back', () => {
  const words = Array.from({ length: 65536 }, (_, bits) => bits);
  const isNumber = (bits: number) => !Number.isNaN(fromHalf(bits));
  expect(words.filter((bits) => isNumber(bits) && toHalf(fromHalf(bits)) !== bits)).toEqual([]);
  const rest = words.filter((bits) => !isNumber(bits));
  expect(rest.length).toBe(2 * 1023);
  expect(rest.filter((bits) => isNumber(toHalf(fromHalf(bits))))).toEqual([]);
});

test('f16: nearest, ties to even, found by search', () => {
  const positive = Float64Array.from({ length: 0x7c00 }, (_, bits) => fromHalf(bits));
  const nearest = (x: number): number => {
    let [low, high] = [0, positive.length - 1];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (positive[middle] <= x) low = middle;
      else high = middle;
    }
    const [down, up] = [x - positive[low], positive[high] - x];
    if (down === up) return low % 2 === 0 ? low : high;
    return down < up ? low : high;
  };
  const samples: number[] = [];
  for (const x of normals(3000, 1))
    samples.push(Math.abs(x), Math.abs(x) * 1e-5, Math.abs(x) * 1e-7, Math.abs(x) * 8000);
  // exact ties between neighbours, small and normal
  for (let bits = 0; bits < 0x7bff; bits += 37) samples.push((positive[bits] + positive[bits + 1]) / 2);
  for (const sample of samples) {
    const x = Math.fround(sample);
    if (x > 65504) continue;
    if (toHalf(x) !== nearest(x)) expect.fail(`${x}: got ${toHalf(x)}, want ${nearest(x)}`);
    expect(toHalf(-x)).toBe(nearest(x) | 0x8000);
  }
});

test('f16: ends of the range', () => {
  expect(roundHalf(65519)).toBe(65504);
  expect(roundHalf(65520)).toBe(Infinity);
  expect(roundHalf(-1e30)).toBe(-Infinity);
  expect(roundHalf(2 ** -25)).toBe(0);
  expect(roundHalf(Math.fround(1.0001 * 2 ** -25))).toBe(2 ** -24);
  expect(Object.is(roundHalf(-0), -0)).toBe(true);
  expect(Number.isNaN(roundHalf(NaN))).toBe(true);
  expect(toHalves([1, -2, 0.5])).toEqual(Uint16Array.from([0x3c00, 0xc000, 0x3800]));
  expect(fromHalves([0x3c00, 0xc000, 0x3800])).toEqual(Float32Array.from([1, -2, 0.5]));
});

test('float bits', () => {
  expect(bitsOf(1)).toBe(0x3f800000);
  expect(floatOf(0xc0000000)).toBe(-2);
  expect(floatOf(bitsOf(0.7))).toBe(Math.fround(0.7));
});

test('pcg: values of the C code of Jarzynski and Olano', () => {
  expect([0, 1, 2, 0xdeadbeef, 0xffffffff].map(pcg)).toEqual([
    129708002, 2831084092, 2055130248, 1730779506, 3861530882,
  ]);
});

test('uniform: even, uncorrelated in every argument, 24 bits', () => {
  const n = 20000;
  const draws = [
    (i: number) => uniform(i, 1, 2, 3),
    (i: number) => uniform(1, i, 2, 3),
    (i: number) => uniform(1, 2, i, 3),
    (i: number) => uniform(1, 2, 3, i),
  ];
  for (const draw of draws) {
    const bins = new Float64Array(20);
    let [total, lag] = [0, 0];
    for (let i = 0; i < n; i++) {
      const u = draw(i);
      expect(u * 2 ** 24).toBe(Math.floor(u * 2 ** 24));
      bins[Math.floor(u * 20)]++;
      total += u;
      lag += (u - 0.5) * (draw(i + 1) - 0.5);
    }
    // 5 standard errors each; chi-square with 19 degrees of freedom is below 50 but once in 10 000
    expect(Math.abs(total / n - 0.5)).toBeLessThan(5 / Math.sqrt(12 * n));
    expect(Math.abs(lag / n)).toBeLessThan(5 / 12 / Math.sqrt(n));
    expect(bins.reduce((a, b) => a + (b - n / 20) ** 2 / (n / 20), 0)).toBeLessThan(50);
  }
  expect(uniform(-1, 0, 0, 0)).toBe(uniform(0xffffffff, 0, 0, 0));
});
