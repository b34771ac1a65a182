/** The random numbers of dropout and sampling: a counter-based hash, so that a GPU, a CPU and a rerun draw the same (PCG output function). */

/** One round of PCG-RXS-M-XS on a 32-bit word. The same five lines stand in the WGSL kernels. */
export function pcg(x: number): number {
  const state = (Math.imul(x, 747796405) + 2891336453) >>> 0;
  const word = Math.imul((state >>> ((state >>> 28) + 4)) ^ state, 277803737) >>> 0;
  return ((word >>> 22) ^ word) >>> 0;
}

/** A number in [0, 1) with 24 bits, from four words. */
export function uniform(seed: number, step: number, salt: number, index: number): number {
  return (pcg((index ^ pcg((salt ^ pcg((step ^ pcg(seed >>> 0)) >>> 0)) >>> 0)) >>> 0) >>> 8) / 2 ** 24;
}
