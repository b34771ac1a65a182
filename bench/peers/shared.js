/** What the peers share, in node and in the page. */

/** Tokens that a decoder makes before they are read: as many as our own path submits at once. */
export const LOT = 8;

/** Largest relative error against `want`. Throws beyond a thousandth: a peer's wrong result does not count either. */
export function verify(title, what, got, want) {
  if (got.length !== want.length)
    throw new Error(`${title}, ${what}: ${got.length} numbers, ${want.length} were expected`);
  let scale = 0;
  for (const x of want) scale = Math.max(scale, Math.abs(x));
  for (let i = 0; i < want.length; i++)
    if (!(Math.abs(got[i] - want[i]) <= 1e-3 * scale))
      throw new Error(`${title}, ${what}: [${i}] is ${got[i]}, want ${want[i]}`);
}

/** The prompt before timed tokens, the same as ours: bench/suites/models.ts. */
export const promptOf = ({ vocab, context }, length = Math.min(64, context >> 1)) =>
  Array.from({ length }, (_, i) => (i * 7 + 3) % vocab);

export const same = (a, b) => a.length === b.length && a.every((x, i) => x === b[i]);

/** Seconds that `work` takes `reps` times in a row. */
export async function seconds(reps, work) {
  const from = performance.now();
  for (let i = 0; i < reps; i++) await work(i);
  return (performance.now() - from) / 1000;
}

/** Seconds for `reps` tokens in batches: `go(count)` makes `count` tokens from the same start. */
export async function lots(reps, go) {
  const from = performance.now();
  for (let left = reps; left > 0; left -= LOT) await go(Math.min(left, LOT));
  return (performance.now() - from) / 1000;
}
