/** Medians, intervals and ratios of noisy samples. */

/**
 * The middle value; NaN for an empty list.
 *
 * @example
 * median([3, 1, 2]); // 2
 */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** Linear interpolation between order statistics. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (sorted.length - 1) * q;
  const low = Math.floor(at);
  return sorted[low] + (sorted[Math.min(low + 1, sorted.length - 1)] - sorted[low]) * (at - low);
}

/**
 * 95 % bootstrap interval of the median, in the unit of the values; seeded, so that the same samples give the same interval.
 *
 * @param rounds how often the samples are drawn anew. Default: 500
 * @example
 * const [low, high] = medianInterval([1.02, 0.98, 1.01, 1.05, 0.99]);
 */
export function medianInterval(values: readonly number[], rounds = 500): readonly [number, number] {
  let seed = 1;
  const random = () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return seed / 2 ** 32;
  };
  const medians = Array.from({ length: rounds }, () =>
    median(values.map(() => values[Math.floor(random() * values.length)])),
  );
  return [quantile(medians, 0.025), quantile(medians, 0.975)];
}

/**
 * Median of b[i]/a[i]. Samples taken side by side see the same machine load.
 *
 * @example
 * const { ratio, interval } = pairedRatio([1.0, 1.1, 1.0], [2.0, 2.3, 2.1]); // b takes about twice as long
 */
export function pairedRatio(
  a: readonly number[],
  b: readonly number[],
): { ratio: number; interval: readonly [number, number] } {
  const n = Math.min(a.length, b.length);
  const ratios = Array.from({ length: n }, (_, i) => b[i] / a[i]);
  return { ratio: median(ratios), interval: medianInterval(ratios) };
}

/** A seeded order of 0…n−1 that differs in each round, so that no candidate always follows the same one. */
export function shuffled(n: number, round: number): number[] {
  const order = Array.from({ length: n }, (_, i) => i);
  let seed = round * 7919 + 17;
  for (let i = n - 1; i > 0; i--) {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    const j = Math.floor((seed / 2 ** 32) * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}
