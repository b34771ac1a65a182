/** 16-bit floats to and from f32: f16 (IEEE 754 binary16) and bf16 (the upper half of an f32). Rounds to nearest, ties to even. */

const float = new Float32Array(1);
const word = new Uint32Array(float.buffer);

function bitsOf(value: number): number {
  float[0] = value;
  return word[0];
}

/** The 16 bits of `value` in f16. From 65 520 on they mean infinity, up to 2⁻²⁵ zero; NaN stays NaN. */
export function toHalf(value: number): number {
  const bits = bitsOf(value);
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  if (magnitude >= 0x47800000) return sign | 0x7c00; // ≥ 65 536
  if (magnitude < 0x38800000) {
    // below 2⁻¹⁴: whole multiples of 2⁻²⁴; the product and the sum that rounds are exact in a double
    const steps = Math.abs(float[0]) * 2 ** 24;
    return sign | (steps + 2 ** 52 - 2 ** 52);
  }
  // 13 mantissa bits go; a carry runs into the exponent, as it should
  const odd = (magnitude >>> 13) & 1;
  return sign | ((magnitude - 0x38000000 + 0xfff + odd) >>> 13);
}

/** The number that these 16 bits mean in f16. */
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

let table: Float32Array | undefined; // of all 65 536 halves: a look-up is about five times as fast as the arithmetic

/** The numbers that f16 words mean. */
export function fromHalves(halves: ArrayLike<number>): Float32Array<ArrayBuffer> {
  const known = (table ??= Float32Array.from({ length: 1 << 16 }, (_, bits) => fromHalf(bits)));
  const values = new Float32Array(halves.length);
  for (let i = 0; i < halves.length; i++) values[i] = known[halves[i]];
  return values;
}

/** The 16 bits of `value` in bf16. */
export function toBfloat(value: number): number {
  const bits = bitsOf(value);
  if ((bits & 0x7fffffff) > 0x7f800000) return (bits >>> 16) | 0x40; // a NaN must not round to infinity
  return (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16;
}

/** The numbers that bf16 words mean. */
export function fromBfloats(words: ArrayLike<number>): Float32Array<ArrayBuffer> {
  const values = new Float32Array(words.length);
  const bits = new Uint32Array(values.buffer);
  for (let i = 0; i < words.length; i++) bits[i] = words[i] << 16;
  return values;
}
