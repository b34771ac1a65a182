/**
 * One list of case records serves the reference's gradient check, the kernel tests, the bench and the playground. Every other file
 * here but the three helpers is a family of ops: its cases and its makers of random ones.
 */
import type { Dims, Op, Options } from '../op.ts';
import type { Case, Family, Fills, Random } from './case.ts';

export { caseName, type Case, type Fill, type Random } from './case.ts';
export { fillCase, runReference } from './run.ts';

const families = Object.values(
  import.meta.glob<Family>(['./*.ts', '!./{case,fills,run}.ts'], { import: 'family', eager: true }),
);

/** Cases of every op, small ones first in each family. */
export const cases: readonly Case[] = families.flatMap((family) => family.cases);

/** A valid instance of `op` with small random dims and options. `random` comes from `randomStream(seed)`: print that seed on failure. */
export function randomCase(op: Op, random: Random): Case {
  for (const family of families) {
    const make = family.random[op.name];
    if (make) return { ...make(random), note: 'random' };
  }
  throw new Error(`op ${op.name} has no maker of random cases in src/kernels/cases`);
}

/** Fills for an instance of any size, typical and not zero; a port that is not named gets N(0, 1). */
export function fillsFor(op: Op, dims: Dims, options: Options): Fills {
  return families.find((family) => family.fills?.[op.name])?.fills![op.name](dims, options) ?? {};
}
