/** @typedef {{ passed: number, failed: number }} Count */

/** @returns {Count | undefined} the last line `N passed, N failed` of a program's output */
export function lastCount(output) {
  const [, passed, failed] = [...output.matchAll(/^(\d+) passed, (\d+) failed$/gm)].at(-1) ?? [];
  return passed === undefined ? undefined : { passed: Number(passed), failed: Number(failed) };
}

/** @param {readonly Count[]} counts */
export function sum(counts) {
  const add = (key) => counts.reduce((total, count) => total + count[key], 0);
  return { passed: add('passed'), failed: add('failed') };
}
