/** Floats that travel in u32 words (the state buffer), bit for bit as `bitcast` in WGSL sees them. */

const word = new Uint32Array(1);
const float = new Float32Array(word.buffer);

/** The f32 whose bits these are. */
export function floatOf(bits: number): number {
  word[0] = bits;
  return float[0];
}

/** The bits of `value` rounded to f32. */
export function bitsOf(value: number): number {
  float[0] = value;
  return word[0];
}
