/** f16 (IEEE 754 binary16) to and from f32: round to nearest, ties to even, as a GPU stores it. */
import { bitsOf, floatOf } from './bits.ts';

/** The 16 bits of `value` in f16. Above 65 519 it becomes infinity, below 2⁻²⁵ zero; NaN stays NaN. */
export function toHalf(value: number): number {
  const bits = bitsOf(value);
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  if (magnitude >= 0x47800000) return sign | 0x7c00; // ≥ 65 536
  if (magnitude < 0x38800000) {
    // below 2⁻¹⁴: whole multiples of 2⁻²⁴; the product and the sum that rounds are exact in a double
    const steps = Math.abs(floatOf(bits)) * 2 ** 24;
    return sign | (steps + 2 ** 52 - 2 ** 52);
  }
  // 13 mantissa bits go; a carry runs into the exponent, as it should
  const odd = (magnitude >>> 13) & 1;
  return sign | ((magnitude - 0x38000000 + 0xfff + odd) >>> 13);
}

/** The number that these 16 bits mean. */
export function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >>> 10) & 31;
  const mantissa = bits & 0x3ff;
  if (exponent === 31) return mantissa ? NaN : sign * Infinity;
  if (exponent === 0) return sign * mantissa * 2 ** -24;
  return sign * (1024 + mantissa) * 2 ** (exponent - 25);
}

/** `value` as f16 would keep it. */
export function roundHalf(value: number): number {
  return fromHalf(toHalf(value));
}

/** f16 words of `values`, two bytes each. */
export function toHalves(values: ArrayLike<number>): Uint16Array<ArrayBuffer> {
  const halves = new Uint16Array(values.length);
  for (let i = 0; i < values.length; i++) halves[i] = toHalf(values[i]);
  return halves;
}

/** The numbers that f16 words mean. */
export function fromHalves(halves: ArrayLike<number>): Float32Array<ArrayBuffer> {
  const values = new Float32Array(halves.length);
  for (let i = 0; i < halves.length; i++) values[i] = fromHalf(halves[i]);
  return values;
}
