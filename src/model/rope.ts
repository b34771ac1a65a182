/**
 * Frequencies of rotary positions, and how they are stretched for texts longer than those of the training. Pair i of a head turns by
 * base^(−2i/HS) radians a position; a scaling makes the slow pairs slower still.
 */

/**
 * `linear`: all pairs turn slower by `factor`. `llama3`: pairs that turn less than `low` times within the original context do, those
 * that turn more than `high` times do not, and between the two the frequency is blended (Llama 3.1's model card).
 */
export type RopeScaling =
  | { readonly type: 'linear'; readonly factor: number }
  | {
      readonly type: 'llama3';
      readonly factor: number;
      readonly low: number;
      readonly high: number;
      /** Tokens. */
      readonly originalContext: number;
    };

/** What is wrong with a scaling, or undefined when it can be computed. */
export function scalingFault(scaling: RopeScaling): string | undefined {
  const { type, factor } = scaling;
  if (type !== 'linear' && type !== 'llama3')
    return `its type is ${JSON.stringify(type)}; "linear" or "llama3" was expected`;
  const numbers = type === 'linear' ? { factor } : scaling;
  for (const [key, value] of Object.entries(numbers))
    if (key !== 'type' && !(typeof value === 'number' && value > 0 && value <= 1e9))
      return `its ${key} is ${JSON.stringify(value)}; a number above 0, at most 1e9 was expected`;
  if (factor < 1) return `its factor is ${factor}; a number of at least 1 was expected`;
  if (type === 'llama3' && !(scaling.low < scaling.high))
    return `its low ${scaling.low} is not below its high ${scaling.high}`;
  return undefined;
}

/** Radians a position for each of the `headSize` / 2 pairs. */
export function ropeFrequencies(headSize: number, base: number, scaling?: RopeScaling): Float64Array {
  return Float64Array.from({ length: headSize / 2 }, (_, i) => scaled(base ** ((-2 * i) / headSize), scaling));
}

function scaled(frequency: number, scaling: RopeScaling | undefined): number {
  if (!scaling) return frequency;
  const slow = frequency / scaling.factor;
  if (scaling.type === 'linear') return slow;
  const turns = (scaling.originalContext * frequency) / (2 * Math.PI);
  const share = Math.min(1, Math.max(0, (turns - scaling.low) / (scaling.high - scaling.low)));
  return (1 - share) * slow + share * frequency;
}
