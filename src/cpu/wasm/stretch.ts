/** Fixed stretches of a long array: chunks for the threads that do not depend on their number, so that sums do not either. */

/** Elements of a chunk. src/kernels/cpu.ts knows it: `sum` and `grad_norm` leave one partial result per chunk. */
export const STRETCH: i32 = 8192;

// @ts-ignore: decorator
@inline
export function stretches(N: i32): i32 {
  return (N + STRETCH - 1) / STRETCH;
}

// @ts-ignore: decorator
@inline
export function stretchEnd(chunk: i32, N: i32): i32 {
  return min(N, (chunk + 1) * STRETCH);
}
