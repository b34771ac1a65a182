/** One list of case records serves the reference's gradient check, the kernel tests, the bench and the playground. */
import { adamwFamily } from './cases/adamw.ts';
import { attentionFamily } from './cases/attention.ts';
import type { Case, Random } from './cases/case.ts';
import { decodeFamily } from './cases/decode.ts';
import { elementwiseFamily } from './cases/elementwise.ts';
import { embeddingFamily } from './cases/embedding.ts';
import { matmulFamily } from './cases/matmul.ts';
import { probeFamily } from './cases/probe.ts';
import { rowsFamily } from './cases/rows.ts';
import { sampleFamily } from './cases/sample.ts';
import type { Op } from './op.ts';

export { caseName, type Case, type Fill, type Random } from './cases/case.ts';
export { fillCase, runReference } from './cases/run.ts';

const families = [
  matmulFamily,
  rowsFamily,
  attentionFamily,
  decodeFamily,
  elementwiseFamily,
  embeddingFamily,
  adamwFamily,
  sampleFamily,
  probeFamily,
];

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
